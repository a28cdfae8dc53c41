package nmsw.dicom.codec;

/**
 * The coding parameters of a JPEG-LS scan, under the names of ITU-T T.87.
 *
 * @param maxVal MAXVAL, the largest sample
 * @param near NEAR, by how much a sample may differ
 * @param t1 first threshold of the local gradients
 * @param t2 second
 * @param t3 third
 * @param reset RESET, when the counters of a context are halved
 */
record JpegLsParameters(int maxVal, int near, int t1, int t2, int t3, int reset) {
  private static final int DEFAULT_RESET = 64;

  /** So that no sum of a context's errors leaves an int; the standard allows MAXVAL. Nothing but 64 is seen. */
  private static final int LARGEST_RESET = 1 << 13;

  /**
   * Defaults for what is zero (§C.2.4.1.1.1); null if something is out of range.
   *
   * @param preset MAXVAL, T1, T2, T3, RESET
   */
  static JpegLsParameters of(int precision, int near, int[] preset) {
    int largest = (1 << precision) - 1;
    int maxVal = preset[0] == 0 ? largest : preset[0];
    if (maxVal > largest || near > Math.min(255, maxVal / 2)) {
      return null;
    }
    int d1;
    int d2;
    int d3;
    if (maxVal >= 128) {
      int factor = Math.min(maxVal, 4095) + 128 >> 8;
      d1 = factor + 2 + 3 * near;
      d2 = 4 * factor + 3 + 5 * near;
      d3 = 17 * factor + 4 + 7 * near;
    } else {
      int factor = 256 / (maxVal + 1);
      d1 = Math.max(2, 3 / factor + 3 * near);
      d2 = Math.max(3, 7 / factor + 5 * near);
      d3 = Math.max(4, 21 / factor + 7 * near);
    }
    int t1 = preset[1] == 0 ? clamp(d1, near + 1, maxVal) : preset[1];
    int t2 = preset[2] == 0 ? clamp(d2, t1, maxVal) : preset[2];
    int t3 = preset[3] == 0 ? clamp(d3, t2, maxVal) : preset[3];
    int reset = preset[4] == 0 ? DEFAULT_RESET : preset[4];
    boolean valid =
        near + 1 <= t1 && t1 <= t2 && t2 <= t3 && t3 <= maxVal && reset >= 3 && reset <= LARGEST_RESET;
    return valid ? new JpegLsParameters(maxVal, near, t1, t2, t3, reset) : null;
  }

  private static int clamp(int value, int least, int maxVal) {
    return value > maxVal || value < least ? least : value;
  }

  /** RANGE (§A.2.1): how many values a prediction error can have. */
  int range() {
    return (maxVal + 2 * near) / (2 * near + 1) + 1;
  }

  /** qbpp: bits of an error. */
  int errorBits() {
    return bitsOf(range());
  }

  /** LIMIT: the longest code. */
  int limit() {
    int bpp = Math.max(2, bitsOf(maxVal + 1));
    return 2 * (bpp + Math.max(8, bpp));
  }

  /** ceil(log2(count)). */
  private static int bitsOf(int count) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(count - 1);
  }
}
