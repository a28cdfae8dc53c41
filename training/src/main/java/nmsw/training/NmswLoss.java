package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import nmsw.segmentation.nn.ScriptModule;

/**
 * The loss of NMSW eq. 7: soft Dice and cross-entropy on the low-resolution logits, on the fused full-resolution logits and
 * on the patches, minus lambda times the entropy of the importance (NMSW §8: minus rewards exploration).
 *
 * <p>Soft Dice leaves the background out and adds 1e-5 to numerator and denominator; a class that is absent from the target
 * counts with its loss of nearly 1 unless {@link Weights#ignoreAbsent()}.
 */
final class NmswLoss implements AutoCloseable {
  private static final double SMOOTH = 1e-5;

  /** Per sample and class: probability at the true voxels, probability mass, and the mean cross-entropy. */
  private static final String SCRIPT =
      """
        def forward(self: __torch__.Net, x: Tensor, y: Tensor, n: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
          l = torch.log_softmax(torch.flatten(x, 2, -1), 1)
          t = torch.squeeze(torch.gather(l, 1, torch.unsqueeze(y, 1)), 1)
          hit = torch.scatter_add(torch.zeros_like(n), 1, y, torch.exp(t))
          return (hit, torch.sum(torch.exp(l), [2]), torch.neg(torch.mean(t)))
      """;

  /**
   * @param dice weight of soft Dice
   * @param crossEntropy weight of cross-entropy
   * @param lambda weight of the entropy
   * @param batchDice one Dice over all samples of a batch rather than one per sample
   * @param ignoreAbsent leave classes out of the mean that the target does not hold
   */
  record Weights(
      double dice, double crossEntropy, double lambda, boolean batchDice, boolean ignoreAbsent) {
    /** 0.8, 0.2, 1e-4, per sample, absent classes counted. */
    static Weights recommended() {
      return new Weights(0.8, 0.2, 1e-4, false, false);
    }
  }

  /**
   * True labels of a batch.
   *
   * @param labels (N, voxels), int64
   * @param counts (N, classes), voxels of each class, in the logits' data type
   */
  record Target(NDArray labels, NDArray counts) {
    /** One sample per array of labels, all of equal length; labels are below {@code classes}. */
    static Target of(NDManager manager, List<byte[]> samples, int classes, DataType type) {
      int voxels = samples.get(0).length;
      long[] labels = new long[samples.size() * voxels];
      double[] counts = new double[samples.size() * classes];
      int at = 0;
      for (int n = 0; n < samples.size(); n++) {
        for (byte label : samples.get(n)) {
          labels[at++] = label & 0xff;
          counts[n * classes + (label & 0xff)]++;
        }
      }
      try (NDArray exact = manager.create(counts, new Shape(samples.size(), classes))) {
        return new Target(
            manager.create(labels, new Shape(samples.size(), voxels)), exact.toType(type, true));
      }
    }
  }

  /** The terms of eq. 7, unweighted except the total. */
  record Terms(double low, double high, double patch, double entropy, double total) {}

  private final Weights weights;
  private final ScriptModule module;

  NmswLoss(NDManager manager, Weights weights) {
    this.weights = weights;
    this.module = ScriptModule.compile(manager, SCRIPT);
  }

  /**
   * Weighted sum of soft Dice and cross-entropy, a scalar.
   *
   * @param logits (N, classes, X, Y, Z), attached to the step's manager
   */
  NDArray diceCe(NDArray logits, Target target) {
    NDList sums =
        module.call(
            "forward", List.of(logits, target.labels(), target.counts()), List.of(), true);
    NDArray hit = foreground(sums.get(0));
    NDArray mass = foreground(sums.get(1));
    NDArray truth = foreground(target.counts());
    NDArray dice = hit.add(hit).add(SMOOTH).div(mass.add(truth).add(SMOOTH));
    NDArray loss = dice.neg().add(1);
    NDArray mean;
    if (weights.ignoreAbsent()) {
      NDArray present = truth.gt(0).toType(loss.getDataType(), false);
      mean = loss.mul(present).sum().div(present.sum().maximum(1));
    } else {
      mean = loss.mean();
    }
    // Never mul(Number) here: the engine keeps that factor for the backward pass as a view of a Java buffer that is
    // closed at once, so gradients turn to garbage when the buffer is collected. These live as long as the step.
    NDManager step = logits.getManager();
    NDArray crossEntropy = sums.get(2).mul(step.create(weights.crossEntropy()));
    return mean.mul(step.create(weights.dice())).add(crossEntropy);
  }

  private NDArray foreground(NDArray sums) {
    NDArray kept = sums.get(":, 1:");
    return weights.batchDice() ? kept.sum(new int[] {0}) : kept;
  }

  /** The total of eq. 7 and its parts as numbers. */
  Terms terms(double low, double high, double patch, double[] maskedLogits) {
    double entropy = entropy(maskedLogits);
    return new Terms(low, high, patch, entropy, low + high + patch - weights.lambda() * entropy);
  }

  /** Entropy of softmax(logits), in nats. */
  static double entropy(double[] logits) {
    double logSum = logSum(logits);
    double entropy = 0;
    for (double logit : logits) {
      entropy -= Math.exp(logit - logSum) * (logit - logSum);
    }
    return entropy;
  }

  /** Gradient of the entropy term, {@code -lambda H}, with respect to the masked logits. */
  double[] entropyGradient(double[] logits) {
    double logSum = logSum(logits);
    double entropy = entropy(logits);
    double[] gradient = new double[logits.length];
    for (int n = 0; n < logits.length; n++) {
      double log = logits[n] - logSum;
      gradient[n] = weights.lambda() * Math.exp(log) * (log + entropy);
    }
    return gradient;
  }

  private static double logSum(double[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum);
  }

  @Override
  public void close() {
    module.close();
  }
}
