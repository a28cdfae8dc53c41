package nmsw.segmentation;

import java.util.Arrays;

/**
 * The two likeliest classes of some voxels and their probabilities (softmax of their logits) in 255ths, as {@link
 * nmsw.volume.LabelProbabilities} has them.
 */
final class LikelyClasses {
  private static final int CERTAIN = nmsw.volume.LabelProbabilities.CERTAIN;

  /** Distance in logits to the strongest class at which a class's share, 6e-6, is not counted. */
  private static final float RULED_OUT = -12;

  private final byte[] labels;
  private final byte[] probability;
  private final byte[] second;
  private final byte[] secondProbability;

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

  /**
   * Takes voxels {@code from} to {@code to} of a row, voxel z at {@code offset + z}.
   *
   * @param logits [class][z]
   */
  void take(TwoHighest highest, float[][] logits, int offset, int from, int to) {
    highest.labels(labels, offset, from, to);
    highest.secondLabels(second, offset, from, to);
    float certain = certain(logits.length);
    for (int z = from; z < to; z++) {
      float most = highest.highest()[z];
      float behind = highest.second()[z] - most;
      if (-behind >= certain) {
        probability[offset + z] = (byte) CERTAIN;
        secondProbability[offset + z] = 0;
        continue;
      }
      double sum = 0;
      for (float[] ofClass : logits) {
        float difference = ofClass[z] - most;
        sum += difference < RULED_OUT ? 0 : Math.exp(difference);
      }
      probability[offset + z] = (byte) (int) (CERTAIN / sum + 0.5);
      secondProbability[offset + z] = (byte) (int) (CERTAIN * Math.exp(behind) / sum + 0.5);
    }
  }
}
