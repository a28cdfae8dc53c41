package nmsw.dicom.codec;

/** The bits of an entropy-coded segment (ITU-T T.81 §F.2.2.5, §B.1.1.5): the zero byte behind an X'FF' is dropped. */
final class JpegBits extends StuffedBits {
  /** Behind a block's last coefficient. */
  private static final int LAST = 64;

  JpegBits(byte[] data, int position) {
    super(data, position);
  }

  @Override
  protected void takeByte() {
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
    append(next, 8);
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
    return extend(value, size);
  }

  /** EXTEND (§F.2.2.1): a first bit of 0 means negative, the value less 2^size - 1. */
  static int extend(int value, int size) {
    return value - ((1 << size) - 1 & ~-(value >> size - 1));
  }

  /**
   * The AC coefficients of a block (§F.2.2.2), each times its quantizer.
   *
   * @param codes of the table's {@link HuffmanTable#coefficients}
   * @param into by place in the zig-zag sequence, then by lane, all zero
   * @return whether there is one
   */
  boolean coefficients(HuffmanTable table, int[] codes, int[] quantizers, int[][] into, int lane)
      throws CodecException {
    boolean any = false;
    // In locals, for the compiler leaves a field in memory.
    long next = bits;
    int left = count;
    int k = 1;
    while (k < LAST) {
      if (left < 32) {
        bits = next;
        count = left;
        fill();
        next = bits;
        left = count;
      }
      int entry = codes[(int) (next >>> Long.SIZE - HuffmanTable.COEFFICIENT_BITS)];
      int length = entry & 0xFF;
      int value = entry >> 16;
      if (length != 0) {
        k += entry >> 8 & 0xFF;
        next <<= length;
        left -= length;
        if (k >= HuffmanTable.END_OF_BLOCK) {
          break;
        }
      } else {
        bits = next;
        count = left;
        int symbol = symbol(table);
        int size = symbol & 0xF;
        value = size == 0 ? 0 : receive(size);
        next = bits;
        left = count;
        if (size == 0 && symbol != 0xF0) {
          break;
        }
        k += (symbol >> 4) + 1;
        if (size == 0) {
          continue;
        }
      }
      if (k > LAST) {
        throw bad("a run of zero coefficients that leaves its block");
      }
      into[k - 1][lane] = value * quantizers[k - 1];
      any = true;
    }
    bits = next;
    count = left;
    return any;
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
