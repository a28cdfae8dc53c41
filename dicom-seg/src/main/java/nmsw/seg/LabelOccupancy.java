package nmsw.seg;

import java.util.Arrays;
import java.util.Optional;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/**
 * Fractions from labels on the model's grid: of a box as large as one of the grid's voxels around the centre of a
 * pixel, the share that voxels of the class fill. That is the linear interpolation of the class' indicator, of
 * which resampling to the slices takes the largest; it is no probability. Used by one thread.
 */
public final class LabelOccupancy implements SegmentFractions {
  private static final int LABELS = 256;

  /** Where the resampling of labels ends: half a voxel outside of the last one. */
  private static final double EDGE = 0.5 + 1e-6;

  private final LabelVolume volume;
  private final SliceStack stack;
  private final int[] size;

  /** By label: first and last index along each axis, null where there is no voxel; made when they are needed. */
  private int[][] boxes;

  private byte[] fractions;

  public LabelOccupancy(LabelVolume volume, SliceStack stack) {
    this.volume = volume;
    this.stack = stack;
    size = new int[] {volume.grid().nx(), volume.grid().ny(), volume.grid().nz()};
  }

  @Override
  public Optional<byte[]> of(int label, int slice) {
    int[] region = region(label, slice);
    if (fractions == null) {
      fractions = new byte[stack.rows() * stack.columns()];
    }
    Arrays.fill(fractions, (byte) 0);
    boolean any = false;
    for (int r = region[2]; r < region[3]; r++) {
      any |= line((byte) label, slice, r, region[0], region[1], fractions, r * stack.columns() + region[0]);
    }
    return any ? Optional.of(fractions) : Optional.empty();
  }

  @Override
  public boolean any(int label, int slice) {
    int[] region = region(label, slice);
    byte[] line = new byte[Math.max(0, region[1] - region[0])];
    // The middle is where there is something most of the time.
    int rows = region[3] - region[2];
    int middle = region[2] + rows / 2;
    for (int i = 0; i < rows; i++) {
      int r = i % 2 == 0 ? middle + i / 2 : middle - 1 - i / 2;
      if (line((byte) label, slice, r, region[0], region[1], line, 0)) {
        return true;
      }
    }
    return false;
  }

  private int[][] boxes() {
    int[][] found = new int[LABELS][];
    byte[] labels = volume.labels();
    int i = 0;
    for (int z = 0; z < size[2]; z++) {
      for (int y = 0; y < size[1]; y++) {
        for (int x = 0; x < size[0]; x++, i++) {
          int label = labels[i] & 0xFF;
          if (label != 0) {
            int[] box = found[label];
            if (box == null) {
              found[label] = new int[] {x, x, y, y, z, z};
              continue;
            }
            box[0] = Math.min(box[0], x);
            box[1] = Math.max(box[1], x);
            box[2] = Math.min(box[2], y);
            box[3] = Math.max(box[3], y);
            box[5] = z;
          }
        }
      }
    }
    return found;
  }

  /** Columns and rows of the slice, from and to, that the class' interpolation may reach; none where it is elsewhere. */
  private int[] region(int label, int slice) {
    if (boxes == null) {
      boxes = boxes();
    }
    int[] box = boxes[label];
    if (box == null) {
      return new int[4];
    }
    double[] low = {Double.MAX_VALUE, Double.MAX_VALUE, Double.MAX_VALUE};
    double[] high = {-Double.MAX_VALUE, -Double.MAX_VALUE, -Double.MAX_VALUE};
    for (int corner = 0; corner < 8; corner++) {
      Vec3 point =
          volume.grid().toPatient(
              box[corner & 1] + ((corner & 1) == 0 ? -1 : 1),
              box[2 + (corner >> 1 & 1)] + ((corner >> 1 & 1) == 0 ? -1 : 1),
              box[4 + (corner >> 2)] + (corner >> 2 == 0 ? -1 : 1));
      Vec3 offset = point.minus(stack.slices().get(slice).position());
      double[] at = {
        offset.dot(stack.rowDirection()) / stack.columnSpacing(),
        offset.dot(stack.columnDirection()) / stack.rowSpacing(),
        offset.dot(stack.normal())
      };
      for (int a = 0; a < 3; a++) {
        low[a] = Math.min(low[a], at[a]);
        high[a] = Math.max(high[a], at[a]);
      }
    }
    if (low[2] > 0 || high[2] < 0) {
      return new int[4];
    }
    return new int[] {
      (int) Math.max(0, Math.floor(low[0])),
      (int) Math.min(stack.columns(), Math.ceil(high[0]) + 1),
      (int) Math.max(0, Math.floor(low[1])),
      (int) Math.min(stack.rows(), Math.ceil(high[1]) + 1)
    };
  }

  /** Puts part of a line of pixels from a place on; false if there is nothing on it. */
  private boolean line(byte label, int slice, int r, int from, int to, byte[] target, int at) {
    Grid grid = volume.grid();
    Vec3 start = grid.toIndex(stack.toPatient(from, r, slice));
    Vec3 step = grid.toIndex(stack.toPatient(from + 1, r, slice)).minus(start);
    boolean any = false;
    for (int c = from; c < to; c++) {
      int n = c - from;
      double share = share(label, start.x() + n * step.x(), start.y() + n * step.y(), start.z() + n * step.z());
      int value = (int) (WHOLE * share + 0.5);
      target[at + n] = (byte) value;
      any |= value > 0;
    }
    return any;
  }

  private double share(byte label, double x, double y, double z) {
    if (x < -EDGE || y < -EDGE || z < -EDGE
        || x > size[0] - 1 + EDGE || y > size[1] - 1 + EDGE || z > size[2] - 1 + EDGE) {
      return 0;
    }
    double cx = Math.max(0, Math.min(size[0] - 1, x));
    double cy = Math.max(0, Math.min(size[1] - 1, y));
    double cz = Math.max(0, Math.min(size[2] - 1, z));
    int x0 = (int) cx;
    int y0 = (int) cy;
    int z0 = (int) cz;
    int dx = x0 + 1 < size[0] ? 1 : 0;
    int dy = y0 + 1 < size[1] ? size[0] : 0;
    int dz = z0 + 1 < size[2] ? size[0] * size[1] : 0;
    double fx = cx - x0;
    double fy = cy - y0;
    double fz = cz - z0;
    int i = x0 + size[0] * (y0 + size[1] * z0);
    double near = plane(label, i, dx, dy, fx, fy);
    return fz == 0 ? near : (1 - fz) * near + fz * plane(label, i + dz, dx, dy, fx, fy);
  }

  private double plane(byte label, int i, int dx, int dy, double fx, double fy) {
    byte[] labels = volume.labels();
    double first = (labels[i] == label ? 1 - fx : 0) + (labels[i + dx] == label ? fx : 0);
    double second = (labels[i + dy] == label ? 1 - fx : 0) + (labels[i + dy + dx] == label ? fx : 0);
    return (1 - fy) * first + fy * second;
  }
}
