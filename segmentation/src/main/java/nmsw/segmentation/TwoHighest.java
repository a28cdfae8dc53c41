package nmsw.segmentation;

import java.util.Arrays;

/**
 * The classes of the two highest logits of some voxels; among equals the lowest class first.
 *
 * <p>Written without branches, with one index for all arrays and in loops of a few steps, so that the compiler makes vector
 * instructions of it and logits that are hard to predict cost no more than others. The voxels at the ends of a loop it takes
 * one by one: of many at a time each costs a third of what it does in rows of 64.
 */
final class TwoHighest {
  /** Lower than any logit, and still finite when subtracted from one and doubled. */
  private static final float LOWEST = -0x1p120f;

  /** Times this, any difference of logits is more than the number of classes. */
  private static final float FAR = 0x1p100f;

  private final float[] highest;
  private final float[] second;
  private final float[] label;
  private final float[] secondLabel;

  TwoHighest(int voxels) {
    highest = new float[voxels];
    second = new float[voxels];
    label = new float[voxels];
    secondLabel = new float[voxels];
  }

  /**
   * Takes the first {@code count} voxels.
   *
   * @param logits [class][voxel]
   */
  void find(float[][] logits, int count) {
    Arrays.fill(highest, 0, count, LOWEST);
    Arrays.fill(second, 0, count, LOWEST);
    for (float[] ofClass : logits) {
      offer(ofClass, count);
    }
    Arrays.fill(label, 0, count, logits.length - 1);
    Arrays.fill(secondLabel, 0, count, logits.length - 1);
    for (int c = 0; c < logits.length; c++) {
      name(c, logits[c], count);
    }
    for (int v = 0; v < count; v++) {
      if (second[v] == highest[v]) {
        secondLabel[v] = next(logits, v);
      }
    }
  }

  private void offer(float[] ofClass, int count) {
    for (int v = 0; v < count; v++) {
      float before = highest[v];
      highest[v] = Math.max(before, ofClass[v]);
      second[v] = Math.max(second[v], Math.min(before, ofClass[v]));
    }
  }

  /** Of the classes that are not below a voxel's highest logit, the first; likewise of its second highest. */
  private void name(float c, float[] ofClass, int count) {
    for (int v = 0; v < count; v++) {
      label[v] = Math.min(label[v], c + FAR * (highest[v] - ofClass[v]));
      secondLabel[v] = Math.min(secondLabel[v], c + FAR * Math.abs(second[v] - ofClass[v]));
    }
  }

  /** Of two classes with the same highest logit the later one. */
  private int next(float[][] logits, int v) {
    int c = (int) label[v] + 1;
    while (c < logits.length && logits[c][v] != second[v]) {
      c++;
    }
    return c;
  }

  /** The highest logit of each voxel. Not copied. */
  float[] highest() {
    return highest;
  }

  /** The second highest logit of each voxel. Not copied. */
  float[] second() {
    return second;
  }

  /** The class of the highest logit of each voxel, a whole number. Not copied. */
  float[] label() {
    return label;
  }

  /** The class of the second highest logit of each voxel, a whole number. Not copied. */
  float[] secondLabel() {
    return secondLabel;
  }
}
