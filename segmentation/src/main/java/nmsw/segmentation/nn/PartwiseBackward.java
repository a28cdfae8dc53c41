package nmsw.segmentation.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;

/**
 * The way back through a network by its parts (T. Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016): what
 * goes from part to part is computed without a graph and held, and each part's graph lives only while it is
 * differentiated.
 */
final class PartwiseBackward implements AutoCloseable {
  private final ScriptModule module;
  private final List<Backbone.Part> parts;
  private final List<NDArray> weights;
  private final NDManager held;

  /** As {@link Backbone.Part#inputs} numbers them; the logits are never computed alone. */
  private final NDArray[] values;

  private final NDArray[] gradients;

  /**
   * @param x a leaf
   */
  PartwiseBackward(
      ScriptModule module, List<Backbone.Part> parts, NDArray x, List<NDArray> weights) {
    this.module = module;
    this.parts = parts;
    this.weights = weights;
    this.held = x.getManager().newSubManager();
    this.values = new NDArray[parts.size()];
    this.gradients = new NDArray[parts.size() + 1];
    values[0] = x;
  }

  void run(NDArray ofLogits, GradientCollector collector) {
    forward();
    gradients[parts.size()] = ofLogits;
    for (int n = parts.size() - 1; n >= 0; n--) {
      backward(n, collector);
    }
  }

  private void forward() {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try {
      for (int n = 0; n + 1 < parts.size(); n++) {
        try (NDManager scope = held.newSubManager()) {
          NDArray value = result(n, leaves(n, scope), scope);
          value.attach(held);
          values[n + 1] = value;
        }
      }
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  private void backward(int n, GradientCollector collector) {
    try (NDManager scope = held.newSubManager()) {
      List<NDArray> leaves = leaves(n, scope);
      List<Integer> inputs = parts.get(n).inputs();
      for (int i = 0; i < leaves.size(); i++) {
        if (inputs.get(i) > 0) {
          leaves.get(i).setRequiresGradient(true);
        }
      }
      collector.backward(result(n, leaves, scope).mul(gradients[n + 1]).sum());
      for (int i = 0; i < leaves.size(); i++) {
        if (inputs.get(i) > 0) {
          arrive(inputs.get(i), leaves.get(i).getGradient());
        }
      }
    }
    if (n + 1 < parts.size()) {
      values[n + 1].close();
      gradients[n + 1].close();
    }
  }

  private List<NDArray> leaves(int n, NDManager scope) {
    List<NDArray> leaves = new ArrayList<>();
    for (int input : parts.get(n).inputs()) {
      if (input == 0) {
        leaves.add(values[0]);
      } else {
        NDArray leaf = values[input].stopGradient();
        leaf.attach(scope);
        leaves.add(leaf);
      }
    }
    return leaves;
  }

  private NDArray result(int n, List<NDArray> leaves, NDManager scope) {
    NDList results = module.call(parts.get(n).method(), leaves, weights, true);
    results.attach(scope);
    return results.get(0);
  }

  private void arrive(int value, NDArray gradient) {
    gradient.attach(held);
    if (gradients[value] == null) {
      gradients[value] = gradient;
    } else {
      gradients[value].addi(gradient);
      gradient.close();
    }
  }

  @Override
  public void close() {
    held.close();
  }
}
