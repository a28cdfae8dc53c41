package nmsw.dicom.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bits of a JPEG-LS scan (ITU-T T.87 §A.1): the byte behind an X'FF' has seven of them, and the scan ends at
 * a marker or with the data. Zeros follow its end, which {@link #require} finds out.
 */
final class JpegLsBits {
  private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] data;
  private int position;
  private boolean stuffed;

  /** The next bits, the first one in the highest bit. */
  private long bits;

  /** How many of them were read; zeros follow. */
  private int count;

  /** Zeros among them that are behind the scan's end. */
  private int invented;

  JpegLsBits(byte[] data, int position) {
    this.data = data;
    this.position = position;
  }

  /** Makes at least 32 bits available. */
  private void fill() {
    if (!stuffed && position <= data.length - 4) {
      int word = (int) INT.get(data, position);
      if ((~word - 0x01010101 & word & 0x80808080) == 0) {
        bits |= (word & 0xFFFFFFFFL) << 32 - count;
        count += 32;
        position += 4;
        return;
      }
    }
    while (count <= 56) {
      int next = 0;
      int size = stuffed ? 7 : 8;
      if (position >= data.length || stuffed && data[position] < 0) {
        invented += size;
      } else {
        next = data[position++] & 0xFF;
        stuffed = next == 0xFF;
      }
      bits |= (long) next << Long.SIZE - size - count;
      count += size;
    }
  }

  /** The next bit. */
  int bit() {
    return bits(1);
  }

  /** The next 0 to 31 bits. */
  int bits(int size) {
    if (count < size) {
      fill();
    }
    // In two steps, for a shift by 64 is none.
    int value = (int) (bits >>> 1 >>> 63 - size);
    bits <<= size;
    count -= size;
    return value;
  }

  /**
   * A Golomb code of limited length (§A.5.3).
   *
   * @param k bits behind the unary part
   * @param limit the largest length, less than 64
   * @param errorBits qbpp, of a value that has no shorter code
   */
  int golomb(int k, int limit, int errorBits) throws CodecException {
    if (count < 32) {
      fill();
    }
    int zeros = Long.numberOfLeadingZeros(bits);
    int escape = limit - errorBits - 1;
    // The usual case: the whole code is there.
    if (zeros < escape && zeros + 1 + k <= count) {
      int value = zeros << k | (int) (bits << zeros + 1 >>> 1 >>> 63 - k);
      bits <<= zeros + 1 + k;
      count -= zeros + 1 + k;
      return value;
    }
    return longCode(k, escape, errorBits);
  }

  private int longCode(int k, int escape, int errorBits) throws CodecException {
    int zeros = 0;
    while (bit() == 0) {
      if (++zeros > escape) {
        throw new CodecException(position, "a code that is longer than codes may be");
      }
    }
    return zeros < escape ? zeros << k | bits(k) : bits(errorBits) + 1;
  }

  CodecException bad(String message) {
    return new CodecException(position, message);
  }

  /** Throws if bits were used that are not there. */
  void require() throws CodecException {
    if (count < invented) {
      throw bad("truncated: the compressed data end, or a marker stands, too early");
    }
  }
}
