package nmsw.volume;

import java.util.Arrays;

/**
 * The two likeliest classes of every voxel of a grid, x fastest, and their probabilities in 255ths, unsigned. The others
 * share what is left. The arrays are not copied.
 *
 * @param labels the likeliest
 * @param probability of it
 * @param second the second likeliest; anything where its probability is 0
 * @param secondProbability no more than {@code probability}
 */
public record LabelProbabilities(
    LabelVolume labels, byte[] probability, byte[] second, byte[] secondProbability) {
  /** The probability of what is certain. */
  public static final int CERTAIN = 255;

  /** Of labels that nothing more is known of. */
  public static LabelProbabilities certain(LabelVolume labels) {
    int voxels = labels.grid().voxels();
    byte[] certain = new byte[voxels];
    Arrays.fill(certain, (byte) CERTAIN);
    byte[] none = new byte[voxels];
    return new LabelProbabilities(labels, certain, none, none);
  }

  public LabelProbabilities {
    int voxels = labels.grid().voxels();
    if (probability.length != voxels || second.length != voxels || secondProbability.length != voxels) {
      throw new IllegalArgumentException(
          probability.length + ", " + second.length + " and " + secondProbability.length
              + " values for a grid of " + voxels + " voxels");
    }
  }
}
