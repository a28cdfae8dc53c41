package nmsw.segmentation;

import nmsw.segmentation.nn.HalfFloat;

/**
 * Weighted sums of patch logits of some voxels that later patches also cover, as binary16; arithmetic is
 * float32. Weights are shares of the whole, so that a sum is never larger than the logits.
 *
 * <p>Only classes that have mass somewhere in these voxels are carried: whose logit comes within {@link
 * #NO_MASS} of the strongest class's, once at least and in one patch at least. The others share one sum, of
 * what they were at most. That is exact unless patches contradict each other, or the global network, by more
 * than this: one sure of a class that the other has as good as ruled out.
 */
final class HeldLogits {
  /** Distance in logits to the strongest class that counts as no mass: a probability below 1e-14. */
  static final float NO_MASS = 32;

  private final short[][] sums;
  private final short[] floor;

  HeldLogits(int classes, int voxels) {
    sums = new short[classes][];
    floor = new short[voxels];
  }

  boolean carries(int c) {
    return sums[c] != null;
  }

  /** Carries a class from now on; what it had so far is what the classes not carried had. */
  void carry(int c) {
    if (sums[c] == null) {
      sums[c] = floor.clone();
    }
  }

  /**
   * Adds the logits of some voxels from one patch.
   *
   * @param at first voxel
   * @param logits [class][voxel]
   * @param strongest per voxel the highest logit
   * @param share per voxel the patch's share
   * @param scale per class a factor to the share
   * @param count of voxels
   */
  void add(int at, float[][] logits, float[] strongest, float[] share, float[] scale, int count) {
    int classes = sums.length;
    for (int v = 0; v < count; v++) {
      floor[at + v] =
          HalfFloat.saturated(HalfFloat.finite(floor[at + v]) + share[v] * (strongest[v] - NO_MASS));
    }
    for (int c = 0; c < classes; c++) {
      short[] sum = sums[c];
      if (sum != null) {
        float factor = scale[c];
        for (int v = 0; v < count; v++) {
          float more = factor * share[v] * logits[c][v];
          sum[at + v] = HalfFloat.saturated(HalfFloat.finite(sum[at + v]) + more);
        }
      }
    }
  }

  /** Sums of a class of some voxels from {@code at} on. */
  void read(int c, int at, float[] into, int count) {
    short[] sum = sums[c] == null ? floor : sums[c];
    for (int v = 0; v < count; v++) {
      into[v] = HalfFloat.finite(sum[at + v]);
    }
  }
}
