package nmsw.segmentation;

import java.nio.FloatBuffer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.HalfFloat;
import nmsw.segmentation.nn.Int3;

/** The global network's logits on its own grid, held as binary16, and the class of highest logit per voxel. */
final class LowLogits {
  private final Int3 size;
  private final int classes;
  private final short[][] planes;
  private final byte[] labels;

  private LowLogits(Int3 size, int classes, short[][] planes, byte[] labels) {
    this.size = size;
    this.classes = classes;
    this.planes = planes;
    this.labels = labels;
  }

  /**
   * @param size voxels
   * @param plane logits (Y, Z, classes) of the plane x, classes fastest; called once for each x
   */
  static LowLogits of(Int3 size, int classes, IntFunction<FloatBuffer> plane) {
    short[][] planes = new short[size.x()][];
    byte[] labels = new byte[Math.toIntExact(size.product())];
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
                for (int i = 0; i < rowLength; i++) {
                  halves[y * rowLength + i] = HalfFloat.saturated(row[i]);
                }
                for (int z = 0; z < size.z(); z++) {
                  labels[firstVoxel + y * size.z() + z] = (byte) argmax(row, z * classes, classes);
                }
              });
    }
    return new LowLogits(size, classes, planes, labels);
  }

  /** A copy in which the logits of the voxels marked (z fastest) are multiplied by their class's factor. */
  LowLogits scaledWhere(boolean[] marked, float[] factors) {
    return of(
        size,
        classes,
        x -> {
          float[] plane = new float[size.y() * size.z() * classes];
          read(x, 0, 0, size.y() * size.z(), plane);
          int first = x * size.y() * size.z();
          for (int i = 0; i < plane.length; i++) {
            plane[i] *= marked[first + i / classes] ? factors[i % classes] : 1;
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

  /**
   * Reads voxels of one row.
   *
   * @param into takes (voxels, classes) from index 0 on, classes fastest
   */
  void read(int x, int y, int firstZ, int voxels, float[] into) {
    short[] plane = planes[x];
    int at = (y * size.z() + firstZ) * classes;
    int length = voxels * classes;
    for (int i = 0; i < length; i++) {
      into[i] = HalfFloat.finite(plane[at + i]);
    }
  }

  static int argmax(float[] logits, int offset, int classes) {
    int best = 0;
    float highest = logits[offset];
    for (int c = 1; c < classes; c++) {
      if (logits[offset + c] > highest) {
        highest = logits[offset + c];
        best = c;
      }
    }
    return best;
  }
}
