package nmsw.volume;

import java.util.Optional;

/**
 * How much of a label there is at each pixel of a slice: the trilinear weight, among the eight neighbouring
 * voxels of a grid, of those that have it. Where {@link Resampler#toSlices} puts a label, no other has more.
 * Looks only where the label is, so that a small organ costs little.
 */
public final class LabelOccupancy {
  /** The value where all neighbours have the label. */
  public static final int WHOLE = 255;

  private static final int LABELS = 256;
  private static final double EDGE = 0.5 + 1e-6;

  private final Grid grid;
  private final int[] size;
  private final byte[] labels;
  private final SliceStack stack;
  private final int[][] low = new int[LABELS][];
  private final int[][] high = new int[LABELS][];

  public LabelOccupancy(LabelVolume volume, SliceStack stack) {
    this.grid = volume.grid();
    this.size = new int[] {grid.nx(), grid.ny(), grid.nz()};
    this.labels = volume.labels();
    this.stack = stack;
    for (int z = 0; z < grid.nz(); z++) {
      for (int y = 0; y < grid.ny(); y++) {
        int row = grid.index(0, y, z);
        for (int x = 0; x < grid.nx(); x++) {
          bound(labels[row + x] & 0xFF, x, y, z);
        }
      }
    }
  }

  private void bound(int label, int x, int y, int z) {
    if (low[label] == null) {
      low[label] = new int[] {x, y, z};
      high[label] = new int[] {x, y, z};
      return;
    }
    int[] l = low[label];
    int[] h = high[label];
    l[0] = Math.min(l[0], x);
    l[1] = Math.min(l[1], y);
    h[0] = Math.max(h[0], x);
    h[1] = Math.max(h[1], y);
    h[2] = z;
  }

  /**
   * One slice.
   *
   * @param label 1 to 255
   * @param slice of the stack, from 0
   * @return {@code [row * columns + column]}, unsigned, 0 to {@link #WHOLE}; empty where there is none of it
   */
  public Optional<byte[]> of(int label, int slice) {
    if (low[label] == null) {
      return Optional.empty();
    }
    int columns = stack.columns();
    double[] origin = components(grid.toIndex(stack.toPatient(0, 0, slice)));
    double[] alongColumn = less(components(grid.toIndex(stack.toPatient(1, 0, slice))), origin);
    double[] alongRow = less(components(grid.toIndex(stack.toPatient(0, 1, slice))), origin);
    byte[] out = null;
    double[] at = new double[3];
    int[] between = new int[2];
    for (int row = 0; row < stack.rows(); row++) {
      if (!reach(label, origin, alongColumn, alongRow, row, between)) {
        continue;
      }
      for (int column = between[0]; column <= between[1]; column++) {
        for (int a = 0; a < 3; a++) {
          at[a] = origin[a] + row * alongRow[a] + column * alongColumn[a];
        }
        int value = (int) Math.round(WHOLE * weight((byte) label, at));
        if (value > 0) {
          out = out == null ? new byte[stack.rows() * columns] : out;
          out[row * columns + column] = (byte) value;
        }
      }
    }
    return Optional.ofNullable(out);
  }

  /** The columns of a row that may have some of the label; false if none has. */
  private boolean reach(
      int label, double[] origin, double[] alongColumn, double[] alongRow, int row, int[] columns) {
    double from = 0;
    double to = stack.columns() - 1;
    for (int a = 0; a < 3; a++) {
      double least = low[label][a] == 0 ? -EDGE : low[label][a] - 1;
      double most = high[label][a] == size[a] - 1 ? size[a] - 1 + EDGE : high[label][a] + 1;
      double start = origin[a] + row * alongRow[a];
      double step = alongColumn[a];
      if (step == 0) {
        if (start < least || start > most) {
          return false;
        }
      } else {
        double one = (least - start) / step;
        double other = (most - start) / step;
        from = Math.max(from, Math.min(one, other));
        to = Math.min(to, Math.max(one, other));
      }
    }
    columns[0] = (int) Math.max(0, Math.floor(from));
    columns[1] = (int) Math.min(stack.columns() - 1, Math.ceil(to));
    return from <= to;
  }

  private double weight(byte label, double[] at) {
    int[] first = new int[3];
    double[] fraction = new double[3];
    for (int a = 0; a < 3; a++) {
      int last = size[a] - 1;
      if (at[a] < -EDGE || at[a] > last + EDGE) {
        return 0;
      }
      double clamped = Math.max(0, Math.min(last, at[a]));
      first[a] = (int) clamped;
      fraction[a] = clamped - first[a];
    }
    double sum = 0;
    for (int corner = 0; corner < 8; corner++) {
      double w = 1;
      int index = 0;
      int stride = 1;
      for (int a = 0; a < 3; a++) {
        boolean upper = (corner >> a & 1) == 1;
        w *= upper ? fraction[a] : 1 - fraction[a];
        index += stride * Math.min(first[a] + (upper ? 1 : 0), size[a] - 1);
        stride *= size[a];
      }
      if (w > 0 && labels[index] == label) {
        sum += w;
      }
    }
    return sum;
  }

  private static double[] components(Vec3 v) {
    return new double[] {v.x(), v.y(), v.z()};
  }

  private static double[] less(double[] a, double[] b) {
    return new double[] {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
  }
}
