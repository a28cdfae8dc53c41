package nmsw.dicom.codec;

/** One Huffman table (ITU-T T.81 annex C, §F.2.2.3). Entries are code length x 256 + value; 0 is none. */
final class HuffmanTable {
  static final int LOOKUP_BITS = 10;
  private static final int LONGEST = 16;

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
