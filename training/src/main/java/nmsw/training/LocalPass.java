package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.nn.CompiledBackbone;
import nmsw.segmentation.nn.Int3;

/**
 * The local network over the patches of one step: forward now, backward once the loss has been differentiated down to {@link
 * #logits()}. Either all patches go through at once and what they leave for the way back is held meanwhile, or each goes
 * through by itself without leaving anything and again on the way back ({@link Recomputation}). Networks norm each sample
 * by itself, so all give the same.
 */
final class LocalPass {
  private final CompiledBackbone local;
  private final List<NDArray> weights;
  private final Patches patches;
  private final Recomputation recomputation;
  private final boolean toPatches;
  private final NDArray logits;

  /** All patches at once; null where each is recomputed. */
  private final NDArray inputs;

  private final NDArray graph;

  /**
   * Where the patches come from.
   *
   * @param starts their first voxels
   * @param factors that the first ones are multiplied by; further ones are not
   */
  record Patches(PatchCutter cutter, Sample sample, List<Int3> starts, double[] factors) {
    Patches {
      starts = List.copyOf(starts);
    }

    private NDArray images(NDManager manager) {
      return cutter.images(manager, sample, starts, factors);
    }

    private Patches only(int k) {
      double[] factor = k < factors.length ? new double[] {factors[k]} : new double[0];
      return new Patches(cutter, sample, starts.subList(k, k + 1), factor);
    }
  }

  /**
   * @param step to which what is held is attached
   * @param weights of the local network
   * @param toPatches whether the gradient of the patches is wanted
   */
  LocalPass(
      NDManager step,
      CompiledBackbone local,
      List<NDArray> weights,
      Patches patches,
      Recomputation recomputation,
      boolean toPatches) {
    this.local = local;
    this.weights = weights;
    this.patches = patches;
    this.recomputation = recomputation;
    this.toPatches = toPatches;
    if (recomputation != Recomputation.NOTHING) {
      inputs = null;
      graph = null;
      logits = withoutGraph(step);
    } else {
      inputs = patches.images(step);
      inputs.setRequiresGradient(toPatches);
      graph = local.train(inputs, weights).logits();
      logits = graph.stopGradient();
    }
    logits.attach(step);
    logits.setRequiresGradient(true);
  }

  private NDArray withoutGraph(NDManager step) {
    boolean gradients = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try (NDManager parts = step.newSubManager()) {
      List<NDArray> each = new ArrayList<>();
      for (int k = 0; k < patches.starts().size(); k++) {
        try (NDManager one = parts.newSubManager()) {
          NDArray part = local.train(patches.only(k).images(one), weights).logits();
          part.attach(parts);
          each.add(part);
        }
      }
      NDArray all = NDArrays.concat(new NDList(each), 0);
      all.attach(step);
      return all;
    } finally {
      JniUtils.setGradMode(gradients);
    }
  }

  /** (N, classes, patch): a leaf; its gradient is what {@link #backward} takes. */
  NDArray logits() {
    return logits;
  }

  /**
   * Adds the gradients of the weights.
   *
   * @return gradient with respect to the patches, one after the other, each as it went in, times its factor; empty if it is
   *     not wanted
   */
  float[] backward(GradientCollector collector) {
    if (recomputation == Recomputation.NOTHING) {
      collector.backward(graph.mul(logits.getGradient()).sum());
      return toPatches ? gradient(inputs) : new float[0];
    }
    int voxels = (int) patches.cutter().patch().product();
    float[] arrived = new float[toPatches ? patches.starts().size() * voxels : 0];
    try (NDArray all = logits.getGradient()) {
      for (int k = 0; k < patches.starts().size(); k++) {
        try (NDManager one = logits.getManager().newSubManager()) {
          NDArray input = patches.only(k).images(one);
          input.setRequiresGradient(toPatches);
          NDArray own = all.get(new NDIndex("{}:{}", k, k + 1));
          own.attach(one);
          if (recomputation == Recomputation.BLOCKS) {
            local.recomputeBackward(input, weights, own, collector);
          } else {
            collector.backward(local.train(input, weights).logits().mul(own).sum());
          }
          if (toPatches) {
            System.arraycopy(gradient(input), 0, arrived, k * voxels, voxels);
          }
        }
      }
    }
    return arrived;
  }

  private static float[] gradient(NDArray input) {
    try (NDArray gradient = input.getGradient()) {
      return gradient.toFloatArray();
    }
  }
}
