package nmsw.volume;

import java.util.Arrays;

/**
 * Labels for one slice of a stack from the voxels of a grid: at each pixel the label whose interpolated
 * indicator is largest. Used by one thread.
 *
 * <p>A pixel whose eight neighbours agree needs no vote, and several pixels of a line usually share them; so
 * where the line runs along a grid axis whole runs are filled at once.
 */
final class LabelVote {
  private static final double EDGE = 0.5 + 1e-6;

  private final byte[] labels;
  private final int[] size;
  private final int[] stride;
  private final int columns;
  private final int rows;
  private final double[] origin;
  private final double[] alongColumn;
  private final double[] alongRow;

  private final byte[] corner = new byte[8];
  private final double[] weight = new double[8];
  private final int[] low = new int[3];
  private final int[] high = new int[3];
  private final double[] fraction = new double[3];

  LabelVote(LabelVolume volume, SliceStack stack, int slice) {
    Grid grid = volume.grid();
    labels = volume.labels();
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
      if (a != axis && !locate(a, origin[a] + r * alongRow[a])) {
        return;
      }
    }
    double start = origin[axis] + r * alongRow[axis];
    int c = 0;
    while (c < columns) {
      double x = start + c * alongColumn[axis];
      if (!locate(axis, x)) {
        c++;
        continue;
      }
      if (!gatherCorners()) {
        out[r * columns + c] = vote();
        c++;
        continue;
      }
      int end = endOfCell(x, axis, c);
      Arrays.fill(out, r * columns + c, r * columns + end, corner[0]);
      c = end;
    }
  }

  /** The first column after c whose position is in another cell than x. */
  private int endOfCell(double x, int axis, int c) {
    double step = alongColumn[axis];
    double cell = Math.floor(x);
    double border = step > 0 ? Math.min(cell + 1, size[axis] - 0.5) : Math.max(cell, -0.5);
    double ahead = Math.ceil((border - x) / step - 1e-9);
    return (int) Math.min(columns, c + Math.max(1, ahead));
  }

  private void obliqueLine(int r, byte[] out) {
    for (int c = 0; c < columns; c++) {
      boolean inside = true;
      for (int a = 0; a < 3 && inside; a++) {
        inside = locate(a, origin[a] + r * alongRow[a] + c * alongColumn[a]);
      }
      if (inside) {
        out[r * columns + c] = gatherCorners() ? corner[0] : vote();
      }
    }
  }

  /** Sets the two voxels of an axis that x lies between; false if x is outside the grid. */
  private boolean locate(int axis, double x) {
    int last = size[axis] - 1;
    if (x < -EDGE || x > last + EDGE) {
      return false;
    }
    double clamped = Math.max(0, Math.min(last, x));
    low[axis] = (int) clamped;
    high[axis] = Math.min(low[axis] + 1, last);
    fraction[axis] = clamped - low[axis];
    return true;
  }

  /** Fetches the eight labels around the located position; true if they are all the same. */
  private boolean gatherCorners() {
    int x0 = low[0];
    int x1 = high[0];
    int y0 = low[1] * stride[1];
    int y1 = high[1] * stride[1];
    int z0 = low[2] * stride[2];
    int z1 = high[2] * stride[2];
    byte first = labels[x0 + y0 + z0];
    corner[0] = first;
    corner[1] = labels[x1 + y0 + z0];
    corner[2] = labels[x0 + y1 + z0];
    corner[3] = labels[x1 + y1 + z0];
    corner[4] = labels[x0 + y0 + z1];
    corner[5] = labels[x1 + y0 + z1];
    corner[6] = labels[x0 + y1 + z1];
    corner[7] = labels[x1 + y1 + z1];
    return corner[1] == first
        && corner[2] == first
        && corner[3] == first
        && corner[4] == first
        && corner[5] == first
        && corner[6] == first
        && corner[7] == first;
  }

  private byte vote() {
    int nearest = 0;
    for (int i = 0; i < 8; i++) {
      double w = 1;
      for (int a = 0; a < 3; a++) {
        w *= (i >> a & 1) == 1 ? fraction[a] : 1 - fraction[a];
      }
      weight[i] = w;
      if (w > weight[nearest]) {
        nearest = i;
      }
    }
    byte winner = corner[nearest];
    double most = sum(winner);
    for (int i = 0; i < 8; i++) {
      if (corner[i] != winner && sum(corner[i]) > most + 1e-9) {
        winner = corner[i];
        most = sum(winner);
      }
    }
    return winner;
  }

  private double sum(byte label) {
    double sum = 0;
    for (int i = 0; i < 8; i++) {
      if (corner[i] == label) {
        sum += weight[i];
      }
    }
    return sum;
  }

  private static double[] components(Vec3 v) {
    return new double[] {v.x(), v.y(), v.z()};
  }
}
