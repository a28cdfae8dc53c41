package nmsw.training.metrics;

import java.util.stream.IntStream;

/**
 * Two models measured on the same cases: differences case by case, so that what makes a case hard for both does not hide
 * them.
 */
public final class PairedComparison {
  private static final long SEED = 2;

  private final MetricTable before;
  private final MetricTable after;
  private final int cases;

  /**
   * @throws IllegalArgumentException if they were not measured on the same classes of the same cases
   */
  public PairedComparison(MetricTable before, MetricTable after) {
    if (!before.classes().equals(after.classes())) {
      throw new IllegalArgumentException(
          "classes " + before.classes() + " cannot be compared with " + after.classes());
    }
    if (!before.ids().equals(after.ids()) || before.ids().isEmpty()) {
      throw new IllegalArgumentException(
          "cases " + before.ids() + " cannot be compared with " + after.ids());
    }
    if (!before.isOfSameTruthAs(after)) {
      throw new IllegalArgumentException(
          "the same cases were measured with other classes annotated in them: measure them again");
    }
    this.before = before;
    this.after = after;
    this.cases = before.ids().size();
  }

  /** By how much the mean of the classes' means is higher afterwards. */
  public double difference(MetricRule rule, Metric metric) {
    return difference(rule, metric, IntStream.range(0, cases).toArray());
  }

  /** 95 % interval of {@link #difference(MetricRule, Metric)} over the cases. */
  public Bootstrap interval(MetricRule rule, Metric metric) {
    return Bootstrap.of(cases, draw -> difference(rule, metric, draw), SEED);
  }

  /** 95 % interval of by how much a class's mean is higher afterwards. */
  public Bootstrap interval(MetricRule rule, Metric metric, int label) {
    return Bootstrap.of(
        cases,
        draw -> after.mean(rule, metric, label, draw) - before.mean(rule, metric, label, draw),
        SEED);
  }

  private double difference(MetricRule rule, Metric metric, int[] draw) {
    return after.mean(rule, metric, draw) - before.mean(rule, metric, draw);
  }
}
