package nmsw.scp.trends;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Drift as metrics: of the model versions with recent results, per signal. */
public final class DriftGauges {
  private final MultiGauge drift;
  private final MultiGauge alert;

  public DriftGauges(MeterRegistry registry) {
    drift =
        MultiGauge.builder("nmsw.trend.drift")
            .description("How recent results lie to those before, in standard deviations; absent with too few")
            .register(registry);
    alert =
        MultiGauge.builder("nmsw.trend.drift.alert")
            .description("1 while there is a drift alert, else 0")
            .register(registry);
  }

  /** From now on shows these, and no others. */
  public void show(List<Assessment> assessments) {
    List<Assessment> enough =
        assessments.stream().filter(assessment -> assessment.state() != Assessment.State.TOO_FEW).toList();
    drift.register(rows(enough, assessment -> assessment.drift().value()), true);
    alert.register(rows(assessments, assessment -> assessment.state() == Assessment.State.DRIFT ? 1 : 0), true);
  }

  private static List<MultiGauge.Row<?>> rows(List<Assessment> assessments, ToDoubleFunction<Assessment> value) {
    return assessments.stream()
        .<MultiGauge.Row<?>>map(assessment -> MultiGauge.Row.of(tags(assessment.signal()), value.applyAsDouble(assessment)))
        .collect(Collectors.toList());
  }

  private static Tags tags(Signal signal) {
    return Tags.of(
        "model", signal.model().name(),
        "version", signal.model().version(),
        "signal", signal.kind(),
        "organ", signal.organ().orElse(""));
  }
}
