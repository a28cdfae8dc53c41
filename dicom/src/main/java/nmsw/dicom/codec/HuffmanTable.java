package nmsw.dicom.codec;

/** One Huffman table (ITU-T T.81 annex C, §F.2.2.3). Entries are code length x 256 + value; 0 is none. */
final class HuffmanTable {
  static final int LOOKUP_BITS = 10;
  private static final int LONGEST = 16;

  /** See {@link #coefficients}. */
  static final int COEFFICIENT_BITS = 12;

  static final int END_OF_BLOCK = 128;

  private final short[] lookup = new short[1 << LOOKUP_BITS];

  /** One more than the last code of each length, at 16 bits; codes above {@link #LOOKUP_BITS} only. */
  private final int[] end = new int[LONGEST + 1];
  private final int[] firstCode = new int[LONGEST + 1];
  private final int[] firstValue = new int[LONGEST + 1];
  private final byte[] values;
  private final int largestValue;

  /**
   * Parses BITS and HUFFVAL, which must lie in the data.
   *
   * @param at of BITS' first byte
   * @param total of all values, the sum of BITS
   */
  HuffmanTable(byte[] data, int at, int total) throws CodecException {
    values = new byte[total];
    System.arraycopy(data, at + LONGEST, values, 0, total);
    int largest = 0;
    for (byte value : values) {
      largest = Math.max(largest, value & 0xFF);
    }
    largestValue = largest;
    int code = 0;
    int value = 0;
    for (int length = 1; length <= LONGEST; length++) {
      int codes = data[at + length - 1] & 0xFF;
      if (code + codes > 1 << length) {
        throw new CodecException(at, "a Huffman table with more codes of " + length + " bits than there are");
      }
      firstCode[length] = code;
      firstValue[length] = value;
      end[length] = code + codes << LONGEST - length;
      for (int i = 0; i < codes && length <= LOOKUP_BITS; i++) {
        int from = code + i << LOOKUP_BITS - length;
        short entry = (short) (length << 8 | values[value + i] & 0xFF);
        for (int j = 0; j < 1 << LOOKUP_BITS - length; j++) {
          lookup[from + j] = entry;
        }
      }
      value += codes;
      code = code + codes << 1;
    }
  }

  int largestValue() {
    return largestValue;
  }

  int lookup(int bits) {
    return lookup[bits];
  }

  /**
   * What {@link #COEFFICIENT_BITS} bits say where the table is of AC coefficients (§F.1.2.2): bits of code and value
   * together; x 2^8 the steps behind that coefficient, {@link #END_OF_BLOCK} where there is none left; x 2^16 the
   * value. 0 where they aren't all of it, and for sixteen zeros.
   */
  int[] coefficients() {
    int[] entries = new int[1 << COEFFICIENT_BITS];
    for (int next = 0; next < entries.length; next++) {
      int entry = lookup[next >> COEFFICIENT_BITS - LOOKUP_BITS];
      int size = entry & 0xF;
      int length = (entry >> 8) + size;
      int run = entry >> 4 & 0xF;
      if (entry == 0 || length > COEFFICIENT_BITS || size == 0 && run == 15) {
        continue;
      }
      if (size == 0) {
        entries[next] = END_OF_BLOCK << 8 | length;
      } else {
        int value = JpegBits.extend(next >> COEFFICIENT_BITS - length & (1 << size) - 1, size);
        entries[next] = value << 16 | run + 1 << 8 | length;
      }
    }
    return entries;
  }

  /** The entry of a code that the lookup doesn't hold, in the next 16 bits. */
  int longCode(int bits) {
    for (int length = LOOKUP_BITS + 1; length <= LONGEST; length++) {
      if (bits < end[length]) {
        int index = (bits >> LONGEST - length) - firstCode[length];
        return index < 0 ? 0 : length << 8 | values[firstValue[length] + index] & 0xFF;
      }
    }
    return 0;
  }
}
