package nmsw.seg;

/**
 * A display colour as DICOM stores it: CIELab under D50, the ICC profile connection space, each value scaled
 * to 16 bits (PS3.3 §C.10.7.1.1): L* 0..100 to 0..65535, a* and b* -128..127 to 0..65535.
 */
record CieLab(int l, int a, int b) {
  private static final double WHITE_X = 0.9642;
  private static final double WHITE_Z = 0.8251;

  /** From an sRGB colour 0xRRGGBB; the matrix is sRGB's, adapted from D65 to D50 by Bradford's method. */
  static CieLab ofRgb(int rgb) {
    double red = linear(rgb >> 16 & 0xFF);
    double green = linear(rgb >> 8 & 0xFF);
    double blue = linear(rgb & 0xFF);
    double x = 0.4360747 * red + 0.3850649 * green + 0.1430804 * blue;
    double y = 0.2225045 * red + 0.7168786 * green + 0.0606169 * blue;
    double z = 0.0139322 * red + 0.0971045 * green + 0.7141733 * blue;
    double fx = cubeRoot(x / WHITE_X);
    double fy = cubeRoot(y);
    double fz = cubeRoot(z / WHITE_Z);
    return new CieLab(
        scaled(116 * fy - 16, 0, 100),
        scaled(500 * (fx - fy), -128, 127),
        scaled(200 * (fy - fz), -128, 127));
  }

  private static double linear(int value) {
    double v = value / 255.0;
    return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
  }

  /** The cube root with CIE's straight line near zero. */
  private static double cubeRoot(double t) {
    return t > 216.0 / 24389 ? Math.cbrt(t) : (24389.0 / 27 * t + 16) / 116;
  }

  private static int scaled(double value, double low, double high) {
    double clamped = Math.max(low, Math.min(high, value));
    return (int) Math.round((clamped - low) / (high - low) * 65535);
  }
}
