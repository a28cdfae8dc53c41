package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/**
 * Rows of an array in the engine's memory on the host, without a copy; computed with in double. Rows that do not touch each other
 * may be read and added to by several threads.
 */
final class HostArray {
  private final FloatBuffer floats;
  private final DoubleBuffer doubles;

  /**
   * @param array float32 or float64, contiguous; to be kept open
   */
  HostArray(NDArray array) {
    DataType type = array.getDataType();
    if (type != DataType.FLOAT32 && type != DataType.FLOAT64) {
      throw new IllegalArgumentException(type + " is neither float32 nor float64");
    }
    ByteBuffer bytes = ((PtNDArray) array).toByteBuffer(true).order(ByteOrder.nativeOrder());
    floats = type == DataType.FLOAT32 ? bytes.asFloatBuffer() : null;
    doubles = type == DataType.FLOAT64 ? bytes.asDoubleBuffer() : null;
  }

  /**
   * @param from first number of the row, counted from the array's first
   * @param scratch at least as long as the row
   */
  void read(int from, double[] row, int count, float[] scratch) {
    if (doubles != null) {
      doubles.get(from, row, 0, count);
      return;
    }
    floats.get(from, scratch, 0, count);
    for (int i = 0; i < count; i++) {
      row[i] = scratch[i];
    }
  }

  /**
   * Adds a row times a factor.
   *
   * @param scratch at least as long as the row
   */
  void add(int from, double[] row, double factor, int count, float[] scratch) {
    if (doubles != null) {
      for (int i = 0; i < count; i++) {
        doubles.put(from + i, doubles.get(from + i) + factor * row[i]);
      }
      return;
    }
    floats.get(from, scratch, 0, count);
    for (int i = 0; i < count; i++) {
      scratch[i] += (float) (factor * row[i]);
    }
    floats.put(from, scratch, 0, count);
  }
}
