package nmsw.training.metrics;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A method measured several times on the same cases, such as trained with several seeds: means over the repetitions, and
 * intervals over the cases, each of which is drawn with all its repetitions.
 */
public final class Repetitions {
  private static final long SEED = 3;

  private final List<MetricTable> tables;
  private final int cases;

  /**
   * @param tables at least one
   * @throws IllegalArgumentException if they are not of the same classes and cases
   */
  public Repetitions(List<MetricTable> tables) {
    this.tables = List.copyOf(tables);
    MetricTable first = this.tables.get(0);
    for (MetricTable table : this.tables) {
      if (!table.classes().equals(first.classes()) || !table.ids().equals(first.ids())) {
        throw new IllegalArgumentException(
            "classes %s of cases %s cannot be taken together with %s of %s"
                .formatted(first.classes(), first.ids(), table.classes(), table.ids()));
      }
    }
    this.cases = first.ids().size();
  }

  /** Mean over repetitions of the mean of the classes' means. */
  public double mean(MetricRule rule, Metric metric) {
    return mean(rule, metric, IntStream.range(0, cases).toArray());
  }

  /** 95 % interval of {@link #mean(MetricRule, Metric)}. */
  public Bootstrap interval(MetricRule rule, Metric metric) {
    return Bootstrap.of(cases, draw -> mean(rule, metric, draw), SEED);
  }

  /**
   * 95 % interval of how much higher the mean is than another method's, case by case.
   *
   * @throws IllegalArgumentException if the other was measured on other cases
   */
  public Bootstrap differenceTo(Repetitions other, MetricRule rule, Metric metric) {
    if (!tables.get(0).ids().equals(other.tables.get(0).ids())) {
      throw new IllegalArgumentException("measured on different cases");
    }
    return Bootstrap.of(
        cases, draw -> mean(rule, metric, draw) - other.mean(rule, metric, draw), SEED);
  }

  private double mean(MetricRule rule, Metric metric, int[] draw) {
    return tables.stream().mapToDouble(table -> table.mean(rule, metric, draw)).average().orElseThrow();
  }
}
