package nmsw.segmentation.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.List;

/** A {@link Backbone} that runs, on weights given at each call. May be called by several threads. */
public final class CompiledBackbone implements AutoCloseable {

  /**
   * What a backbone returns, attached to the input's manager.
   *
   * @param logits (N, classes, X, Y, Z), the size of the input
   * @param feature (N, featureChannels, X/2, Y/2, Z/2), output of the second-to-last decoder block
   */
  public record Output(NDArray logits, NDArray feature) {}

  private final Backbone backbone;
  private final ScriptModule module;

  CompiledBackbone(Backbone backbone, ScriptModule module) {
    this.backbone = backbone;
    this.module = module;
  }

  public Backbone backbone() {
    return backbone;
  }

  /**
   * Copies of the weights in the form's layout and precision, for {@link #infer}; attached to {@code
   * manager}.
   */
  public List<NDArray> prepare(NDManager manager, List<NDArray> weights) {
    requireCount(weights);
    return List.copyOf(module.call("prepare", manager, weights, false));
  }

  /**
   * Forward pass without gradients.
   *
   * @param x (N, 1, X, Y, Z), axes multiples of {@link Backbone#divisor()}
   * @param prepared from {@link #prepare}
   */
  public Output infer(NDArray x, List<NDArray> prepared) {
    return run("forward", x, prepared, false);
  }

  /**
   * Forward pass without gradients up to the last layers, which give logits of some planes at a time.
   *
   * @param x as for {@link #infer}
   * @param prepared from {@link #prepare}; must stay open as long as the result is used
   */
  public PendingLogits begin(NDArray x, List<NDArray> prepared) {
    requireInput(x, prepared);
    NDList begun = module.call("begin", List.of(x), prepared, false);
    return new PendingLogits(
        module, prepared, backbone.classes(), x.getShape(), begun.get(0), begun.get(1), begun.get(2));
  }

  /** {@link PendingLogits#stride} for so many samples of this size. */
  public int stride(int samples, Int3 size) {
    return PendingLogits.stride(samples, backbone.classes(), size);
  }

  /**
   * Forward pass that is differentiable with respect to input and weights (in the order of {@link
   * Backbone#parameters()}, not prepared). {@code x} should belong to the step's own manager: results
   * attach to it.
   */
  public Output train(NDArray x, List<NDArray> weights) {
    return run("train", x, weights, true);
  }

  /**
   * Adds to the weights' gradients as the way back through {@link #train} does, of which nothing is held: what goes
   * from part to part ({@link Backbone#parts}) is computed again, and within each part again on the way back.
   * Compiled as {@link Form#EXACT} only.
   *
   * @param x a leaf; gets its gradient where it requires one
   * @param ofLogits gradient of the logits, (N, classes, X, Y, Z)
   */
  public void recomputeBackward(
      NDArray x, List<NDArray> weights, NDArray ofLogits, GradientCollector collector) {
    requireInput(x, weights);
    try (PartwiseBackward backward = new PartwiseBackward(module, backbone.parts(), x, weights)) {
      backward.run(ofLogits, collector);
    }
  }

  private Output run(String method, NDArray x, List<NDArray> weights, boolean gradients) {
    requireInput(x, weights);
    NDList output = module.call(method, List.of(x), weights, gradients);
    return new Output(output.get(0), output.get(1));
  }

  private void requireInput(NDArray x, List<NDArray> weights) {
    requireCount(weights);
    long[] shape = x.getShape().getShape();
    if (shape.length != 5 || shape[1] != 1) {
      throw new IllegalArgumentException("input of shape " + x.getShape() + ", not (N, 1, X, Y, Z)");
    }
    for (int axis = 2; axis < 5; axis++) {
      if (shape[axis] < 1 || shape[axis] % backbone.divisor() != 0) {
        throw new IllegalArgumentException(
            "input of shape " + x.getShape() + ": axes must be multiples of " + backbone.divisor());
      }
    }
  }

  private void requireCount(List<NDArray> weights) {
    if (weights.size() != backbone.parameters().size()) {
      throw new IllegalArgumentException(
          weights.size() + " weights for " + backbone.parameters().size() + " parameters");
    }
  }

  @Override
  public void close() {
    module.close();
  }
}
