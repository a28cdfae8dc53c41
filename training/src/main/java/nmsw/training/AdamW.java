package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.Parameters;

/**
 * Adam with decoupled weight decay, after clipping the gradient to a global L2 norm. Epsilon is added to the root of the
 * second moment; parameters whose spec says so (biases, PReLU slopes, class weights) do not decay, and frozen ones are left
 * alone.
 */
final class AdamW implements AutoCloseable {

  /** Usual values: betas 0.9 and 0.999, epsilon 1e-8. */
  record Settings(double beta1, double beta2, double epsilon, double weightDecay, double clipNorm) {
    static Settings of(double weightDecay, double clipNorm) {
      return new Settings(0.9, 0.999, 1e-8, weightDecay, clipNorm);
    }
  }

  private final Settings settings;
  private final Parameters parameters;
  private final LearningRates rates;
  private final List<NDArray> first = new ArrayList<>();
  private final List<NDArray> second = new ArrayList<>();

  AdamW(NDManager manager, Parameters parameters, LearningRates rates, Settings settings) {
    this.parameters = parameters;
    this.rates = rates;
    this.settings = settings;
    for (ParameterSpec spec : parameters.specs()) {
      first.add(manager.zeros(spec.shape()));
      second.add(manager.zeros(spec.shape()));
    }
  }

  /** First moments, in the order of the parameters. */
  List<NDArray> first() {
    return first;
  }

  /** Second moments, in the order of the parameters. */
  List<NDArray> second() {
    return second;
  }

  /**
   * One update from the gradients that the parameters hold, which are zeroed.
   *
   * @param step updates so far including this one, from 1
   * @param samples whose gradients the parameters hold the sum of; their mean is taken
   * @return L2 norm of that mean before clipping; if it is not finite nothing is updated
   */
  double update(int step, double rate, int samples) {
    boolean gradients = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    List<NDArray> grads = new ArrayList<>();
    try {
      double squares = 0;
      for (int i = 0; i < parameters.arrays().size(); i++) {
        if (rates.isFrozen(i)) {
          continue;
        }
        NDArray grad = parameters.arrays().get(i).getGradient();
        grads.add(grad);
        try (NDArray square = grad.square();
            NDArray sum = square.sum()) {
          squares += sum.getFloat();
        }
      }
      double norm = Math.sqrt(squares) / samples;
      if (Double.isFinite(norm)) {
        double clip = norm > settings.clipNorm() ? settings.clipNorm() / (norm + 1e-6) : 1;
        int next = 0;
        for (int i = 0; i < parameters.arrays().size(); i++) {
          if (!rates.isFrozen(i)) {
            update(i, grads.get(next++), clip / samples, step, rate * rates.factors().get(i));
          }
        }
      }
      return norm;
    } finally {
      grads.forEach(NDArray::close);
      for (int i = 0; i < parameters.arrays().size(); i++) {
        if (!rates.isFrozen(i)) {
          JniUtils.zeroGrad((PtNDArray) parameters.arrays().get(i));
        }
      }
      JniUtils.setGradMode(gradients);
    }
  }

  private void update(int i, NDArray grad, double scale, int step, double rate) {
    NDArray value = parameters.arrays().get(i);
    NDArray m = first.get(i);
    NDArray v = second.get(i);
    double correction1 = 1 - Math.pow(settings.beta1(), step);
    double correction2 = 1 - Math.pow(settings.beta2(), step);
    try (NDArray scaled = grad.mul(scale);
        NDArray weighted = scaled.mul(1 - settings.beta1())) {
      m.muli(settings.beta1()).addi(weighted);
      scaled.muli(scaled).muli(1 - settings.beta2());
      v.muli(settings.beta2()).addi(scaled);
    }
    if (parameters.specs().get(i).decay()) {
      value.muli(1 - rate * settings.weightDecay());
    }
    try (NDArray root = v.sqrt()) {
      root.muli(1 / Math.sqrt(correction2)).addi(settings.epsilon());
      try (NDArray change = m.div(root)) {
        change.muli(rate / correction1);
        value.subi(change);
      }
    }
  }

  @Override
  public void close() {
    first.forEach(NDArray::close);
    second.forEach(NDArray::close);
  }
}
