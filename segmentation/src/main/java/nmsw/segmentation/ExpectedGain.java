package nmsw.segmentation;

import java.util.List;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.PatchGrid;

/**
 * How many errors of the global network a patch may undo (NMSW §15.3.1). With u(v) the probability that the
 * network is wrong at the low-resolution voxel v, a(n, v) how well the patch of cell n covers v, from 0 to 1,
 * and S the cells taken so far:
 *
 * <pre>
 * gain(n | S) = sum over the patch's v of u(v) * max(0, a(n, v) - max over m in S of a(m, v))
 * </pre>
 *
 * <p>A cell's gain never grows with S, in floating point neither: each term shrinks and terms are added in
 * the same order. The coverage is the patch's Gaussian weight over the weight that counts as whole, at most 1.
 */
final class ExpectedGain {
  /** A voxel that is right with 99 % counts as right: the sum of many small doubts tells nothing. */
  private static final float DOUBTLESS = 0.01f;

  private static final double SIGMA = 0.125;

  private final PatchGrid grid;
  private final Int3 low;
  private final float[] uncertainty;
  private final float[] covered;
  private final float wholeWeight;
  private final boolean[] doubtfulRow;

  /**
   * @param low size of the low-resolution volume, which spans the grid's
   * @param uncertainty u of every voxel of it, z fastest; is changed
   * @param fullCoverage weight from which on a voxel is covered wholly
   */
  ExpectedGain(PatchGrid grid, Int3 low, float[] uncertainty, double fullCoverage) {
    if (uncertainty.length != low.product()) {
      throw new IllegalArgumentException(uncertainty.length + " uncertainties for " + low + " voxels");
    }
    this.grid = grid;
    this.low = low;
    this.uncertainty = uncertainty;
    this.covered = new float[uncertainty.length];
    this.wholeWeight = (float) fullCoverage;
    this.doubtfulRow = new boolean[low.x() * low.y()];
    IntStream.range(0, doubtfulRow.length).parallel().forEach(this::dropDoubtless);
  }

  private void dropDoubtless(int row) {
    for (int v = row * low.z(); v < (row + 1) * low.z(); v++) {
      if (uncertainty[v] > DOUBTLESS) {
        doubtfulRow[row] = true;
      } else {
        uncertainty[v] = 0;
      }
    }
  }

  /** The gain of all these cells together if nothing were taken yet. */
  double coverable(List<Integer> cells) {
    float[] best = new float[covered.length];
    for (int cell : cells) {
      new Footprint(cell).cover(best);
    }
    double sum = 0;
    for (int v = 0; v < best.length; v++) {
      sum += uncertainty[v] * best[v];
    }
    return sum;
  }

  /** What a cell adds to those taken. */
  double of(int cell) {
    return new Footprint(cell).gain();
  }

  void take(int cell) {
    new Footprint(cell).cover(covered);
  }

  /** The low-resolution voxels whose centres lie in a cell's patch, and the patch's weight there. */
  private final class Footprint {
    private final int[] from = new int[3];
    private final float[][] weights = new float[3][];

    Footprint(int cell) {
      Int3 start = grid.start(cell);
      for (int axis = 0; axis < 3; axis++) {
        double voxel = (double) grid.volume().get(axis) / low.get(axis);
        int size = grid.patch().get(axis);
        // Voxel v has its centre at (v + 0.5) * voxel - 0.5 in indices of the full resolution.
        from[axis] = (int) Math.ceil(start.get(axis) / voxel - 0.5);
        int to = (int) Math.ceil((start.get(axis) + size) / voxel - 0.5);
        weights[axis] = new float[to - from[axis]];
        for (int i = 0; i < weights[axis].length; i++) {
          double x = ((from[axis] + i + 0.5) * voxel - start.get(axis)) / size - 0.5;
          weights[axis][i] = (float) Math.exp(-x * x / (2 * SIGMA * SIGMA));
        }
      }
    }

    private float coverage(float xy, int z) {
      return Math.min(1, Math.max(GaussianWeight.FLOOR, xy * weights[2][z]) / wholeWeight);
    }

    double gain() {
      double sum = 0;
      for (int i = 0; i < weights[0].length; i++) {
        for (int j = 0; j < weights[1].length; j++) {
          int row = (from[0] + i) * low.y() + from[1] + j;
          sum += doubtfulRow[row] ? rowGain(row * low.z() + from[2], weights[0][i] * weights[1][j]) : 0;
        }
      }
      return sum;
    }

    private double rowGain(int at, float xy) {
      double sum = 0;
      for (int k = 0; k < weights[2].length; k++) {
        sum += uncertainty[at + k] * Math.max(0, coverage(xy, k) - covered[at + k]);
      }
      return sum;
    }

    void cover(float[] coverage) {
      for (int i = 0; i < weights[0].length; i++) {
        for (int j = 0; j < weights[1].length; j++) {
          int row = (from[0] + i) * low.y() + from[1] + j;
          if (doubtfulRow[row]) {
            int at = row * low.z() + from[2];
            float xy = weights[0][i] * weights[1][j];
            for (int k = 0; k < weights[2].length; k++) {
              coverage[at + k] = Math.max(coverage[at + k], coverage(xy, k));
            }
          }
        }
      }
    }
  }
}
