package nmsw.segmentation;

import java.util.Arrays;

/**
 * The class of highest logit of each voxel of a row, found class by class; among equals the lowest class.
 *
 * <p>Written without branches and with one index for all arrays, so that the compiler makes vector
 * instructions of it and logits that are hard to predict cost no more than others.
 */
final class HighestClass {
  /** Lower than any logit, and still finite when subtracted from one and doubled. */
  private static final float LOWEST = -0x1p120f;

  private final float[] highest;
  private final float[] label;

  HighestClass(int voxels) {
    highest = new float[voxels];
    label = new float[voxels];
  }

  /** Begins anew with voxels {@code from} to {@code to}. */
  void reset(int from, int to) {
    Arrays.fill(highest, from, to, LOWEST);
    Arrays.fill(label, from, to, 0);
  }

  /**
   * Takes the logits of the next class.
   *
   * @param logits logit of each voxel of the row
   */
  void offer(float c, float[] logits, int from, int to) {
    for (int z = from; z < to; z++) {
      float above = logits[z] - highest[z];
      float twice = above + Math.abs(above);
      // 1 or 0: what is added vanishes beside any difference of logits. Math.min would take longer.
      float isAbove = twice / (twice + Float.MIN_NORMAL);
      label[z] = label[z] + isAbove * (c - label[z]);
      highest[z] = Math.max(highest[z], logits[z]);
    }
  }

  /** The highest logit of each voxel. Not copied. */
  float[] highest() {
    return highest;
  }

  /**
   * @param into takes the class of voxel z at {@code offset + z}
   */
  void labels(byte[] into, int offset, int from, int to) {
    for (int z = from; z < to; z++) {
      // The class is in the lowest bits of the sum; a conversion to int would be several times as slow.
      into[offset + z] = (byte) Float.floatToRawIntBits(label[z] + 0x1p23f);
    }
  }
}
