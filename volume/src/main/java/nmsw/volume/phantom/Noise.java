package nmsw.volume.phantom;

/**
 * Deterministic noise from additions, multiplications and integer hashing only, so that every machine, thread count
 * and sampling order gives the same bits.
 */
final class Noise {
  private Noise() {}

  /** A sine-like wave of period 1 and amplitude 1. */
  static double wave(double t) {
    double u = 2 * (t - Math.floor(t)) - 1;
    double p = 4 * u * (1 - Math.abs(u));
    return -(0.225 * (p * Math.abs(p) - p) + p);
  }

  /** Smooth value noise in -1..1 on a unit lattice. */
  static double smooth(long seed, double x, double y, double z) {
    double fx = Math.floor(x);
    double fy = Math.floor(y);
    double fz = Math.floor(z);
    int i = (int) fx;
    int j = (int) fy;
    int k = (int) fz;
    double u = ease(x - fx);
    double v = ease(y - fy);
    double w = ease(z - fz);
    int base = (int) seed + i * X + j * Y + k * Z;
    double c00 = mix(corner(base), corner(base + X), u);
    double c10 = mix(corner(base + Y), corner(base + X + Y), u);
    double c01 = mix(corner(base + Z), corner(base + X + Z), u);
    double c11 = mix(corner(base + Y + Z), corner(base + X + Y + Z), u);
    return mix(mix(c00, c10, v), mix(c01, c11, v), w);
  }

  /** Approximately normal noise (mean 0, deviation 1), white over positions a sixteenth of a millimetre apart. */
  static double white(long seed, double x, double y, double z) {
    long h = seed;
    h = (h ^ Math.round(x * 16)) * 0x9E3779B97F4A7C15L;
    h = (h ^ (h >>> 29) ^ Math.round(y * 16)) * 0xBF58476D1CE4E5B9L;
    h = (h ^ (h >>> 32) ^ Math.round(z * 16)) * 0x94D049BB133111EBL;
    h ^= h >>> 30;
    h *= 0xBF58476D1CE4E5B9L;
    h ^= h >>> 31;
    long sum = (h & 0xFFFF) + (h >>> 16 & 0xFFFF) + (h >>> 32 & 0xFFFF) + (h >>> 48);
    return (sum / 65535.0 - 2) * SQRT3;
  }

  static double mix(double a, double b, double t) {
    return a + (b - a) * t;
  }

  static double clamp(double v, double low, double high) {
    return v < low ? low : Math.min(v, high);
  }

  /** 0 below {@code from}, 1 above {@code to}, smooth between. */
  static double step(double from, double to, double v) {
    return ease(clamp((v - from) / (to - from), 0, 1));
  }

  private static final double SQRT3 = 1.7320508075688772;
  private static final int X = 0x27D4EB2D;
  private static final int Y = 0x165667B1;
  private static final int Z = 0x9E3779B1;

  private static double ease(double t) {
    return t * t * (3 - 2 * t);
  }

  private static double corner(int key) {
    int h = key;
    h ^= h >>> 15;
    h *= 0x2C1B3C6D;
    h ^= h >>> 12;
    h *= 0x297A2D39;
    h ^= h >>> 15;
    return h * 0x1p-31;
  }
}
