package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.ToDoubleFunction;
import nmsw.segmentation.nn.ScriptModule;

/**
 * The loss of NMSW eq. 7: soft Dice and cross-entropy on the low-resolution logits, on the fused full-resolution logits and
 * on the patches, minus lambda times the entropy of the importance (NMSW §8: minus rewards exploration).
 *
 * <p>Soft Dice leaves the background out and adds 1e-5 to numerator and denominator; a class that is absent from the target
 * counts with its loss of nearly 1 unless {@link Weights#ignoreAbsent()}.
 *
 * <p>Of a sample in which not all classes were annotated it is the same loss of fewer classes, see {@link AnnotatedClasses}:
 * logits are merged by ln of the sum of their exponentials, which leaves the probabilities of all other classes as they were.
 */
final class NmswLoss implements AutoCloseable {
  private static final double SMOOTH = 1e-5;

  /**
   * Per sample and class: probability at the true voxels, probability mass, and the mean cross-entropy. And logits whose
   * classes {@code b} are one, the first.
   */
  private static final String SCRIPT =
      """
        def forward(self: __torch__.Net, x: Tensor, y: Tensor, n: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
          l = torch.log_softmax(torch.flatten(x, 2, -1), 1)
          t = torch.squeeze(torch.gather(l, 1, torch.unsqueeze(y, 1)), 1)
          hit = torch.scatter_add(torch.zeros_like(n), 1, y, torch.exp(t))
          return (hit, torch.sum(torch.exp(l), [2]), torch.neg(torch.mean(t)))
        def merged(self: __torch__.Net, x: Tensor, b: Tensor, a: Tensor) -> Tensor:
          m = torch.logsumexp(torch.index_select(x, 1, b), [1], True)
          return torch.cat([m, torch.index_select(x, 1, a)], 1)
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
   * @param labels (N, voxels), rows of {@code classes}, int64
   * @param counts (N, rows), voxels of each row, in the logits' data type
   * @param classes annotated in all samples
   */
  record Target(NDArray labels, NDArray counts, AnnotatedClasses classes) {
    /** One sample per array of labels, all of equal length. */
    static Target of(
        NDManager manager, List<byte[]> samples, AnnotatedClasses classes, DataType type) {
      int voxels = samples.get(0).length;
      int rows = classes.count();
      long[] labels = new long[samples.size() * voxels];
      double[] counts = new double[samples.size() * rows];
      int at = 0;
      for (int n = 0; n < samples.size(); n++) {
        for (byte label : samples.get(n)) {
          int row = classes.row(label & 0xff);
          labels[at++] = row;
          counts[n * rows + row]++;
        }
      }
      try (NDArray exact = manager.create(counts, new Shape(samples.size(), rows))) {
        return new Target(
            manager.create(labels, new Shape(samples.size(), voxels)), exact.toType(type, true), classes);
      }
    }
  }

  /**
   * What a part of a sample adds to {@link Sums}, differentiable.
   *
   * @param hit (1, rows of {@link AnnotatedClasses}), the probability at the true voxels
   * @param mass (1, rows), the probability mass
   * @param meanEntropy mean cross-entropy of the part's voxels
   */
  record Part(NDArray hit, NDArray mass, NDArray meanEntropy, int voxels) {}

  /** The sums over all voxels of one sample of which soft Dice and cross-entropy are functions. */
  static final class Sums {
    private final double[] hit;
    private final double[] mass;
    private final double[] truth;
    private final int voxels;
    private double entropy;

    private Sums(double[] truth, int voxels) {
      this.hit = new double[truth.length];
      this.mass = new double[truth.length];
      this.truth = truth;
      this.voxels = voxels;
    }

    /** Of a sample with these labels, no part of it added yet. */
    static Sums of(byte[] labels, AnnotatedClasses classes) {
      double[] truth = new double[classes.count()];
      for (byte label : labels) {
        truth[classes.row(label & 0xff)]++;
      }
      return new Sums(truth, labels.length);
    }

    void add(Part part) {
      addTo(hit, part.hit());
      addTo(mass, part.mass());
      entropy += number(part.meanEntropy()) * part.voxels();
    }

    /**
     * Adds voxels.
     *
     * @param hit of each row the probability at its true voxels
     * @param mass of each row the probability mass
     * @param entropy sum of the voxels' cross-entropies
     */
    void add(double[] hit, double[] mass, double entropy) {
      for (int row = 0; row < truth.length; row++) {
        this.hit[row] += hit[row];
        this.mass[row] += mass[row];
      }
      this.entropy += entropy;
    }

    private static void addTo(double[] sums, NDArray part) {
      try (NDArray exact = part.toType(DataType.FLOAT64, true)) {
        double[] values = exact.toDoubleArray();
        for (int c = 0; c < sums.length; c++) {
          sums[c] += values[c];
        }
      }
    }
  }

  /**
   * The terms of eq. 7, unweighted except the total; 0 where the method has none.
   *
   * @param importance cross-entropy of the supervised importance, see {@link SupervisedImportance}
   */
  record Terms(
      double low, double high, double patch, double entropy, double importance, double total) {

    /** With the importance, which enters the total with a weight. */
    Terms withImportance(double value, double weight) {
      return new Terms(low, high, patch, entropy, value, total + weight * value);
    }

    /** Mean of the terms of several samples. */
    static Terms mean(List<Terms> samples) {
      return new Terms(
          mean(samples, Terms::low),
          mean(samples, Terms::high),
          mean(samples, Terms::patch),
          mean(samples, Terms::entropy),
          mean(samples, Terms::importance),
          mean(samples, Terms::total));
    }

    private static double mean(List<Terms> samples, ToDoubleFunction<Terms> term) {
      return samples.stream().mapToDouble(term).average().orElse(Double.NaN);
    }
  }

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
    NDList sums = sums(logits, target);
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

  private NDList sums(NDArray logits, Target target) {
    NDArray told = target.classes().areAll() ? logits : merged(logits, target.classes());
    return module.call("forward", List.of(told, target.labels(), target.counts()), List.of(), true);
  }

  private NDArray merged(NDArray logits, AnnotatedClasses classes) {
    NDManager step = logits.getManager();
    List<NDArray> arguments =
        List.of(logits, step.create(classes.merged()), step.create(classes.annotated()));
    return module.call("merged", arguments, List.of(), true).singletonOrThrow();
  }

  /**
   * What some voxels of a sample add to its sums.
   *
   * @param logits (1, classes, X, Y, Z)
   */
  Part part(NDArray logits, Target target) {
    NDList sums = sums(logits, target);
    return new Part(
        sums.get(0), sums.get(1), sums.get(2), (int) target.labels().getShape().get(1));
  }

  /** {@link #diceCe(NDArray, Target)} of a sample of which all parts were added. */
  double diceCe(Sums sums) {
    double dice = 0;
    for (int c = 1; c < sums.truth.length; c++) {
      if (counts(sums, c)) {
        dice += 1 - (2 * sums.hit[c] + SMOOTH) / (sums.mass[c] + sums.truth[c] + SMOOTH);
      }
    }
    return weights.dice() * dice / counted(sums)
        + weights.crossEntropy() * sums.entropy / sums.voxels;
  }

  /**
   * Derivatives of {@link #diceCe(Sums)} by its sums.
   *
   * @param byHit per row
   * @param byMass per row
   * @param byEntropy of a voxel
   */
  record Derivatives(double[] byHit, double[] byMass, double byEntropy) {}

  Derivatives derivatives(Sums sums) {
    int classes = sums.truth.length;
    double[] byHit = new double[classes];
    double[] byMass = new double[classes];
    double share = weights.dice() / counted(sums);
    for (int c = 1; c < classes; c++) {
      if (counts(sums, c)) {
        double below = sums.mass[c] + sums.truth[c] + SMOOTH;
        byHit[c] = -2 * share / below;
        byMass[c] = share * (2 * sums.hit[c] + SMOOTH) / (below * below);
      }
    }
    return new Derivatives(byHit, byMass, weights.crossEntropy() / sums.voxels);
  }

  /** A scalar with the gradient that {@link #diceCe(Sums)} has as a function of a part of its sums. */
  NDArray derivative(Sums sums, Part part) {
    Derivatives by = derivatives(sums);
    NDArray hit = part.hit();
    NDManager step = hit.getManager();
    DataType type = hit.getDataType();
    Shape shape = hit.getShape();
    return hit.mul(step.create(by.byHit(), shape).toType(type, false))
        .add(part.mass().mul(step.create(by.byMass(), shape).toType(type, false)))
        .sum()
        .add(part.meanEntropy().mul(step.create(by.byEntropy() * part.voxels())));
  }

  private boolean counts(Sums sums, int index) {
    return !weights.ignoreAbsent() || sums.truth[index] > 0;
  }

  /** Number of classes in the mean of soft Dice, at least 1. */
  private int counted(Sums sums) {
    int count = 0;
    for (int c = 1; c < sums.truth.length; c++) {
      count += counts(sums, c) ? 1 : 0;
    }
    return Math.max(1, count);
  }

  /** The value of a scalar. */
  static double number(NDArray scalar) {
    try (NDArray exact = scalar.toType(DataType.FLOAT64, true)) {
      return exact.getDouble();
    }
  }

  /** The total of eq. 7 and its parts as numbers. */
  Terms terms(double low, double high, double patch, double[] maskedLogits) {
    double entropy = entropy(maskedLogits);
    double total = low + high + patch - weights.lambda() * entropy;
    return new Terms(low, high, patch, entropy, 0, total);
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

  /** ln of the sum of exp(logits). */
  static double logSum(double[] logits) {
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
