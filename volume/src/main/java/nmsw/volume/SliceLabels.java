package nmsw.volume;

import java.util.List;

/**
 * One label per pixel of every slice of a stack: {@code labels.get(k)[row * columns + column]}, unsigned
 * bytes, 0 is background. The arrays are not copied.
 */
public record SliceLabels(SliceStack stack, List<byte[]> labels) {
  public SliceLabels {
    labels = List.copyOf(labels);
    requireSize(stack, labels.stream().mapToInt(slice -> slice.length).toArray());
  }

  /** Throws unless there are so many slices of so many labels as the stack has pixels. */
  static void requireSize(SliceStack stack, int[] labels) {
    if (labels.length != stack.size()) {
      throw new IllegalArgumentException(
          labels.length + " label slices for a stack of " + stack.size());
    }
    for (int slice : labels) {
      if (slice != stack.rows() * stack.columns()) {
        throw new IllegalArgumentException(
            slice + " labels in a slice of " + stack.rows() + "x" + stack.columns());
      }
    }
  }
}
