package nmsw.segmentation;

import java.util.Arrays;

/**
 * The two likeliest classes of some voxels and their probabilities (softmax of their logits) in 255ths, as {@link
 * nmsw.volume.LabelProbabilities} has them.
 */
final class LikelyClasses {
  private static final int CERTAIN = nmsw.volume.LabelProbabilities.CERTAIN;

  private final byte[] labels;
  private final byte[] probability;
  private final byte[] second;
  private final byte[] secondProbability;
  private float[] sum = {};
  private float[] behind = {};

  LikelyClasses(int voxels) {
    labels = new byte[voxels];
    probability = new byte[voxels];
    second = new byte[voxels];
    secondProbability = new byte[voxels];
  }

  byte[] labels() {
    return labels;
  }

  byte[] probability() {
    return probability;
  }

  byte[] second() {
    return second;
  }

  byte[] secondProbability() {
    return secondProbability;
  }

  /** The distance in logits to the second highest from which on the highest of so many classes counts as certain. */
  static float certain(int classes) {
    return (float) Math.log(2.0 * CERTAIN * Math.max(1, classes - 1));
  }

  /** Takes voxels whose classes are certain. */
  void certain(byte[] of, int offset, int count) {
    System.arraycopy(of, 0, labels, offset, count);
    Arrays.fill(probability, offset, offset + count, (byte) CERTAIN);
    Arrays.fill(secondProbability, offset, offset + count, (byte) 0);
  }

  /** Takes over what others found for some voxels. */
  void copy(LikelyClasses from, int at, int offset, int count) {
    System.arraycopy(from.labels, at, labels, offset, count);
    System.arraycopy(from.probability, at, probability, offset, count);
    System.arraycopy(from.second, at, second, offset, count);
    System.arraycopy(from.secondProbability, at, secondProbability, offset, count);
  }

  /**
   * Takes voxels from {@code offset} on.
   *
   * @param highest of these logits
   * @param logits [class][voxel], the first {@code count} of them
   */
  void take(TwoHighest highest, float[][] logits, int offset, int count) {
    highest.labels(labels, offset, count);
    highest.secondLabels(second, offset, count);
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
    for (int v = 0; v < count; v++) {
      float share = CERTAIN / sum[v];
      probability[offset + v] = (byte) (int) (share + 0.5f);
      secondProbability[offset + v] = (byte) (int) (share * behind[v] + 0.5f);
    }
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
