package nmsw.dicom.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bits of compressed data in which something is stuffed in behind each X'FF', so that no marker is among them: they
 * end at a marker or with the data. Zeros follow, which {@link #require} finds out; so a reader asks once a row, not
 * once a bit.
 */
abstract class StuffedBits {
  private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  protected final byte[] data;
  protected int position;

  /** The next bits, the first one in the highest bit. */
  protected long bits;

  /** How many of them were read; zeros follow. */
  protected int count;

  /** Zeros among them that are behind the end. */
  protected int invented;

  /** Whether the next byte has fewer bits than eight. */
  protected boolean stuffed;

  StuffedBits(byte[] data, int position) {
    this.data = data;
    this.position = position;
  }

  /** Makes at least 32 bits available. */
  protected final void fill() {
    if (!stuffed && position <= data.length - 4) {
      int word = (int) INT.get(data, position);
      // The usual test for a zero byte, on the complement: no X'FF' among the four.
      if ((~word - 0x01010101 & word & 0x80808080) == 0) {
        bits |= (word & 0xFFFFFFFFL) << 32 - count;
        count += 32;
        position += 4;
        return;
      }
    }
    while (count <= 56) {
      takeByte();
    }
  }

  /** Appends the bits of the next byte, or as many zeros where the end was reached. */
  protected abstract void takeByte();

  protected final void append(int next, int size) {
    bits |= (long) next << Long.SIZE - size - count;
    count += size;
  }

  final CodecException bad(String message) {
    return new CodecException(position, message);
  }

  /** Throws if bits were used that are not there. */
  final void require() throws CodecException {
    if (count < invented) {
      throw bad("truncated: the compressed data end, or a marker stands, too early");
    }
  }
}
