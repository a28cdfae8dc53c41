package nmsw.segmentation;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.Int3;
import nmsw.volume.Grid;
import nmsw.volume.Volume;

/**
 * What the networks see of a CT volume (NMSW §1.1): Hounsfield units windowed to [0, 1], cropped to the
 * body, padded symmetrically with -0.1 to a size that they can take. Values are computed when a box is
 * read; nothing of the volume's size is stored. Index order of what is read: (x, y, z), z fastest.
 */
final class NetworkInput {
  static final float PADDING = -0.1f;
  private static final int TILE = 16;

  private final Volume volume;
  /** Of every short, by its bits, as the networks see it: within the window 0 to 1. */
  private final float[] windowed;

  private final Int3 bodyFrom;
  private final Int3 bodyTo;
  private final Int3 size;
  private final Int3 origin;

  /**
   * @param windowLow HU that becomes 0; voxels at or below it are outside the body
   * @param windowHigh HU that becomes 1
   * @param minimum smallest padded size
   * @param multiple padded sizes are multiples of this
   * @param fixed size to bring the padded volume to, by symmetric padding or a crop about its centre; what of
   *     the body is cut off is not read
   */
  NetworkInput(
      Volume volume,
      double windowLow,
      double windowHigh,
      Int3 minimum,
      Int3 multiple,
      Optional<Int3> fixed) {
    this.volume = volume;
    this.windowed = windowed(windowLow, windowHigh);
    int[] box = bodyBox(volume, windowLow);
    int[] padded = new int[3];
    int[] first = new int[3];
    for (int axis = 0; axis < 3; axis++) {
      int extent = box[axis + 3] - box[axis];
      int step = multiple.get(axis);
      padded[axis] = (Math.max(extent, minimum.get(axis)) + step - 1) / step * step;
      first[axis] = box[axis] - (padded[axis] - extent) / 2;
      if (fixed.isPresent()) {
        int wanted = fixed.get().get(axis);
        int least = Math.max(extent, minimum.get(axis));
        // One pad to the minimum, one to the multiple, one to the wanted size, each with the larger half behind;
        // a crop keeps wanted / 2 voxels before the one at size / 2.
        first[axis] =
            box[axis]
                - (least - extent) / 2
                - (padded[axis] - least) / 2
                + (padded[axis] > wanted
                    ? padded[axis] / 2 - wanted / 2
                    : -((wanted - padded[axis]) / 2));
        padded[axis] = wanted;
        box[axis] = Math.max(box[axis], first[axis]);
        box[axis + 3] = Math.min(box[axis + 3], first[axis] + wanted);
      }
    }
    this.bodyFrom = new Int3(box[0], box[1], box[2]);
    this.bodyTo = new Int3(box[3], box[4], box[5]);
    this.size = new Int3(padded[0], padded[1], padded[2]);
    this.origin = new Int3(first[0], first[1], first[2]);
  }

  /** First and last + 1 index of voxels above {@code low} on each axis; all zero if there are none. */
  private static int[] bodyBox(Volume volume, double low) {
    Grid grid = volume.grid();
    short[] hounsfield = volume.hounsfield();
    int[] none = {grid.nx(), grid.ny(), grid.nz(), 0, 0, 0};
    int[] box =
        IntStream.range(0, grid.nz())
            .parallel()
            .mapToObj(k -> sliceBox(hounsfield, grid, k, low))
            .reduce(
                none,
                (a, b) -> {
                  int[] union = new int[6];
                  for (int i = 0; i < 3; i++) {
                    union[i] = Math.min(a[i], b[i]);
                    union[i + 3] = Math.max(a[i + 3], b[i + 3]);
                  }
                  return union;
                });
    return box[3] == 0 ? new int[6] : box;
  }

  private static int[] sliceBox(short[] hounsfield, Grid grid, int k, double low) {
    int[] box = {grid.nx(), grid.ny(), grid.nz(), 0, 0, 0};
    for (int j = 0; j < grid.ny(); j++) {
      int row = grid.index(0, j, k);
      int first = 0;
      while (first < grid.nx() && hounsfield[row + first] <= low) {
        first++;
      }
      if (first < grid.nx()) {
        int last = grid.nx() - 1;
        while (hounsfield[row + last] <= low) {
          last--;
        }
        box[0] = Math.min(box[0], first);
        box[1] = Math.min(box[1], j);
        box[2] = k;
        box[3] = Math.max(box[3], last + 1);
        box[4] = j + 1;
        box[5] = k + 1;
      }
    }
    return box;
  }

  /** True if no voxel is above the window's lower end. */
  boolean isEmpty() {
    return bodyTo.x() == 0;
  }

  /** Padded size. */
  Int3 size() {
    return size;
  }

  /** Index in the volume of the padded voxel (0, 0, 0); negative where there is padding before the volume. */
  Int3 origin() {
    return origin;
  }

  /** First padded voxel that holds the body. */
  Int3 bodyFrom() {
    return bodyFrom.minus(origin);
  }

  /** One past the last padded voxel that holds the body, per axis. */
  Int3 bodyTo() {
    return bodyTo.minus(origin);
  }

  /**
   * Reads the padded voxels from {@code start} on; the box must lie inside.
   *
   * @param into takes (X, Y, Z), z fastest, from index 0 on
   */
  void read(Int3 start, Int3 boxSize, FloatBuffer into) {
    IntStream.range(0, boxSize.y()).parallel().forEach(y -> fillRow(start, boxSize, y, into));
  }

  /** One y of a box, in tiles along x so that reading (x fastest) and writing (z fastest) both run on. */
  private void fillRow(Int3 start, Int3 boxSize, int y, FloatBuffer into) {
    int j = start.y() + y + origin.y();
    boolean inside = j >= bodyFrom.y() && j < bodyTo.y();
    for (int tile = 0; tile < boxSize.x(); tile += TILE) {
      int end = Math.min(boxSize.x(), tile + TILE);
      for (int z = 0; z < boxSize.z(); z++) {
        int k = start.z() + z + origin.z();
        boolean row = inside && k >= bodyFrom.z() && k < bodyTo.z();
        for (int x = tile; x < end; x++) {
          int i = start.x() + x + origin.x();
          boolean body = row && i >= bodyFrom.x() && i < bodyTo.x();
          into.put((x * boxSize.y() + y) * boxSize.z() + z, body ? value(i, j, k) : PADDING);
        }
      }
    }
  }

  /** The global network's input, of the padded size divided by {@code rate}. */
  float[] lowResolution(Int3 rate, Downsampling downsampling) {
    Int3 lowSize = size.dividedBy(rate);
    float[] result = new float[Math.toIntExact(lowSize.product())];
    float[] tapsX = downsampling.taps(rate.x());
    float[] tapsY = downsampling.taps(rate.y());
    float[] tapsZ = downsampling.taps(rate.z());
    IntStream.range(0, lowSize.z())
        .parallel()
        .forEach(
            lz -> {
              // Sums run along x; only whole ones are written to their places, which lie far apart.
              float[] sums = new float[lowSize.x()];
              for (int ly = 0; ly < lowSize.y(); ly++) {
                Arrays.fill(sums, 0);
                for (int dz = 0; dz < rate.z(); dz++) {
                  for (int dy = 0; dy < rate.y(); dy++) {
                    float tap = tapsY[dy] * tapsZ[dz];
                    if (tap != 0) {
                      addRow(sums, ly * rate.y() + dy, lz * rate.z() + dz, tapsX, tap);
                    }
                  }
                }
                for (int lx = 0; lx < sums.length; lx++) {
                  result[(lx * lowSize.y() + ly) * lowSize.z() + lz] = sums[lx];
                }
              }
            });
    return result;
  }

  private void addRow(float[] sums, int y, int z, float[] tapsX, float tap) {
    int j = y + origin.y();
    int k = z + origin.z();
    boolean row = j >= bodyFrom.y() && j < bodyTo.y() && k >= bodyFrom.z() && k < bodyTo.z();
    int from = row ? bodyFrom.x() : 0;
    int to = row ? bodyTo.x() : 0;
    int first = row ? volume.grid().index(0, j, k) : 0;
    short[] hounsfield = volume.hounsfield();
    int i = origin.x();
    for (int lx = 0; lx < sums.length; lx++) {
      float sum = 0;
      for (int dx = 0; dx < tapsX.length; dx++, i++) {
        boolean body = i >= from && i < to;
        sum += tapsX[dx] * (body ? windowed[hounsfield[first + i] & 0xffff] : PADDING);
      }
      sums[lx] += tap * sum;
    }
  }

  private float value(int i, int j, int k) {
    return windowed[volume.hounsfield()[volume.grid().index(i, j, k)] & 0xffff];
  }

  private static float[] windowed(double low, double high) {
    float[] values = new float[1 << Short.SIZE];
    for (int hounsfield = Short.MIN_VALUE; hounsfield <= Short.MAX_VALUE; hounsfield++) {
      double value = (hounsfield - low) / (high - low);
      values[hounsfield & 0xffff] = (float) Math.max(0, Math.min(1, value));
    }
    return values;
  }
}
