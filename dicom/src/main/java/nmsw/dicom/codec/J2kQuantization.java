package nmsw.dicom.codec;

/**
 * The quantization of a component's subbands (ITU-T T.800 §A.6.4, annex E).
 *
 * @param style 0 none, 1 derived from the lowest subband, 2 given for each
 * @param guardBits G
 * @param steps of each subband: exponent in bits 11 to 15, mantissa in 0 to 10
 */
record J2kQuantization(int style, int guardBits, int[] steps) {
  static final int NONE = 0;
  private static final int DERIVED = 1;
  private static final int MOST_SUBBANDS = 97;

  /** Parses Sqcd and SPqcd, or Sqcc and SPqcc, which end their segment. */
  static J2kQuantization parse(JpegSegments segments, int at) throws CodecException {
    int style = segments.int8(at) & 0x1F;
    int bytes = style == NONE ? 1 : 2;
    int count = (segments.length() - at - 1) / bytes;
    if (style > 2 || count < 1 || count > MOST_SUBBANDS || segments.length() - at - 1 != count * bytes) {
      throw segments.bad("quantization style " + style + " for " + count + " subbands");
    }
    int[] steps = new int[count];
    for (int i = 0; i < count; i++) {
      steps[i] = style == NONE ? segments.int8(at + 1 + i) >> 3 << 11 : segments.int16(at + 1 + 2 * i);
    }
    return new J2kQuantization(style, segments.int8(at) >> 5, steps);
  }

  /** Whether there is a step for each subband of so many levels. */
  boolean covers(int levels) {
    return style == DERIVED || steps.length >= 3 * levels + 1;
  }

  /**
   * Epsilon of a subband (equation E-5).
   *
   * @param index 0 for LL, then HL, LH, HH of the next resolution and so on
   * @param levels of the transform
   * @param level of the subband: n_b, from {@code levels} down to 1
   */
  int exponent(int index, int levels, int level) {
    return style == DERIVED ? Math.max(0, (steps[0] >> 11) - levels + level) : steps[index] >> 11;
  }

  /** The step size relative to 2^(R_b - epsilon) (equation E-3). */
  float mantissa(int index) {
    return 1 + (steps[style == DERIVED ? 0 : index] & 0x7FF) / 2048f;
  }
}
