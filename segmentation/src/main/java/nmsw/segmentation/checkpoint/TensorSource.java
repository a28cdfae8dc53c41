package nmsw.segmentation.checkpoint;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import nmsw.segmentation.nn.ElementType;

/** A tensor of a foreign file, not yet read. */
interface TensorSource {
  ElementType type();

  Shape shape();

  /** Values in C order (last index fastest), rounded to float32. */
  float[] read() throws IOException;
}
