package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.training.GradientCollector;
import java.util.List;
import nmsw.segmentation.nn.Int3;

/** {@code L_high} of NMSW eq. 7: soft Dice and cross-entropy of the fused logits, without ever holding those of the whole volume. */
interface HighLoss {

  /** The loss of one sample. */
  interface Pending {
    double value();

    /** Adds the gradient to the low logits', the patches' and the class weights'. */
    void backward(GradientCollector collector);
  }

  /**
   * @param low (1, classes, x, y, z) and {@code patches} (K, classes, patch): leaves, attached to the step's manager
   * @param classWeight (classes), before the sigmoid
   * @param starts of the patches that are fused, the first of {@code patches}
   */
  Pending of(NDArray low, NDArray patches, NDArray classWeight, List<Int3> starts, Sample sample);
}
