package nmsw.dicom.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bits of an entropy-coded segment (ITU-T T.81 §F.2.2.5, §B.1.1.5): the zero byte behind an X'FF' is
 * dropped, and the segment ends at a marker or with the data. Zeros follow its end, which {@link #require}
 * finds out; so a reader asks once a row, not once a bit.
 */
final class JpegBits {
  private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] data;
  private int position;

  /** The next bits, the first one in the highest bit. */
  private long bits;

  /** How many of them were read; zeros follow. */
  private int count;

  /** Zeros among them that are behind the segment's end. */
  private int invented;

  JpegBits(byte[] data, int position) {
    this.data = data;
    this.position = position;
  }

  /** Makes at least 32 bits available. */
  private void fill() {
    if (position <= data.length - 4) {
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
      int next = 0;
      if (position >= data.length) {
        invented += 8;
      } else if (data[position] != -1) {
        next = data[position++] & 0xFF;
      } else if (position + 1 < data.length && data[position + 1] == 0) {
        next = 0xFF;
        position += 2;
      } else {
        invented += 8;
      }
      bits |= (long) next << 56 - count;
      count += 8;
    }
  }

  /** The next symbol of a code, then as many bits as {@link #receive} is asked for are available: 16 at least. */
  int symbol(HuffmanTable table) throws CodecException {
    if (count < 32) {
      fill();
    }
    int entry = table.lookup((int) (bits >>> 64 - HuffmanTable.LOOKUP_BITS));
    if (entry == 0) {
      entry = table.longCode((int) (bits >>> 48));
      if (entry == 0) {
        throw bad("bits that are no code of the Huffman table");
      }
    }
    int length = entry >> 8;
    bits <<= length;
    count -= length;
    return entry & 0xFF;
  }

  /** EXTEND(RECEIVE(size), size) of §F.2.2.1, size from 1 to 16, after a {@link #symbol}. */
  int receive(int size) {
    int value = (int) (bits >>> 64 - size);
    bits <<= size;
    count -= size;
    // A first bit of 0 means negative: the value less 2^size - 1.
    return value - ((1 << size) - 1 & ~-(value >> size - 1));
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

  /** Leaves the segment's last bits and takes the restart marker that must follow (§F.2.2.4). */
  void restart(int number) throws CodecException {
    require();
    if (count - invented >= 8) {
      throw bad("more bits than needed before a restart marker");
    }
    bits = 0;
    count = 0;
    invented = 0;
    while (position + 1 < data.length && data[position] == -1 && data[position + 1] == -1) {
      position++;
    }
    if (position + 1 >= data.length || data[position] != -1 || data[position + 1] != (byte) (0xD0 + number)) {
      throw bad("the restart marker RST" + number + " is not where it should be");
    }
    position += 2;
  }
}
