package nmsw.segmentation;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.HalfFloat;
import nmsw.segmentation.nn.Int3;

/**
 * The global network's logits on its own grid, held as binary16 in the order (X, Y, classes, Z), and the class
 * of highest logit per voxel.
 */
final class LowLogits {
  /** Distance in logits to the strongest class at which a class's share, 6e-6, is not counted. */
  private static final float RULED_OUT = -12;

  private final Int3 size;
  private final int classes;
  private final short[][] planes;
  private final byte[] labels;
  private final boolean[] certain;

  private LowLogits(Int3 size, int classes, short[][] planes, byte[] labels, boolean[] certain) {
    this.size = size;
    this.classes = classes;
    this.planes = planes;
    this.labels = labels;
    this.certain = certain;
  }

  /**
   * @param size voxels
   * @param plane logits (Y, Z, classes) of the plane x, classes fastest; called once for each x
   */
  static LowLogits of(Int3 size, int classes, IntFunction<FloatBuffer> plane) {
    short[][] planes = new short[size.x()][];
    byte[] labels = new byte[Math.toIntExact(size.product())];
    boolean[] certain = new boolean[labels.length];
    float distance = LikelyClasses.certain(classes);
    int rowLength = Math.multiplyExact(size.z(), classes);
    for (int x = 0; x < size.x(); x++) {
      FloatBuffer values = plane.apply(x);
      if (values.remaining() != Math.multiplyExact(size.y(), rowLength)) {
        throw new IllegalArgumentException(
            values.remaining() + " logits for a plane of " + size + " voxels of " + classes + " classes");
      }
      short[] halves = new short[values.remaining()];
      planes[x] = halves;
      int firstVoxel = x * size.y() * size.z();
      IntStream.range(0, size.y())
          .parallel()
          .forEach(
              y -> {
                float[] row = new float[rowLength];
                values.get(values.position() + y * rowLength, row);
                float[][] logits = new float[classes][size.z()];
                for (int c = 0; c < classes; c++) {
                  float[] ofClass = logits[c];
                  int at = y * rowLength + c * size.z();
                  for (int z = 0; z < size.z(); z++) {
                    ofClass[z] = row[z * classes + c];
                    halves[at + z] = HalfFloat.saturated(ofClass[z]);
                  }
                }
                TwoHighest highest = new TwoHighest(size.z());
                highest.find(logits, size.z());
                for (int z = 0; z < size.z(); z++) {
                  labels[firstVoxel + y * size.z() + z] = (byte) highest.label()[z];
                  certain[firstVoxel + y * size.z() + z] = highest.highest()[z] - highest.second()[z] >= distance;
                }
              });
    }
    return new LowLogits(size, classes, planes, labels, certain);
  }

  /** A copy in which the logits of the voxels marked (z fastest) are multiplied by their class's factor. */
  LowLogits scaledWhere(boolean[] marked, float[] factors) {
    return of(
        size,
        classes,
        x -> {
          float[][] row = new float[classes][size.z()];
          float[] plane = new float[size.y() * size.z() * classes];
          for (int y = 0; y < size.y(); y++) {
            read(x, y, 0, size.z(), row);
            for (int z = 0; z < size.z(); z++) {
              int voxel = y * size.z() + z;
              boolean scaled = marked[x * size.y() * size.z() + voxel];
              for (int c = 0; c < classes; c++) {
                plane[voxel * classes + c] = row[c][z] * (scaled ? factors[c] : 1);
              }
            }
          }
          return FloatBuffer.wrap(plane);
        });
  }

  Int3 size() {
    return size;
  }

  int classes() {
    return classes;
  }

  /** Class of highest logit per voxel, the lowest among equals; z fastest. Not copied. */
  byte[] labels() {
    return labels;
  }

  /** Whether the class of highest logit is certain, per voxel; z fastest. Not copied. */
  boolean[] certain() {
    return certain;
  }

  /**
   * Reads voxels of one row; outside the grid, copies of the outermost.
   *
   * @param firstZ may be outside
   * @param into takes [class][voxel]
   */
  void read(int x, int y, int firstZ, int voxels, float[][] into) {
    short[] plane = planes[x];
    int from = Math.max(0, -firstZ);
    int to = Math.min(voxels, size.z() - firstZ);
    for (int c = 0; c < classes; c++) {
      float[] ofClass = into[c];
      int first = (y * classes + c) * size.z() + firstZ;
      for (int z = from; z < to; z++) {
        ofClass[z] = HalfFloat.finite(plane[first + z]);
      }
      Arrays.fill(ofClass, 0, from, ofClass[from]);
      Arrays.fill(ofClass, to, voxels, ofClass[to - 1]);
    }
  }

  /** One minus the highest class probability per voxel, z fastest. */
  float[] uncertainty() {
    float[] uncertainty = new float[labels.length];
    IntStream.range(0, size.x() * size.y())
        .parallel()
        .forEach(
            xy -> {
              float[][] row = new float[classes][size.z()];
              read(xy / size.y(), xy % size.y(), 0, size.z(), row);
              System.arraycopy(uncertainty(row), 0, uncertainty, xy * size.z(), size.z());
            });
    return uncertainty;
  }

  /** Of one row [class][z]. */
  private float[] uncertainty(float[][] row) {
    int voxels = size.z();
    float[] highest = row[0].clone();
    for (int c = 1; c < classes; c++) {
      for (int z = 0; z < voxels; z++) {
        highest[z] = Math.max(highest[z], row[c][z]);
      }
    }
    double[] others = new double[voxels];
    Arrays.fill(others, -1);
    for (int c = 0; c < classes; c++) {
      for (int z = 0; z < voxels; z++) {
        float behind = row[c][z] - highest[z];
        // Most classes are ruled out nearly everywhere, and exp is what takes the time here.
        others[z] += behind < RULED_OUT ? 0 : Math.exp(behind);
      }
    }
    float[] uncertainty = new float[voxels];
    for (int z = 0; z < voxels; z++) {
      uncertainty[z] = (float) (others[z] / (1 + others[z]));
    }
    return uncertainty;
  }
}
