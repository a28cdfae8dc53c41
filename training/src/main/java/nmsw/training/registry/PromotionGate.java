package nmsw.training.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import nmsw.training.metrics.Bootstrap;
import nmsw.training.metrics.Metric;
import nmsw.training.metrics.MetricRule;
import nmsw.training.metrics.MetricTable;
import nmsw.training.metrics.PairedComparison;

/**
 * Whether a candidate may replace the live model: on the same held-out cases its mean Dice must not be lower, and no class
 * may lose more than the margin.
 *
 * @param margin Dice that a class may lose, 0 or more
 */
public record PromotionGate(double margin) {
  private static final MetricRule RULE = MetricRule.MILLIMETRES;

  public PromotionGate {
    if (!(margin >= 0 && margin <= 1)) {
      throw new IllegalArgumentException("margin " + margin + " is not in 0 to 1");
    }
  }

  /**
   * @param objections empty if the candidate may go live
   * @param report the comparison for people, one line per class and one for the mean, with 95 % intervals of the
   *     differences over the cases
   */
  public record Decision(List<String> objections, String report) {
    public boolean passed() {
      return objections.isEmpty();
    }
  }

  /**
   * @throws IllegalArgumentException if both were not measured on the same classes of the same cases
   */
  public Decision decide(MetricTable live, MetricTable candidate) {
    PairedComparison comparison = new PairedComparison(live, candidate);
    List<String> objections = new ArrayList<>();
    StringBuilder report = new StringBuilder();
    report.append(
        String.format(
            Locale.ROOT, "%-28s%8s%11s%12s%20s%n", "Dice", "live", "candidate", "difference", "95 % interval"));
    for (int label = 1; label <= live.classes().size(); label++) {
      String name = live.classes().get(label - 1);
      double before = live.mean(RULE, Metric.DICE, label);
      double after = candidate.mean(RULE, Metric.DICE, label);
      // A class that only one of them ever finds, where there is none, counts in that one's cases alone.
      double difference = zeroIfAbsent(after) - zeroIfAbsent(before);
      report.append(line(name, before, after, difference, comparison.interval(RULE, Metric.DICE, label)));
      if (difference < -margin && !Double.isNaN(before)) {
        objections.add(
            String.format(
                Locale.ROOT, "%s falls by %.3f from %.3f; allowed are %.3f", name, -difference, before, margin));
      }
    }
    double before = live.mean(RULE, Metric.DICE);
    double after = candidate.mean(RULE, Metric.DICE);
    double difference = comparison.difference(RULE, Metric.DICE);
    report.append(line("mean", before, after, difference, comparison.interval(RULE, Metric.DICE)));
    if (!(difference >= 0)) {
      objections.add(
          String.format(Locale.ROOT, "the mean is %.3f where the live model's is %.3f", after, before));
    }
    return new Decision(List.copyOf(objections), report.toString());
  }

  private static double zeroIfAbsent(double dice) {
    return Double.isNaN(dice) ? 0 : dice;
  }

  private static String line(
      String name, double before, double after, double difference, Bootstrap interval) {
    return String.format(
        Locale.ROOT,
        "%-28s%8.3f%11.3f%+12.3f%20s%n",
        name,
        before,
        after,
        difference,
        String.format(Locale.ROOT, "%+.3f to %+.3f", interval.lower(), interval.upper()));
  }
}
