package nmsw.volume;

import java.util.List;

/**
 * As {@link SliceLabels}, for tables with labels above 255: {@code labels.get(k)[row * columns + column]}, 0 is
 * background. The arrays are not copied.
 */
public record WideSliceLabels(SliceStack stack, List<char[]> labels) {
  public WideSliceLabels {
    labels = List.copyOf(labels);
    SliceLabels.requireSize(stack, labels.stream().mapToInt(slice -> slice.length).toArray());
  }
}
