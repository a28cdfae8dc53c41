package nmsw.training.metrics;

import java.util.function.ToDoubleFunction;

/** What is measured of a class of a case. */
public enum Metric {
  DICE(ClassMetrics::dice),
  NSD(ClassMetrics::nsd),
  HD95(ClassMetrics::hd95);

  private final ToDoubleFunction<ClassMetrics> value;

  Metric(ToDoubleFunction<ClassMetrics> value) {
    this.value = value;
  }

  double of(ClassMetrics metrics) {
    return value.applyAsDouble(metrics);
  }
}
