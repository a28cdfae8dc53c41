package nmsw.segmentation;

/**
 * Logits at both ends of some cells of rows along z, one cell after the other, from which those of the voxels in between are
 * interpolated: the first voxels of all cells together, then the second ones, so that neighbours in memory are treated alike.
 */
final class CellSamples {
  private static final int LOGITS = 1 << 14;
  private static final int FEWEST = 256;
  private static final int MOST = 1024;

  private final float[][] sample;
  private final float[][] next;
  private final float[][] share;
  private int count;

  /**
   * @param most cells that it takes
   * @param voxels in a cell at most
   */
  CellSamples(int classes, int most, int voxels) {
    sample = new float[classes][most];
    next = new float[classes][most];
    share = new float[voxels][most];
  }

  /** So many cells that loops over them pay, and that the logits of all classes stay in a core's cache. */
  static int enough(int classes) {
    return Math.max(FEWEST, Math.min(MOST, LOGITS / classes));
  }

  int count() {
    return count;
  }

  void clear() {
    count = 0;
  }

  /**
   * Adds cells of a row.
   *
   * @param samples logits, [class][sample of the row]
   * @param from first cell
   * @param to one past the last
   */
  void add(RowCells row, float[][] samples, int from, int to) {
    for (int c = 0; c < sample.length; c++) {
      System.arraycopy(samples[c], from, sample[c], count, to - from);
      System.arraycopy(samples[c], from + 1, next[c], count, to - from);
    }
    for (int n = 0; n < row.mostVoxels(); n++) {
      System.arraycopy(row.share(n), from, share[n], count, to - from);
    }
    count += to - from;
  }

  /**
   * Adds the logits of one class in the n-th voxels of the cells, times a factor.
   *
   * @param n from 0
   */
  void addTo(float[] into, int c, int n, float factor) {
    add(sample[c], next[c], share[n], factor, into, count);
  }

  private static void add(float[] sample, float[] next, float[] share, float factor, float[] into, int count) {
    for (int i = 0; i < count; i++) {
      into[i] += factor * ((1 - share[i]) * sample[i] + share[i] * next[i]);
    }
  }

  /** Logits of one class in the n-th voxels of the cells, from 0. */
  void read(float[] into, int c, int n) {
    interpolate(sample[c], next[c], share[n], into, count);
  }

  private static void interpolate(float[] sample, float[] next, float[] share, float[] into, int count) {
    for (int i = 0; i < count; i++) {
      into[i] = (1 - share[i]) * sample[i] + share[i] * next[i];
    }
  }
}
