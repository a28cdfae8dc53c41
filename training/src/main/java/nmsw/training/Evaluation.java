package nmsw.training;

/** Overlap of predicted and true labels, per class, over any number of cases. */
public final class Evaluation {
  private final int classes;
  private final double[] sums;
  private final int[] cases;

  /**
   * @param classes number of classes with the background
   */
  public Evaluation(int classes) {
    this.classes = classes;
    this.sums = new double[classes];
    this.cases = new int[classes];
  }

  /**
   * Dice of each class of one case: 2 |P and G| / (|P| + |G|); NaN where the truth G is empty (NMSW §13), as it is of a
   * class that was not annotated. Index 0, the background, is NaN.
   */
  static double[] dice(byte[] predicted, byte[] truth, int classes) {
    if (predicted.length != truth.length) {
      throw new IllegalArgumentException(
          predicted.length + " predicted labels, " + truth.length + " true ones");
    }
    long[] both = new long[256];
    long[] p = new long[256];
    long[] g = new long[256];
    for (int v = 0; v < truth.length; v++) {
      int a = predicted[v] & 0xff;
      int b = truth[v] & 0xff;
      p[a]++;
      g[b]++;
      if (a == b) {
        both[a]++;
      }
    }
    double[] dice = new double[classes];
    dice[0] = Double.NaN;
    for (int c = 1; c < classes; c++) {
      dice[c] = g[c] == 0 ? Double.NaN : 2.0 * both[c] / (p[c] + g[c]);
    }
    return dice;
  }

  public void add(byte[] predicted, byte[] truth) {
    double[] dice = dice(predicted, truth, classes);
    for (int c = 1; c < classes; c++) {
      if (!Double.isNaN(dice[c])) {
        sums[c] += dice[c];
        cases[c]++;
      }
    }
  }

  /** Mean over the cases that hold the class; NaN if none does. */
  double dice(int index) {
    return cases[index] == 0 ? Double.NaN : sums[index] / cases[index];
  }

  /** Number of cases that hold the class. */
  int cases(int index) {
    return cases[index];
  }

  /** Mean of the classes' means, absent classes left out; NaN if all are absent. */
  public double meanDice() {
    double sum = 0;
    int count = 0;
    for (int c = 1; c < classes; c++) {
      if (cases[c] > 0) {
        sum += dice(c);
        count++;
      }
    }
    return count == 0 ? Double.NaN : sum / count;
  }
}
