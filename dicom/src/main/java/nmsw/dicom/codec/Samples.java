package nmsw.dicom.codec;

/**
 * A decoded frame.
 *
 * @param values rows x columns, row by row; the lower {@code precision} bits count
 * @param precision bits of a sample in the stream
 * @param above what is above these bits
 */
public record Samples(int[] values, int precision, Above above) {
  /** What the bits of a value hold above its precision. */
  public enum Above {
    ZERO,

    /** The sign, of a stream that knows signs. */
    SIGN,

    /** Anything. */
    ANY
  }
}
