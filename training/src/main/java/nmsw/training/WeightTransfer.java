package nmsw.training;

import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nmsw.segmentation.Method;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.Safetensors.Tensor;

/**
 * Takes over a model's weights for other classes. Axes whose length is the number of classes are found by comparing the
 * network with the same one for a class more: along these the rows of classes in common are copied and the others keep what
 * they have, along all others everything is.
 */
final class WeightTransfer {
  private final Recipe recipe;
  private final ModelBundle parent;
  private final ClassMatching matching;

  WeightTransfer(Recipe recipe, ModelBundle parent, ClassMatching matching) {
    this.recipe = recipe;
    this.parent = parent;
    this.matching = matching;
  }

  /**
   * @param drawn values of all parameters of the recipe's network
   * @return {@code drawn} with what the parent knows; a sliding window's global network stays as drawn
   * @throws IllegalArgumentException if the parent's networks are others; the message names the first parameter that does
   *     not fit
   */
  Map<String, Tensor> into(Map<String, Tensor> drawn) {
    int classes = matching.known().size();
    List<ParameterSpec> specs = recipe.net(classes).parameters();
    List<ParameterSpec> oneMore = recipe.net(classes + 1).parameters();
    Map<String, Tensor> result = new LinkedHashMap<>(drawn);
    for (int i = 0; i < specs.size(); i++) {
      ParameterSpec spec = specs.get(i);
      if (isTrained(spec.name())) {
        boolean[] classAxes = differing(spec.shape(), oneMore.get(i).shape());
        Tensor old = requireFitting(spec, classAxes);
        result.put(spec.name(), merged(old, drawn.get(spec.name()), classAxes));
      }
    }
    for (String name : parent.weights().keySet()) {
      if (isTrained(name) && !result.containsKey(name)) {
        throw new IllegalArgumentException(
            "parameter " + name + " is not of the recipe's networks; fine-tuning takes the same");
      }
    }
    return result;
  }

  private boolean isTrained(String name) {
    return recipe.method() != Method.SW || name.startsWith(NmswNet.LOCAL);
  }

  private static boolean[] differing(Shape one, Shape other) {
    boolean[] axes = new boolean[one.dimension()];
    for (int axis = 0; axis < axes.length; axis++) {
      axes[axis] = one.get(axis) != other.get(axis);
    }
    return axes;
  }

  private Tensor requireFitting(ParameterSpec spec, boolean[] classAxes) {
    Tensor old = parent.weights().get(spec.name());
    boolean fits = old != null && old.shape().dimension() == classAxes.length;
    for (int axis = 0; fits && axis < classAxes.length; axis++) {
      fits = classAxes[axis] || old.shape().get(axis) == spec.shape().get(axis);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "parameter %s is %s there, the recipe's network has it %s: fine-tuning takes the same networks"
              .formatted(spec.name(), old == null ? "missing" : old.shape(), spec.shape()));
    }
    return old;
  }

  private Tensor merged(Tensor old, Tensor fresh, boolean[] classAxes) {
    float[] values = fresh.values().clone();
    Shape shape = fresh.shape();
    for (int v = 0; v < values.length; v++) {
      int from = 0;
      int left = v;
      int stride = 1;
      for (int axis = classAxes.length - 1; axis >= 0 && from >= 0; axis--) {
        int index = left % (int) shape.get(axis);
        left /= (int) shape.get(axis);
        int oldIndex = classAxes[axis] ? matching.known().get(index) : index;
        from = oldIndex < 0 ? -1 : from + oldIndex * stride;
        stride *= (int) old.shape().get(axis);
      }
      if (from >= 0) {
        values[v] = old.values()[from];
      }
    }
    return new Tensor(shape, values);
  }
}
