package nmsw.scp.operations;

import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import nmsw.scp.series.ModelVersion;
import nmsw.scp.trends.Assessment;
import nmsw.scp.trends.Drift;
import nmsw.scp.trends.DriftMonitor;
import nmsw.scp.trends.TrendTable;
import nmsw.scp.web.ApiSchema;

/** What the pages show of trends. */
public final class TrendAnswers {
  private final TrendTable trends;
  private final DriftMonitor monitor;

  public TrendAnswers(TrendTable trends, DriftMonitor monitor) {
    this.trends = trends;
    this.monitor = monitor;
  }

  /**
   * @param model empty for that with the newest result
   * @param organ empty for the first of them
   * @param days up to today
   * @return empty if there is no result of the model, or the organ, in these days
   */
  Optional<ApiSchema.Trends> of(Optional<ModelVersion> model, Optional<String> organ, int days) throws SQLException {
    LocalDate today = monitor.today();
    LocalDate from = today.minusDays(days - 1);
    List<TrendTable.Known> known = trends.models(from, today);
    Optional<ModelVersion> shown =
        known.stream()
            .map(TrendTable.Known::model)
            .filter(one -> model.isEmpty() || one.equals(model.get()))
            .findFirst();
    List<String> organs = shown.isPresent() ? trends.organs(shown.get(), from, today) : List.of();
    if (model.isPresent() && shown.isEmpty() || organ.isPresent() && !organs.contains(organ.get())) {
      return Optional.empty();
    }
    Optional<String> shownOrgan = organ.or(() -> organs.stream().findFirst());
    return Optional.of(
        new ApiSchema.Trends(
            monitor.rules().timeZone().getId(),
            from.toString(),
            today.toString(),
            known.stream()
                .map(one -> new ApiSchema.TrendModel(
                    one.model().name(), one.model().version(), one.results(), one.last().toString()))
                .toList(),
            shown.map(ModelVersion::name).orElse(null),
            shown.map(ModelVersion::version).orElse(null),
            organs,
            shownOrgan.orElse(null),
            shown.isPresent() ? days(trends.entropy(shown.get(), from, today)) : List.of(),
            shownOrgan.isPresent() ? days(trends.volume(shown.get(), shownOrgan.get(), from, today)) : List.of(),
            monitor.last().map(report -> drift(report, shown)).orElse(null)));
  }

  private static List<ApiSchema.TrendDay> days(List<TrendTable.Quartiles> days) {
    return days.stream()
        .map(day -> new ApiSchema.TrendDay(day.day().toString(), day.values(), day.lower(), day.median(), day.upper()))
        .toList();
  }

  private ApiSchema.Drift drift(DriftMonitor.Report report, Optional<ModelVersion> shown) {
    return new ApiSchema.Drift(
        report.at(),
        report.referenceFrom().toString(),
        report.recentFrom().toString(),
        report.today().toString(),
        monitor.rules().minimumSeries(),
        monitor.rules().alert(),
        report.assessments().stream()
            .filter(assessment -> shown.isPresent() && assessment.signal().model().equals(shown.get()))
            .map(TrendAnswers::signal)
            .toList());
  }

  private static ApiSchema.DriftSignal signal(Assessment assessment) {
    Drift drift = assessment.drift();
    return new ApiSchema.DriftSignal(
        assessment.signal().kind(),
        assessment.signal().organ().orElse(null),
        assessment.state().name(),
        drift.recent() > 0 && drift.reference() > 0 ? drift.value() : null,
        drift.recent(),
        drift.reference(),
        drift.recent() > 0 ? drift.recentMedian() : null,
        drift.reference() > 0 ? drift.referenceMedian() : null);
  }
}
