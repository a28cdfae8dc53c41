package nmsw.segmentation;

import java.util.Arrays;

/**
 * The classes of the two highest logits of each voxel of a row, found class by class; among equals the lowest class
 * first. Written as {@link HighestClass} is.
 */
final class TwoHighest {
  /** Lower than any logit, and still finite when subtracted from one and doubled. */
  private static final float LOWEST = -0x1p120f;

  private final float[] highest;
  private final float[] label;
  private final float[] second;
  private final float[] secondLabel;
  private final float[] lower;
  private final float[] lowerLabel;

  TwoHighest(int voxels) {
    highest = new float[voxels];
    label = new float[voxels];
    second = new float[voxels];
    secondLabel = new float[voxels];
    lower = new float[voxels];
    lowerLabel = new float[voxels];
  }

  /** Begins anew with voxels {@code from} to {@code to}. */
  void reset(int from, int to) {
    Arrays.fill(highest, from, to, LOWEST);
    Arrays.fill(label, from, to, 0);
    Arrays.fill(second, from, to, LOWEST);
    Arrays.fill(secondLabel, from, to, 0);
  }

  /**
   * Takes the logits of the next class. In two loops, since the compiler makes no vector instructions of one as long as
   * both (then it takes six times as long).
   *
   * @param logits logit of each voxel of the row
   */
  void offer(float c, float[] logits, int from, int to) {
    for (int z = from; z < to; z++) {
      float above = logits[z] - highest[z];
      float twice = above + Math.abs(above);
      // 1 or 0: what is added vanishes beside any difference of logits.
      float isAbove = twice / (twice + Float.MIN_NORMAL);
      lower[z] = Math.min(highest[z], logits[z]);
      lowerLabel[z] = c + isAbove * (label[z] - c);
      label[z] = label[z] + isAbove * (c - label[z]);
      highest[z] = Math.max(highest[z], logits[z]);
    }
    for (int z = from; z < to; z++) {
      float above = lower[z] - second[z];
      float twice = above + Math.abs(above);
      float isAbove = twice / (twice + Float.MIN_NORMAL);
      secondLabel[z] = secondLabel[z] + isAbove * (lowerLabel[z] - secondLabel[z]);
      second[z] = Math.max(second[z], lower[z]);
    }
  }

  /** The highest logit of each voxel. Not copied. */
  float[] highest() {
    return highest;
  }

  /** The second highest logit of each voxel. Not copied. */
  float[] second() {
    return second;
  }

  /** @param into takes the class of voxel z at {@code offset + z} */
  void labels(byte[] into, int offset, int from, int to) {
    classes(label, into, offset, from, to);
  }

  /** @param into takes the class of the second highest logit of voxel z at {@code offset + z} */
  void secondLabels(byte[] into, int offset, int from, int to) {
    classes(secondLabel, into, offset, from, to);
  }

  private static void classes(float[] label, byte[] into, int offset, int from, int to) {
    for (int z = from; z < to; z++) {
      // The class is in the lowest bits of the sum; a conversion to int would be several times as slow.
      into[offset + z] = (byte) Float.floatToRawIntBits(label[z] + 0x1p23f);
    }
  }
}
