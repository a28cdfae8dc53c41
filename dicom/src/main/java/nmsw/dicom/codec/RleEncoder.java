package nmsw.dicom.codec;

import java.util.Arrays;

/** RLE (PS3.5 annex G): one segment of PackBits a byte of the samples; no run crosses a row. */
public final class RleEncoder {
  private static final int LONGEST_RUN = 128;

  private byte[] out = new byte[0];
  private int length;

  private RleEncoder() {}

  /**
   * One frame, of even length.
   *
   * @param cells the samples in 8 or 16 allocated bits, little endian
   * @param offset in bytes, where the frame begins
   */
  public static byte[] encode(byte[] cells, int offset, FrameFormat format) {
    int bytes = format.bitsAllocated() / 8;
    if (bytes == 0) {
      throw new IllegalArgumentException("samples of one bit have no rows of whole bytes");
    }
    return new RleEncoder().frame(cells, offset, format, bytes);
  }

  private byte[] frame(byte[] cells, int offset, FrameFormat format, int bytes) {
    out = new byte[RleDecoder.HEADER + format.pixels() / 2 + 2 * format.columns()];
    length = RleDecoder.HEADER;
    int32(0, bytes);
    byte[] row = new byte[format.columns()];
    for (int segment = 0; segment < bytes; segment++) {
      int32(4 + 4 * segment, length);
      int plane = offset + bytes - 1 - segment;
      for (int y = 0; y < format.rows(); y++) {
        int from = plane + y * format.columns() * bytes;
        for (int x = 0; x < row.length; x++) {
          row[x] = cells[from + x * bytes];
        }
        row(row);
      }
      reserve(1);
      length += length % 2;
    }
    return Arrays.copyOf(out, length);
  }

  /** PackBits: repeats of three and more as runs, what is between them as literals. */
  private void row(byte[] row) {
    // A literal's control byte for every LONGEST_RUN bytes is the worst case.
    reserve(row.length + row.length / LONGEST_RUN + 1);
    int literal = 0;
    int at = 0;
    while (at < row.length) {
      int end = at + 1;
      while (end < row.length && end - at < LONGEST_RUN && row[end] == row[at]) {
        end++;
      }
      boolean alone = literal == at && end - at == 2;
      if (end - at > 2 || alone) {
        literals(row, literal, at);
        out[length++] = (byte) (1 - (end - at));
        out[length++] = row[at];
        literal = end;
      }
      at = end;
    }
    literals(row, literal, row.length);
  }

  private void literals(byte[] row, int from, int to) {
    for (int at = from; at < to; at += LONGEST_RUN) {
      int count = Math.min(LONGEST_RUN, to - at);
      out[length++] = (byte) (count - 1);
      System.arraycopy(row, at, out, length, count);
      length += count;
    }
  }

  private void reserve(int more) {
    if (out.length - length < more) {
      out = Arrays.copyOf(out, Math.addExact(length, Math.max(more, length / 2)));
    }
  }

  private void int32(int at, int value) {
    for (int i = 0; i < 4; i++) {
      out[at + i] = (byte) (value >> 8 * i);
    }
  }
}
