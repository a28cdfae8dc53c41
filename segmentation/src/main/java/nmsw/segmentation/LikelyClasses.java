package nmsw.segmentation;

import java.util.Arrays;

/**
 * The two likeliest classes of some voxels and their probabilities (softmax of their logits) in 255ths, as {@link
 * nmsw.volume.LabelProbabilities} has them.
 */
final class LikelyClasses {
  private static final int CERTAIN = nmsw.volume.LabelProbabilities.CERTAIN;

  private final int[] packed;
  private float[] sum = {};
  private float[] behind = {};

  LikelyClasses(int voxels) {
    packed = new int[voxels];
  }

  byte label(int voxel) {
    return (byte) packed[voxel];
  }

  byte probability(int voxel) {
    return (byte) (packed[voxel] >> 8);
  }

  byte second(int voxel) {
    return (byte) (packed[voxel] >> 16);
  }

  byte secondProbability(int voxel) {
    return (byte) (packed[voxel] >> 24);
  }

  /** The distance in logits to the second highest from which on the highest of so many classes counts as certain. */
  static float certain(int classes) {
    return (float) Math.log(2.0 * CERTAIN * Math.max(1, classes - 1));
  }

  /** Takes it that the voxels are certainly of one class. */
  void certain(int label, int from, int to) {
    Arrays.fill(packed, from, to, label | CERTAIN << 8);
  }

  /** Takes over what was found for a voxel elsewhere. */
  void copy(LikelyClasses from, int at, int voxel) {
    packed[voxel] = from.packed[at];
  }

  /** Takes over what was found for some voxels elsewhere. */
  void copy(LikelyClasses from, int at, int voxel, int count) {
    System.arraycopy(from.packed, at, packed, voxel, count);
  }

  /**
   * Takes the first voxels.
   *
   * @param highest of these logits
   * @param logits [class][voxel], the first {@code count} of them
   */
  void take(TwoHighest highest, float[][] logits, int count) {
    if (sum.length < count) {
      sum = new float[count];
      behind = new float[count];
    }
    Arrays.fill(sum, 0, count, 0);
    for (float[] ofClass : logits) {
      addExponential(highest.highest(), ofClass, sum, count);
    }
    Arrays.fill(behind, 0, count, 0);
    addExponential(highest.highest(), highest.second(), behind, count);
    float[] label = highest.label();
    float[] second = highest.secondLabel();
    for (int v = 0; v < count; v++) {
      float share = CERTAIN / sum[v];
      sum[v] = label[v] + 0x1p8f * rounded(share);
      behind[v] = second[v] + 0x1p8f * rounded(share * behind[v]);
    }
    for (int v = 0; v < count; v++) {
      packed[v] = integer(sum[v]) | integer(behind[v]) << 16;
    }
  }

  /** To the nearest whole number. */
  private static float rounded(float value) {
    return value + 0x1p23f - 0x1p23f;
  }

  /** A whole number below 2^16: it is in the lowest bits of the sum, which are had sooner than by a conversion. */
  private static int integer(float value) {
    return Float.floatToRawIntBits(value + 0x1p23f) & 0xffff;
  }

  /**
   * Adds exp(logit - most), as (1 - u + u^2 / 2)^64 with u = (most - logit) / 64: at most 6e-5 off, a thirtieth of the
   * rounding of a probability to 255ths. A library's exponential would be called voxel by voxel; this becomes vector
   * instructions, as {@link TwoHighest} does.
   */
  private static void addExponential(float[] most, float[] logits, float[] into, int count) {
    for (int v = 0; v < count; v++) {
      float below = most[v] - logits[v];
      // min(below, 64) without a branch: further down there is nothing, and the polynomial would turn upwards.
      float twice = below + 64 - Math.abs(below - 64);
      float u = twice * 0x1p-7f;
      float root = 1 - u * (1 - 0.5f * u);
      float power4 = root * root * (root * root);
      float power16 = power4 * power4 * (power4 * power4);
      into[v] += power16 * power16 * (power16 * power16);
    }
  }
}
