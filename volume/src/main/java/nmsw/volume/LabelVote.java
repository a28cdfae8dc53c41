package nmsw.volume;

import java.util.Arrays;

/**
 * Labels for one slice of a stack from the voxels of a grid: at each pixel the class whose probability, smoothed by the
 * quadratic B-spline of one voxel, is largest. The 27 voxels around the pixel vote, each for its two likeliest classes;
 * of equal classes the nearest voxel's wins. Used by one thread.
 *
 * <p>Where all have one likeliest class there is nothing to vote on ({@link LabelBorders}): it is the likeliest of any
 * weighting of them. Several pixels of a line usually have the same voxels; so where the line runs along a grid axis
 * whole runs are filled at once.
 */
final class LabelVote {
  private static final int TAPS = QuadraticSpline.TAPS;

  private final LabelBorders borders;
  private final byte[] labels;
  private final byte[] probability;
  private final byte[] second;
  private final byte[] secondProbability;
  private final int[] size;
  private final int[] stride;
  private final int columns;
  private final int rows;
  private final double[] origin;
  private final double[] alongColumn;
  private final double[] alongRow;

  /** Per axis the nearest voxel and how far beyond it the pixel lies, voxels. */
  private final int[] nearest = new int[3];

  private final double[] beyond = new double[3];

  /** Per axis where the three voxels are, as parts of an index, and their weights. */
  private final int[][] tap = new int[3][TAPS];

  private final double[][] weight = new double[3][TAPS];

  private final byte[] candidate = new byte[2 * TAPS * TAPS * TAPS];
  private final double[] votes = new double[2 * TAPS * TAPS * TAPS];
  private int candidates;

  LabelVote(LabelProbabilities volume, LabelBorders borders, SliceStack stack, int slice) {
    Grid grid = volume.labels().grid();
    this.borders = borders;
    labels = volume.labels().labels();
    probability = volume.probability();
    second = volume.second();
    secondProbability = volume.secondProbability();
    size = new int[] {grid.nx(), grid.ny(), grid.nz()};
    stride = new int[] {1, grid.nx(), grid.nx() * grid.ny()};
    columns = stack.columns();
    rows = stack.rows();
    Vec3 first = grid.toIndex(stack.toPatient(0, 0, slice));
    origin = components(first);
    alongColumn = components(grid.toIndex(stack.toPatient(1, 0, slice)).minus(first));
    alongRow = components(grid.toIndex(stack.toPatient(0, 1, slice)).minus(first));
  }

  /** The slice's labels, {@code [row * columns + column]}. */
  byte[] slice() {
    byte[] out = new byte[rows * columns];
    int axis = axisOfLines();
    for (int r = 0; r < rows; r++) {
      if (axis >= 0) {
        lineAlongAxis(r, axis, out);
      } else {
        obliqueLine(r, out);
      }
    }
    return out;
  }

  /** The grid axis that a line of pixels follows to a thousandth of a voxel, or -1. */
  private int axisOfLines() {
    for (int a = 0; a < 3; a++) {
      int b = (a + 1) % 3;
      int c = (a + 2) % 3;
      if (Math.abs(alongColumn[a]) > 0
          && Math.abs(alongColumn[b]) * columns < 1e-3
          && Math.abs(alongColumn[c]) * columns < 1e-3) {
        return a;
      }
    }
    return -1;
  }

  private void lineAlongAxis(int r, int axis, byte[] out) {
    for (int a = 0; a < 3; a++) {
      if (a != axis) {
        if (!locate(a, origin[a] + r * alongRow[a])) {
          return;
        }
        weigh(a);
      }
    }
    double start = origin[axis] + r * alongRow[axis];
    int c = 0;
    while (c < columns) {
      double x = start + c * alongColumn[axis];
      if (!locate(axis, x)) {
        c++;
      } else if (borders.near(nearest[0], nearest[1], nearest[2])) {
        weigh(axis);
        out[r * columns + c] = vote();
        c++;
      } else {
        int end = endOfVoxel(x, axis, c);
        Arrays.fill(out, r * columns + c, r * columns + end, nearestLabel());
        c = end;
      }
    }
  }

  /** The first column after c to which another voxel is nearest than to x. */
  private int endOfVoxel(double x, int axis, int c) {
    double step = alongColumn[axis];
    double border = nearest[axis] + Math.copySign(0.5, step);
    double ahead = Math.ceil((border - x) / step - 1e-9);
    return (int) Math.min(columns, c + Math.max(1, ahead));
  }

  private void obliqueLine(int r, byte[] out) {
    for (int c = 0; c < columns; c++) {
      boolean inside = true;
      for (int a = 0; a < 3 && inside; a++) {
        inside = locate(a, origin[a] + r * alongRow[a] + c * alongColumn[a]);
      }
      if (!inside) {
        continue;
      }
      if (borders.near(nearest[0], nearest[1], nearest[2])) {
        weigh(0);
        weigh(1);
        weigh(2);
        out[r * columns + c] = vote();
      } else {
        out[r * columns + c] = nearestLabel();
      }
    }
  }

  /** Sets the voxel of an axis that x is nearest to; false if x is outside the grid. */
  private boolean locate(int axis, double x) {
    int last = size[axis] - 1;
    if (x < -QuadraticSpline.EDGE || x > last + QuadraticSpline.EDGE) {
      return false;
    }
    nearest[axis] = QuadraticSpline.nearest(x, size[axis]);
    beyond[axis] = x - nearest[axis];
    return true;
  }

  /** Sets an axis' three voxels and their weights; beyond the edge of the grid its outermost voxel stands. */
  private void weigh(int axis) {
    QuadraticSpline.weigh(beyond[axis], weight[axis]);
    for (int i = 0; i < TAPS; i++) {
      tap[axis][i] = Math.max(0, Math.min(size[axis] - 1, nearest[axis] + i - 1)) * stride[axis];
    }
  }

  private byte nearestLabel() {
    return labels[nearest[0] + nearest[1] * stride[1] + nearest[2] * stride[2]];
  }

  private byte vote() {
    candidate[0] = nearestLabel();
    votes[0] = 0;
    candidates = 1;
    int last = 0;
    for (int k = 0; k < TAPS; k++) {
      for (int j = 0; j < TAPS; j++) {
        int line = tap[2][k] + tap[1][j];
        double w = weight[2][k] * weight[1][j];
        for (int i = 0; i < TAPS; i++) {
          int voxel = line + tap[0][i];
          double share = w * weight[0][i];
          if (labels[voxel] != candidate[last]) {
            last = candidate(labels[voxel]);
          }
          votes[last] += share * (probability[voxel] & 0xFF);
          if (secondProbability[voxel] != 0) {
            votes[candidate(second[voxel])] += share * (secondProbability[voxel] & 0xFF);
          }
        }
      }
    }
    int winner = 0;
    for (int n = 1; n < candidates; n++) {
      if (votes[n] > votes[winner] + 1e-7) {
        winner = n;
      }
    }
    return candidate[winner];
  }

  /** Where a class stands among the candidates, from now on if it did not. */
  private int candidate(byte label) {
    int at = 0;
    while (at < candidates && candidate[at] != label) {
      at++;
    }
    if (at == candidates) {
      candidate[at] = label;
      votes[at] = 0;
      candidates++;
    }
    return at;
  }

  private static double[] components(Vec3 v) {
    return new double[] {v.x(), v.y(), v.z()};
  }
}
