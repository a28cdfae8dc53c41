package nmsw.segmentation.nn;

import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * A segmentation network: one input channel to class logits of the same size, and a feature map on the way.
 *
 * <p>A description only; {@link #compile} makes something that runs.
 */
public sealed interface Backbone permits UNet, MedNeXt, SwinUnetr {
  /** Name in a model bundle, e.g. {@code unet}. */
  String name();

  /** Number of output channels, background included. */
  int classes();

  /** Channels of the second-to-last decoder feature, which has half of the input's size. */
  int featureChannels();

  /** Every input axis must be a multiple of this. */
  int divisor();

  /** Parameters in the order in which the compiled network takes them. */
  List<ParameterSpec> parameters();

  /**
   * TorchScript methods, on weights from {@code prepare(p)}, which copies them:
   *
   * <ul>
   *   <li>{@code forward(x, p) -> [logits, feature]};
   *   <li>the same in two steps, {@code begin(x, p) -> [feature, map, norm]} and {@code planes(bounds, map, norm, p) ->
   *       [logits]} for planes of constant x, {@code bounds} being the first and one past the last, both even.
   * </ul>
   *
   * <p>And {@code train(x, p)}, as {@code forward}, which takes weights as they are and can be differentiated with
   * respect to them.
   */
  String script(Form form);

  /**
   * A part of {@code train}: a method of the script of {@link Form#EXACT} whose first result others go on with.
   *
   * @param method its name
   * @param inputs its tensors: 0 is the network's input, n + 1 the result of part n
   */
  record Part(String method, List<Integer> inputs) {
    public Part {
      inputs = List.copyOf(inputs);
    }
  }

  /** The parts that one after the other make what {@code train} makes, the logits last. */
  default List<Part> parts() {
    return List.of(new Part("train", List.of(0)));
  }

  /**
   * What each layer costs, in the order of the data's way.
   *
   * @param size of the input, a multiple of {@link #divisor()} on every axis
   */
  List<LayerCost> costs(Int3 size);

  default long parameterCount() {
    return parameters().stream().mapToLong(ParameterSpec::size).sum();
  }

  /** What the paper's tool counts, where that differs from the parameters that take part. */
  default long paperParameterCount() {
    return parameterCount();
  }

  default CompiledBackbone compile(NDManager manager, Form form) {
    return new CompiledBackbone(this, ScriptModule.compile(manager, script(form)));
  }
}
