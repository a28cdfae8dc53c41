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

  /**
   * Whether each label, 0 to 255, is in the first or last slice, row or column: what it marks may go on outside of the images.
   */
  public boolean[] atEdge() {
    boolean[] found = new boolean[256];
    int columns = stack.columns();
    for (int k = 0; k < labels.size(); k++) {
      byte[] slice = labels.get(k);
      boolean outermost = k == 0 || k == labels.size() - 1;
      for (int row = 0; row < stack.rows(); row++) {
        boolean whole = outermost || row == 0 || row == stack.rows() - 1;
        int step = whole ? 1 : Math.max(1, columns - 1);
        for (int column = 0; column < columns; column += step) {
          found[slice[row * columns + column] & 0xFF] = true;
        }
      }
    }
    return found;
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
