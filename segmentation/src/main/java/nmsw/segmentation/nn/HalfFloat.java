package nmsw.segmentation.nn;

/** IEEE 754 binary16 and bfloat16 bit patterns; rounding is to nearest, ties to even. */
public final class HalfFloat {
  private static final float LARGEST = 65504;
  private HalfFloat() {}

  static float toFloat(short half) {
    int exponent = half >>> 10 & 0x1f;
    int mantissa = half & 0x3ff;
    float magnitude;
    if (exponent == 31) {
      magnitude = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
    } else if (exponent == 0) {
      magnitude = mantissa * 0x1p-24f;
    } else {
      magnitude = Float.intBitsToFloat(exponent + 112 << 23 | mantissa << 13);
    }
    return half < 0 ? -magnitude : magnitude;
  }

  static short of(float value) {
    int bits = Float.floatToIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    float magnitude = Math.abs(value);
    if (Float.isNaN(value)) {
      return (short) 0x7e00;
    }
    if (magnitude >= 65520) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x1p-14f) {
      return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
    }
    int scaled = (bits & 0x7fffffff) - (112 << 23);
    return (short) (sign | scaled + 0xfff + (scaled >>> 13 & 1) >>> 13);
  }

  /**
   * As {@link #of}, but what is too large becomes the largest finite value; without branches, for loops
   * over many logits.
   */
  public static short saturated(float value) {
    // Scaled by 2^-112, the exponent field is that of binary16, subnormal values included.
    int bits = Float.floatToRawIntBits(Math.min(Math.abs(value), LARGEST) * 0x1p-112f);
    int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
    return (short) (sign | bits + 0xfff + (bits >>> 13 & 1) >>> 13);
  }

  /** As {@link #toFloat} for bit patterns from {@link #saturated}, which are finite; without branches. */
  public static float finite(short half) {
    // The sign is extended to all upper bits and stays in the highest.
    return Float.intBitsToFloat(half << 13 & 0x8fffe000) * 0x1p112f;
  }

  static short bfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    if (Float.isNaN(value)) {
      return (short) 0x7fc0;
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }
}
