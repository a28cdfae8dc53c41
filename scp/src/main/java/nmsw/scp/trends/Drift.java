package nmsw.scp.trends;

import java.util.Arrays;

/**
 * Whether recent values lie otherwise than those of a reference: the rank sum test of Wilcoxon, Mann and Whitney, with a tolerance.
 *
 * <p>With A the share of all pairs, of a recent value and one of the reference, in which the recent one is larger (a pair of
 * equals counts half), drift is (A - 1/2) / sqrt((n + m + 1) / (12 n m) + t^2). The first term is A's variance where both, n and m
 * independent values, are of one distribution, whichever that is: ranks know nothing of its shape, and no single value
 * weighs more than another, however far out. The second allows for what makes results of neighbouring days alike though
 * nothing is wrong, as a weekday's clinic: t = 0.03 is a shift of a tenth of a normal distribution's standard deviation. Drift is
 * then about a standard normal variable at most, and never more than 0.5 / t = 16.7.
 *
 * @param recentMedian not a number if there is none
 * @param referenceMedian not a number if there is none
 * @param value positive where recent values are larger; 0 if there are none of either
 */
public record Drift(int recent, int reference, double recentMedian, double referenceMedian, double value) {
  private static final double TOLERANCE = 0.03;

  /** Of values in any order. */
  public static Drift of(double[] recent, double[] reference) {
    double[] ours = sorted(recent);
    double[] theirs = sorted(reference);
    return new Drift(ours.length, theirs.length, median(ours), median(theirs), value(ours, theirs));
  }

  private static double value(double[] ours, double[] theirs) {
    if (ours.length == 0 || theirs.length == 0) {
      return 0;
    }
    double n = ours.length;
    double m = theirs.length;
    double variance = (n + m + 1) / (12 * n * m);
    return (share(ours, theirs) - 0.5) / Math.sqrt(variance + TOLERANCE * TOLERANCE);
  }

  /** Of all pairs those in which ours is larger, and half of those of equals; both sorted. */
  private static double share(double[] ours, double[] theirs) {
    long halves = 0;
    int below = 0;
    int upTo = 0;
    for (double value : ours) {
      while (below < theirs.length && theirs[below] < value) {
        below++;
      }
      while (upTo < theirs.length && theirs[upTo] <= value) {
        upTo++;
      }
      halves += below + upTo;
    }
    return halves / (2.0 * ours.length * theirs.length);
  }

  private static double median(double[] sorted) {
    int middle = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static double[] sorted(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted;
  }
}
