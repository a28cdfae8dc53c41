package nmsw.seg;

import java.util.Arrays;
import java.util.Optional;
import nmsw.volume.Grid;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.QuadraticSpline;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/**
 * Fractions from probabilities on the model's grid: that of the class in the voxels around a pixel, weighted with the
 * quadratic B-spline of one voxel. Resampling to the slices takes the class with the largest. A class has none where it
 * is neither the likeliest nor the second. Used by one thread.
 */
public final class ClassProbabilities implements SegmentFractions {
  private static final int LABELS = 256;
  private static final int TAPS = QuadraticSpline.TAPS;

  /** Voxels beyond which a voxel has no weight. */
  private static final double REACH = 1.5;

  private final LabelProbabilities volume;
  private final Grid grid;
  private final SliceStack stack;
  private final int[] size;

  /** By label: first and last index along each axis, null where there is no voxel; made when they are needed. */
  private int[][] boxes;

  private byte[] fractions;

  /** What was gathered last: the class, the voxel, and the probabilities of the 27 voxels around it and their sum. */
  private byte seenLabel;

  private int seenVoxel = -1;
  private final int[] around = new int[TAPS * TAPS * TAPS];
  private int sum;

  private final double[][] weight = new double[3][TAPS];

  public ClassProbabilities(LabelProbabilities volume, SliceStack stack) {
    this.volume = volume;
    this.grid = volume.labels().grid();
    this.stack = stack;
    size = new int[] {grid.nx(), grid.ny(), grid.nz()};
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
    byte[] labels = volume.labels().labels();
    int i = 0;
    for (int z = 0; z < size[2]; z++) {
      for (int y = 0; y < size[1]; y++) {
        for (int x = 0; x < size[0]; x++, i++) {
          extend(found, labels[i], x, y, z);
          if (volume.secondProbability()[i] != 0) {
            extend(found, volume.second()[i], x, y, z);
          }
        }
      }
    }
    return found;
  }

  /** By a voxel; z only grows. */
  private static void extend(int[][] found, byte label, int x, int y, int z) {
    int[] box = found[label & 0xFF];
    if (label == 0) {
      return;
    }
    if (box == null) {
      found[label & 0xFF] = new int[] {x, x, y, y, z, z};
      return;
    }
    box[0] = Math.min(box[0], x);
    box[1] = Math.max(box[1], x);
    box[2] = Math.min(box[2], y);
    box[3] = Math.max(box[3], y);
    box[5] = z;
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
          grid.toPatient(
              box[corner & 1] + ((corner & 1) == 0 ? -REACH : REACH),
              box[2 + (corner >> 1 & 1)] + ((corner >> 1 & 1) == 0 ? -REACH : REACH),
              box[4 + (corner >> 2)] + (corner >> 2 == 0 ? -REACH : REACH));
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
    Vec3 start = grid.toIndex(stack.toPatient(from, r, slice));
    Vec3 step = grid.toIndex(stack.toPatient(from + 1, r, slice)).minus(start);
    boolean any = false;
    for (int c = from; c < to; c++) {
      int n = c - from;
      double probability =
          probability(label, start.x() + n * step.x(), start.y() + n * step.y(), start.z() + n * step.z());
      int value = (int) (probability + 0.5);
      target[at + n] = (byte) value;
      any |= value > 0;
    }
    return any;
  }

  /** 0 to {@link #WHOLE}. */
  private double probability(byte label, double x, double y, double z) {
    if (isOutside(0, x) || isOutside(1, y) || isOutside(2, z)) {
      return 0;
    }
    int i = QuadraticSpline.nearest(x, size[0]);
    int j = QuadraticSpline.nearest(y, size[1]);
    int k = QuadraticSpline.nearest(z, size[2]);
    int voxel = i + size[0] * (j + size[1] * k);
    if (voxel != seenVoxel || label != seenLabel) {
      gather(label, i, j, k);
      seenVoxel = voxel;
      seenLabel = label;
    }
    if (sum == 0 || sum == WHOLE * around.length) {
      return sum == 0 ? 0 : WHOLE;
    }
    QuadraticSpline.weigh(x - i, weight[0]);
    QuadraticSpline.weigh(y - j, weight[1]);
    QuadraticSpline.weigh(z - k, weight[2]);
    double probability = 0;
    for (int n = 0; n < around.length; n += TAPS) {
      double line =
          weight[0][0] * around[n] + weight[0][1] * around[n + 1] + weight[0][2] * around[n + 2];
      probability += weight[1][n / TAPS % TAPS] * weight[2][n / (TAPS * TAPS)] * line;
    }
    return probability;
  }

  private boolean isOutside(int axis, double at) {
    return at < -QuadraticSpline.EDGE || at > size[axis] - 1 + QuadraticSpline.EDGE;
  }

  /** Beyond the edge of the grid its outermost voxels stand. */
  private void gather(byte label, int i, int j, int k) {
    byte[] labels = volume.labels().labels();
    sum = 0;
    for (int n = 0; n < around.length; n++) {
      int x = Math.max(0, Math.min(size[0] - 1, i + n % TAPS - 1));
      int y = Math.max(0, Math.min(size[1] - 1, j + n / TAPS % TAPS - 1));
      int z = Math.max(0, Math.min(size[2] - 1, k + n / (TAPS * TAPS) - 1));
      int voxel = x + size[0] * (y + size[1] * z);
      around[n] =
          labels[voxel] == label
              ? volume.probability()[voxel] & 0xFF
              : volume.second()[voxel] == label ? volume.secondProbability()[voxel] & 0xFF : 0;
      sum += around[n];
    }
  }
}
