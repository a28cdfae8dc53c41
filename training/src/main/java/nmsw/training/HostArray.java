package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/** Rows of numbers in the engine's memory, and of a gradient of the same shape and type; computed with in double. */
final class HostArray {
  private final Shape shape;
  private final FloatBuffer floats;
  private final DoubleBuffer doubles;
  private float[] floatGradient;
  private double[] doubleGradient;

  /**
   * @param array float32 or float64 in the host's memory; to be kept open
   */
  HostArray(NDArray array) {
    shape = array.getShape();
    ByteBuffer bytes = ((PtNDArray) array).toByteBuffer(true).order(ByteOrder.nativeOrder());
    boolean single = array.getDataType() == DataType.FLOAT32;
    if (!single && array.getDataType() != DataType.FLOAT64) {
      throw new IllegalArgumentException(array.getDataType() + " is neither float32 nor float64");
    }
    floats = single ? bytes.asFloatBuffer() : null;
    doubles = single ? null : bytes.asDoubleBuffer();
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

  double[] readAll() {
    int count = Math.toIntExact(shape.size());
    double[] all = new double[count];
    read(0, all, count, new float[count]);
    return all;
  }

  /** Begins a gradient of zeros. */
  void beginGradient() {
    int count = Math.toIntExact(shape.size());
    floatGradient = doubles == null ? new float[count] : null;
    doubleGradient = doubles == null ? null : new double[count];
  }

  /** Adds a row times a factor to the gradient. */
  void add(int from, double[] row, double factor, int count) {
    for (int i = 0; doubleGradient != null && i < count; i++) {
      doubleGradient[from + i] += factor * row[i];
    }
    for (int i = 0; floatGradient != null && i < count; i++) {
      floatGradient[from + i] += (float) (factor * row[i]);
    }
  }

  /** The gradient, which is then given up. */
  NDArray gradient(NDManager manager) {
    NDArray gradient =
        doubles == null ? manager.create(floatGradient, shape) : manager.create(doubleGradient, shape);
    floatGradient = null;
    doubleGradient = null;
    return gradient;
  }
}
