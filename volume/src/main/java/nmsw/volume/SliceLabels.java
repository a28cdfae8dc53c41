package nmsw.volume;

import java.util.List;

/**
 * One label per pixel of every slice of a stack: {@code labels.get(k)[row * columns + column]}, unsigned
 * bytes, 0 is background. The arrays are not copied.
 */
public record SliceLabels(SliceStack stack, List<byte[]> labels) {
  public SliceLabels {
    labels = List.copyOf(labels);
    if (labels.size() != stack.size()) {
      throw new IllegalArgumentException(
          labels.size() + " label slices for a stack of " + stack.size());
    }
    for (byte[] slice : labels) {
      if (slice.length != stack.rows() * stack.columns()) {
        throw new IllegalArgumentException(
            slice.length + " labels in a slice of " + stack.rows() + "x" + stack.columns());
      }
    }
  }
}
