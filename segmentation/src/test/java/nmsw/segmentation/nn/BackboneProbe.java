package nmsw.segmentation.nn;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What tests of whole backbones share. */
final class BackboneProbe {
  private BackboneProbe() {}

  /**
   * Gradients of a sum over logits and feature with respect to every parameter.
   *
   * @param x input
   * @param w weights of the logits in the sum
   */
  static List<double[]> gradients(
      NDManager manager, Backbone net, Form form, List<NDArray> weights, NDArray x, NDArray w) {
    List<double[]> gradients = new ArrayList<>();
    try (NDManager step = manager.newSubManager();
        CompiledBackbone compiled = net.compile(manager, form)) {
      List<NDArray> own = new ArrayList<>();
      for (NDArray weight : weights) {
        NDArray copy = weight.duplicate();
        copy.attach(step);
        copy.setRequiresGradient(true);
        own.add(copy);
      }
      NDArray input = x.duplicate();
      input.attach(step);
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        CompiledBackbone.Output output = compiled.train(input, own);
        collector.backward(output.logits().mul(w).sum().add(output.feature().square().sum()));
        for (NDArray weight : own) {
          try (NDArray gradient = weight.getGradient()) {
            gradients.add(doubles(gradient));
          }
        }
      }
    }
    return gradients;
  }

  /** Float64 numbers from a standard normal distribution. */
  static NDArray normal(NDManager manager, Shape shape, long seed) {
    Random random = new Random(seed);
    double[] values = new double[(int) shape.size()];
    Arrays.setAll(values, i -> random.nextGaussian());
    return manager.create(values, shape);
  }

  static double[] doubles(NDArray array) {
    try (NDArray copy = array.toType(DataType.FLOAT64, true)) {
      return copy.toDoubleArray();
    }
  }
}
