package nmsw.dicom.codec;

/**
 * The probability states of the MQ decoder (ITU-T T.800 table C.2), each with the symbol that is more probable in
 * it: the symbol in bit 31, Qe in bits 15 to 29, and an index in bits 0 to 6.
 */
final class J2kMqStates {
  /** Of the decoder's registers, below what Qe is compared with. */
  static final int LOW_BITS = 15;

  private static final int QE = 0x7FFF << LOW_BITS;
  private static final int INDEX = 0x7F;

  private static final int[] PROBABILITIES = {
    0x5601, 0x3401, 0x1801, 0x0AC1, 0x0521, 0x0221, 0x5601, 0x5401, 0x4801, 0x3801, 0x3001, 0x2401,
    0x1C01, 0x1601, 0x5601, 0x5401, 0x5101, 0x4801, 0x3801, 0x3401, 0x3001, 0x2801, 0x2401, 0x2201,
    0x1C01, 0x1801, 0x1601, 0x1401, 0x1201, 0x1101, 0x0AC1, 0x09C1, 0x08A1, 0x0521, 0x0441, 0x02A1,
    0x0221, 0x0141, 0x0111, 0x0085, 0x0049, 0x0025, 0x0015, 0x0009, 0x0005, 0x0001, 0x5601
  };
  private static final int[] NMPS = {
    1, 2, 3, 4, 5, 38, 7, 8, 9, 10, 11, 12, 13, 29, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 45, 46
  };
  private static final int[] NLPS = {
    1, 6, 9, 12, 29, 33, 6, 14, 14, 14, 17, 18, 20, 21, 14, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 23, 24, 25, 26,
    27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 46
  };
  /** The state after the more probable symbol, and what is different in that after the other. */
  private static final int[] AFTER = new int[INDEX + 1];

  private static final int[] DIFFERENT = new int[INDEX + 1];

  static {
    for (int i = 0; i < PROBABILITIES.length; i++) {
      // SWITCH is 1 for those that an LPS leads to the other symbol.
      int switched = i == 0 || i == 6 || i == 14 ? 1 : 0;
      for (int symbol = 0; symbol < 2; symbol++) {
        AFTER[2 * i + symbol] = state(NMPS[i], symbol);
        DIFFERENT[2 * i + symbol] = AFTER[2 * i + symbol] ^ state(NLPS[i], symbol ^ switched);
      }
    }
  }

  private J2kMqStates() {}

  private static int state(int index, int symbol) {
    return symbol << 31 | PROBABILITIES[index] << LOW_BITS | 2 * index + symbol;
  }

  static int first(int index) {
    return state(index, 0);
  }

  /** Qe, above {@link #LOW_BITS}. */
  static int qe(int state) {
    return state & QE;
  }

  /** The more probable symbol. */
  static int symbol(int state) {
    return state >>> 31;
  }

  /** @param less all ones after the less probable symbol, 0 after the more probable one: both are looked up meanwhile */
  static int after(int state, int less) {
    return AFTER[state & INDEX] ^ DIFFERENT[state & INDEX] & less;
  }
}
