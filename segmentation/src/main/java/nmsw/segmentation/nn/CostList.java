package nmsw.segmentation.nn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds up what the layers of a network cost, by both rules of {@link LayerCost}, from the shapes of its
 * parameters. A layer is named after its weight. Additions of biases, skips and residuals count nowhere.
 */
final class CostList {
  private final Map<String, Long> sizes = new HashMap<>();
  private final List<LayerCost> costs = new ArrayList<>();

  CostList(List<ParameterSpec> parameters) {
    parameters.forEach(spec -> sizes.put(spec.name(), spec.size()));
  }

  /** A convolution, grouped or not: each of its weights once per voxel of the output. */
  void convolution(String weight, String bias, Int3 output) {
    long macs = size(weight) * output.product();
    costs.add(new LayerCost(weight, size(weight) + size(bias), macs, macs));
  }

  /**
   * A transposed convolution, grouped or not: each of its weights once per voxel of the input; the paper's
   * counter charges them once per voxel of the output.
   */
  void transposed(String weight, String bias, Int3 input, Int3 output) {
    costs.add(
        new LayerCost(
            weight,
            size(weight) + size(bias),
            size(weight) * input.product(),
            size(weight) * output.product()));
  }

  /** An instance norm and the PReLU after it: the counter charges 2 and 1 per element. */
  void normAndPrelu(String slope, int channels, Int3 size) {
    costs.add(new LayerCost(slope, size(slope), 0, 3 * channels * size.product()));
  }

  /** A linear layer on so many vectors; {@code bias} is null where there is none. */
  void linear(String weight, String bias, long vectors) {
    long macs = size(weight) * vectors;
    costs.add(new LayerCost(weight, size(weight) + (bias == null ? 0 : size(bias)), macs, macs));
  }

  /** A convolution or transposed convolution without a bias. */
  void unbiased(String weight, long macs, long countedOperations) {
    costs.add(new LayerCost(weight, size(weight), macs, countedOperations));
  }

  /** Products of two computed matrices, which the paper's counter does not see. */
  void products(String layer, long macs) {
    costs.add(new LayerCost(layer, 0, macs, 0));
  }

  /** What the paper's counter charges for something that has no multiply-accumulates. */
  void charged(String layer, long countedOperations) {
    costs.add(new LayerCost(layer, 0, 0, countedOperations));
  }

  /** A parameter that neither rule charges anything for. */
  void free(String parameter) {
    costs.add(new LayerCost(parameter, size(parameter), 0, 0));
  }

  /** Parameters of a layer that neither rule charges anything for. */
  void free(String scale, String shift) {
    costs.add(new LayerCost(scale, size(scale) + size(shift), 0, 0));
  }

  List<LayerCost> list() {
    return List.copyOf(costs);
  }

  /** Refuses a size that the backbone does not take. */
  static void requireSize(Backbone backbone, Int3 size) {
    for (int axis = 0; axis < 3; axis++) {
      if (size.get(axis) < 1 || size.get(axis) % backbone.divisor() != 0) {
        throw new IllegalArgumentException(
            "input of " + size + ": axes must be multiples of " + backbone.divisor());
      }
    }
  }

  long size(String parameter) {
    Long size = sizes.get(parameter);
    if (size == null) {
      throw new IllegalArgumentException("no parameter named " + parameter);
    }
    return size;
  }
}
