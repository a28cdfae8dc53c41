package nmsw.seg;

import java.util.Optional;

/**
 * How probable a class is at each pixel of a stack of slices: what a FRACTIONAL Segmentation of type PROBABILITY is
 * made of.
 */
@FunctionalInterface
public interface SegmentFractions {
  /** The value of a pixel that is certainly of the class: Maximum Fractional Value. */
  int WHOLE = 255;

  /**
   * One slice of one class, {@code [row * columns + column]}, unsigned, 0 to {@link #WHOLE}; empty where it is
   * nowhere. The array is the caller's until the next call.
   *
   * @param label index of the class in its label table
   * @param slice from 0
   */
  Optional<byte[]> of(int label, int slice);

  /** Whether a class has a fraction above 0 anywhere on a slice. */
  default boolean any(int label, int slice) {
    byte[] fractions = of(label, slice).orElse(new byte[0]);
    for (byte fraction : fractions) {
      if (fraction != 0) {
        return true;
      }
    }
    return false;
  }
}
