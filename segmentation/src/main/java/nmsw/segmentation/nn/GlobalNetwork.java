package nmsw.segmentation.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * The global network (NMSW §4): a backbone over the whole low-resolution volume, whose second-to-last
 * decoder feature also says how much each patch is worth a second look.
 */
public final class GlobalNetwork implements AutoCloseable {

  /**
   * @param logits (1, classes, X, Y, Z) at low resolution
   * @param objectness one logit per cell of the patch grid, not masked by {@link BackgroundCells}
   */
  public record Output(NDArray logits, NDArray objectness) {}

  private final CompiledBackbone backbone;
  private final ImportanceHead head;

  private GlobalNetwork(CompiledBackbone backbone, ImportanceHead head) {
    this.backbone = backbone;
    this.head = head;
  }

  public static GlobalNetwork compile(NDManager manager, Backbone backbone, Form form) {
    return new GlobalNetwork(backbone.compile(manager, form), ImportanceHead.compile(manager));
  }

  public CompiledBackbone backbone() {
    return backbone;
  }

  /** Size of the feature for a low-resolution input of this size. */
  public static Int3 featureSize(Int3 low) {
    return low.dividedBy(Int3.cube(2));
  }

  /**
   * @param logits (1, classes, X, Y, Z) at low resolution, computed when they are asked for
   * @param objectness as of {@link Output}
   */
  public record Inference(PendingLogits logits, NDArray objectness) {}

  /**
   * Forward pass without gradients.
   *
   * @param low (1, 1, X, Y, Z)
   * @param prepared the backbone's weights from {@link CompiledBackbone#prepare}
   */
  public Inference infer(
      NDArray low, CellSampling sampling, List<NDArray> prepared, List<NDArray> headWeights) {
    PendingLogits logits = backbone.begin(low, prepared);
    return new Inference(
        logits, head.objectness(logits.feature(), sampling, headWeights, false));
  }

  /**
   * Forward pass that is differentiable with respect to all weights; {@code low} belongs to the step's
   * manager.
   */
  public Output train(
      NDArray low, CellSampling sampling, List<NDArray> weights, List<NDArray> headWeights) {
    CompiledBackbone.Output output = backbone.train(low, weights);
    return new Output(
        output.logits(), head.objectness(output.feature(), sampling, headWeights, true));
  }

  @Override
  public void close() {
    backbone.close();
    head.close();
  }
}
