package nmsw.training;

import java.util.Arrays;

/**
 * What rows of logits add to the sums of soft Dice and cross-entropy, and the derivatives of a loss of these sums by the logits
 * of a row (NMSW eq. 7).
 */
final class RowLoss {
  /** Half of a 1024th. */
  private static final double HALF_ROOT = 0x1p-11;

  /** Beyond, there is nothing, and numbers would become subnormal, which takes many times as long. */
  private static final double FARTHEST = 700;

  /** Probability below which what {@link #exponential} is off by counts when divided by it, as well as that it may be 0. */
  private static final double UNLIKELY = 1e-3;

  /** Per class the row of {@link AnnotatedClasses} that it is counted in; what is in row 0 may be merged. */
  private final int[] row;

  private final boolean merges;
  private final double[][] probability;
  private final double[][] derivative;
  private final double[] most;
  private final double[] sum;
  private final double[] share;
  private final double[] ofMerged;
  private final double[][] mass;
  private final double[] hit;
  private double entropy;

  RowLoss(int classes, AnnotatedClasses annotated, int voxels) {
    this.merges = !annotated.areAll();
    this.row = new int[classes];
    for (int c = 0; c < classes; c++) {
      row[c] = annotated.row(c);
    }
    this.probability = new double[classes][voxels];
    this.derivative = new double[classes][voxels];
    this.most = new double[voxels];
    this.sum = new double[voxels];
    this.share = new double[voxels];
    this.ofMerged = new double[voxels];
    this.mass = new double[annotated.count()][voxels];
    this.hit = new double[annotated.count()];
  }

  /**
   * Adds a row.
   *
   * @param logits [class][voxel]
   * @param first of the row's voxels in {@code labels}
   */
  void add(double[][] logits, byte[] labels, int first) {
    softmax(logits);
    for (int c = 0; c < row.length; c++) {
      addTo(mass[row[c]], probability[c]);
    }
    for (int v = 0; v < sum.length; v++) {
      int label = labels[first + v] & 0xff;
      double logSum = most[v] + Math.log(sum[v]);
      if (merges && row[label] == 0) {
        hit[0] += ofMerged[v];
        entropy += ofMerged[v] < UNLIKELY ? logSum - logOfMerged(logits, v) : -Math.log(ofMerged[v]);
      } else {
        hit[row[label]] += probability[label][v];
        entropy += logSum - logits[label][v];
      }
    }
  }

  private static void addTo(double[] into, double[] more) {
    for (int v = 0; v < into.length; v++) {
      into[v] += more[v];
    }
  }

  /** ln of the sum of the exponentials of the merged classes' logits. */
  private double logOfMerged(double[][] logits, int voxel) {
    double[] merged = new double[logits.length];
    int count = 0;
    for (int c = 0; c < row.length; c++) {
      if (row[c] == 0) {
        merged[count++] = logits[c][voxel];
      }
    }
    return NmswLoss.logSum(Arrays.copyOf(merged, count));
  }

  /**
   * Sums over all voxels that were added.
   *
   * @param hit per row of {@link AnnotatedClasses} the probability at its true voxels
   * @param mass per row the probability mass
   * @param entropy cross-entropy
   */
  record Totals(double[] hit, double[] mass, double entropy) {}

  Totals totals() {
    return new Totals(
        hit.clone(), Arrays.stream(mass).mapToDouble(ofRow -> Arrays.stream(ofRow).sum()).toArray(), entropy);
  }

  /**
   * Derivatives by the logits of a row.
   *
   * @return [class][voxel], until the next call
   */
  double[][] derivatives(double[][] logits, byte[] labels, int first, NmswLoss.Derivatives by) {
    softmax(logits);
    // By a probability p the loss has a derivative g; by a logit p (g - mean of g), the mean by probability.
    double[] mean = most;
    Arrays.fill(mean, 0);
    for (int c = 0; c < row.length; c++) {
      addTimes(by.byMass()[row[c]], probability[c], mean);
    }
    for (int v = 0; v < mean.length; v++) {
      int label = labels[first + v] & 0xff;
      double ofLabel = merges && row[label] == 0 ? ofMerged[v] : probability[label][v];
      mean[v] += by.byHit()[row[label]] * ofLabel - by.byEntropy();
    }
    for (int c = 0; c < row.length; c++) {
      timesDistance(probability[c], by.byMass()[row[c]], mean, derivative[c]);
    }
    for (int v = 0; v < mean.length; v++) {
      int label = labels[first + v] & 0xff;
      if (merges && row[label] == 0) {
        addOfMerged(logits, v, by);
      } else {
        derivative[label][v] += by.byHit()[row[label]] * probability[label][v] - by.byEntropy();
      }
    }
    return derivative;
  }

  private void addOfMerged(double[][] logits, int voxel, NmswLoss.Derivatives by) {
    boolean unlikely = ofMerged[voxel] < UNLIKELY;
    double log = unlikely ? logOfMerged(logits, voxel) : 0;
    for (int c = 0; c < row.length; c++) {
      if (row[c] == 0) {
        double ofClass = probability[c][voxel];
        double part = unlikely ? Math.exp(logits[c][voxel] - log) : ofClass / ofMerged[voxel];
        derivative[c][voxel] += by.byHit()[0] * ofClass - by.byEntropy() * part;
      }
    }
  }

  private static void addTimes(double factor, double[] values, double[] into) {
    for (int v = 0; v < into.length; v++) {
      into[v] += factor * values[v];
    }
  }

  private static void timesDistance(double[] values, double from, double[] to, double[] into) {
    for (int v = 0; v < into.length; v++) {
      into[v] = values[v] * (from - to[v]);
    }
  }

  /** Probabilities of all classes and of the merged ones together. */
  private void softmax(double[][] logits) {
    System.arraycopy(logits[0], 0, most, 0, most.length);
    for (int c = 1; c < logits.length; c++) {
      raise(most, logits[c]);
    }
    Arrays.fill(sum, 0);
    for (int c = 0; c < logits.length; c++) {
      exponential(most, logits[c], probability[c]);
      addTo(sum, probability[c]);
    }
    invert(sum, share);
    Arrays.fill(ofMerged, 0);
    for (int c = 0; c < logits.length; c++) {
      multiply(probability[c], share);
      if (merges && row[c] == 0) {
        addTo(ofMerged, probability[c]);
      }
    }
  }

  private static void raise(double[] most, double[] values) {
    for (int v = 0; v < most.length; v++) {
      most[v] = Math.max(most[v], values[v]);
    }
  }

  private static void invert(double[] values, double[] into) {
    for (int v = 0; v < values.length; v++) {
      into[v] = 1 / values[v];
    }
  }

  private static void multiply(double[] values, double[] by) {
    for (int v = 0; v < values.length; v++) {
      values[v] *= by[v];
    }
  }

  /**
   * exp(logit - most), as the 1024th power of a Taylor polynomial: 1e-9 of it off at a distance of 10, 1e-12 at 3. A library's
   * exponential would be called voxel by voxel; this becomes vector instructions.
   */
  private static void exponential(double[] most, double[] logits, double[] into) {
    for (int v = 0; v < into.length; v++) {
      double below = most[v] - logits[v];
      // min(below, FARTHEST) without a branch.
      double u = (below + FARTHEST - Math.abs(below - FARTHEST)) * HALF_ROOT;
      double power = 1 - u * (1 - u * (1.0 / 2 - u * (1.0 / 6 - u * (1.0 / 24))));
      double power4 = power * power * (power * power);
      double power16 = power4 * power4 * (power4 * power4);
      double power64 = power16 * power16 * (power16 * power16);
      double power256 = power64 * power64 * (power64 * power64);
      into[v] = power256 * power256 * (power256 * power256);
    }
  }
}
