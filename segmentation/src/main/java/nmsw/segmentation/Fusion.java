package nmsw.segmentation;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.Int3;

/**
 * Fuses patch logits with up-sampled global logits and takes the argmax (NMSW §7 and §14), one plane of
 * constant x after the other. Sums are held only for the planes of one patch and, along y and z, for the
 * box around all patches; a plane is labelled and forgotten as soon as no later patch reaches it. Patches
 * are therefore added in ascending order of x.
 *
 * <p>Away from patches, where the eight global voxels around a voxel agree, their common argmax is the
 * argmax of their interpolation, which is then not computed.
 */
final class Fusion {

  /** Takes the labels of one row (x, y, z from 0), which are overwritten afterwards. */
  interface RowSink {
    void row(int x, int y, byte[] labels);
  }

  private final LowLogits low;
  private final byte[] lowLabels;
  private final Int3 from;
  private final Int3 to;
  private final Int3 patch;
  private final GaussianWeight weight;
  private final Upsampling[] axes;
  private final float[] share;
  private final boolean globalUnderPatches;
  private final RowSink sink;
  private final int boxY;
  private final int boxZ;
  private final int boxSizeY;
  private final int boxSizeZ;
  private final float[][] sums;
  private final float[][] weights;
  private final int[] planes;
  private int done;

  /**
   * @param size voxels of the full-resolution map
   * @param from first voxel whose label is wanted, per axis
   * @param to one past the last voxel whose label is wanted
   * @param patch size of every patch
   * @param starts of all patches that will be added
   * @param classWeight c per class, before the sigmoid; unused by {@link Aggregation#REPLACE}
   * @param sink takes the labels of z = from..to for every wanted (x, y); called by several threads
   */
  Fusion(
      LowLogits low,
      Int3 size,
      Int3 from,
      Int3 to,
      Int3 patch,
      List<Int3> starts,
      Aggregation aggregation,
      float[] classWeight,
      RowSink sink) {
    this.low = low;
    this.lowLabels = low.labels();
    this.from = from;
    this.to = to;
    this.patch = patch;
    this.sink = sink;
    this.weight = new GaussianWeight(patch);
    this.axes = new Upsampling[3];
    for (int axis = 0; axis < 3; axis++) {
      axes[axis] = new Upsampling(low.size().get(axis), size.get(axis));
    }
    this.globalUnderPatches = aggregation == Aggregation.NORMALISED_CW;
    this.share = new float[low.classes()];
    for (int c = 0; c < share.length; c++) {
      share[c] = globalUnderPatches ? (float) (1 / (1 + Math.exp(-classWeight[c]))) : 1;
    }
    this.boxY = starts.stream().mapToInt(Int3::y).min().orElse(0);
    this.boxZ = starts.stream().mapToInt(Int3::z).min().orElse(0);
    this.boxSizeY = starts.stream().mapToInt(Int3::y).max().orElse(-patch.y()) + patch.y() - boxY;
    this.boxSizeZ = starts.stream().mapToInt(Int3::z).max().orElse(-patch.z()) + patch.z() - boxZ;
    this.sums = new float[patch.x()][];
    this.weights = new float[patch.x()][];
    this.planes = new int[patch.x()];
    this.done = from.x();
    Math.multiplyExact(Math.multiplyExact(boxSizeY, boxSizeZ), low.classes());
  }

  /** Linear interpolation at half-pixel centres along one axis. */
  private static final class Upsampling {
    final int[] below;
    final int[] above;
    final float[] fraction;

    Upsampling(int source, int target) {
      below = new int[target];
      above = new int[target];
      fraction = new float[target];
      double scale = (double) source / target;
      for (int i = 0; i < target; i++) {
        double position = Math.max(0, (i + 0.5) * scale - 0.5);
        below[i] = Math.min(source - 1, (int) position);
        above[i] = Math.min(source - 1, below[i] + 1);
        fraction[i] = (float) (position - below[i]);
      }
    }
  }

  /**
   * Adds a patch.
   *
   * @param start first voxel; x not smaller than that of the previous patch
   * @param logits (X, Y, Z, classes), classes fastest
   */
  void add(Int3 start, FloatBuffer logits) {
    labelPlanesBefore(Math.min(to.x(), start.x()));
    int rowLength = patch.z() * low.classes();
    IntStream.range(0, patch.x())
        .parallel()
        .filter(x -> start.x() + x >= from.x() && start.x() + x < to.x())
        .forEach(
            x -> {
              int slot = (start.x() + x) % patch.x();
              if (sums[slot] == null) {
                sums[slot] = new float[boxSizeY * boxSizeZ * low.classes()];
                weights[slot] = new float[boxSizeY * boxSizeZ];
                planes[slot] = start.x() + x;
              }
              float[] row = new float[rowLength];
              for (int y = 0; y < patch.y(); y++) {
                logits.get((x * patch.y() + y) * rowLength, row, 0, rowLength);
                int at = (start.y() + y - boxY) * boxSizeZ + start.z() - boxZ;
                addRow(row, x, y, sums[slot], weights[slot], at);
              }
            });
  }

  private void addRow(float[] row, int x, int y, float[] sum, float[] total, int at) {
    int classes = low.classes();
    int target = at * classes;
    int source = 0;
    for (int z = 0; z < patch.z(); z++) {
      float w = weight.at(x, y, z);
      total[at + z] += w;
      for (int c = 0; c < classes; c++) {
        sum[target++] += w * row[source++];
      }
    }
  }

  /** Labels all planes that are left. */
  void finish() {
    labelPlanesBefore(to.x());
  }

  private void labelPlanesBefore(int end) {
    IntStream.range(done, Math.max(done, end)).parallel().forEach(this::labelPlane);
    for (int slot = 0; slot < planes.length; slot++) {
      if (planes[slot] < end) {
        sums[slot] = null;
        weights[slot] = null;
      }
    }
    done = Math.max(done, end);
  }

  private void labelPlane(int x) {
    int lz = low.size().z();
    float[] global = new float[lz * low.classes()];
    int[] agreed = new int[lz];
    float[] voxel = new float[low.classes()];
    byte[] labels = new byte[to.z() - from.z()];
    int slot = x % patch.x();
    float[] sum = sums[slot];
    float[] total = planes[slot] == x ? weights[slot] : null;
    for (int y = from.y(); y < to.y(); y++) {
      interpolateRow(x, y, global, agreed);
      boolean reached = total != null && y >= boxY && y < boxY + boxSizeY;
      for (int z = from.z(); z < to.z(); z++) {
        int at = (y - boxY) * boxSizeZ + z - boxZ;
        boolean covered = reached && z >= boxZ && z < boxZ + boxSizeZ && total[at] > 0;
        int below = axes[2].below[z];
        int above = axes[2].above[z];
        int label;
        if (!covered && agreed[below] >= 0 && agreed[below] == agreed[above]) {
          label = agreed[below];
        } else {
          if (!covered || globalUnderPatches) {
            interpolateVoxel(global, below, above, axes[2].fraction[z], voxel);
          }
          if (covered) {
            mix(voxel, sum, at * voxel.length, 1 / total[at]);
          }
          label = LowLogits.argmax(voxel, 0, voxel.length);
        }
        labels[z - from.z()] = (byte) label;
      }
      sink.row(x, y, labels);
    }
  }

  /**
   * Global logits at (x, y) for every low-resolution z, and where the four voxels around agree, their
   * class.
   */
  private void interpolateRow(int x, int y, float[] global, int[] agreed) {
    int ny = low.size().y();
    int nz = low.size().z();
    int[] rows = {
      (axes[0].below[x] * ny + axes[1].below[y]) * nz,
      (axes[0].below[x] * ny + axes[1].above[y]) * nz,
      (axes[0].above[x] * ny + axes[1].below[y]) * nz,
      (axes[0].above[x] * ny + axes[1].above[y]) * nz
    };
    float fx = axes[0].fraction[x];
    float fy = axes[1].fraction[y];
    float w00 = (1 - fx) * (1 - fy);
    float w01 = (1 - fx) * fy;
    float w10 = fx * (1 - fy);
    float w11 = fx * fy;
    float[] values = low.values();
    int classes = low.classes();
    int r0 = rows[0] * classes;
    int r1 = rows[1] * classes;
    int r2 = rows[2] * classes;
    int r3 = rows[3] * classes;
    for (int i = 0; i < global.length; i++) {
      global[i] =
          w00 * values[r0 + i] + w01 * values[r1 + i] + w10 * values[r2 + i] + w11 * values[r3 + i];
    }
    for (int z = 0; z < nz; z++) {
      byte label = lowLabels[rows[0] + z];
      boolean same =
          label == lowLabels[rows[1] + z]
              && label == lowLabels[rows[2] + z]
              && label == lowLabels[rows[3] + z];
      agreed[z] = same ? label & 0xff : -1;
    }
  }

  private static void interpolateVoxel(
      float[] global, int below, int above, float fraction, float[] voxel) {
    int b = below * voxel.length;
    int a = above * voxel.length;
    for (int c = 0; c < voxel.length; c++) {
      voxel[c] = (1 - fraction) * global[b + c] + fraction * global[a + c];
    }
  }

  private void mix(float[] voxel, float[] sum, int at, float scale) {
    if (globalUnderPatches) {
      for (int c = 0; c < voxel.length; c++) {
        voxel[c] = share[c] * (sum[at + c] * scale) + (1 - share[c]) * voxel[c];
      }
    } else {
      for (int c = 0; c < voxel.length; c++) {
        voxel[c] = sum[at + c] * scale;
      }
    }
  }
}
