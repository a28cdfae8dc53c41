package nmsw.dicom.codec;

/**
 * A decoded frame.
 *
 * @param values rows x columns, row by row; the lower {@code precision} bits count, what is above them is the
 *     sign of a stream that knows signs, or zero
 * @param precision bits of a sample in the stream
 */
public record Samples(int[] values, int precision) {}
