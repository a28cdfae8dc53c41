package nmsw.scp.trends;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import nmsw.scp.config.TrendRules;
import nmsw.scp.series.ModelVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares what results measured of late with what they measured before, per model version and signal, and says in the log when
 * an alert begins and when it ends. {@link #assess} is called by one thread, again and again.
 */
public final class DriftMonitor {
  private static final Logger LOG = LoggerFactory.getLogger(DriftMonitor.class);

  /** Those with the newest results; more model versions are not live at once. */
  static final int MOST_MODELS = 16;

  /** Of a model version; no label table has more. */
  static final int MOST_ORGANS = 255;

  private final TrendTable trends;
  private final Supplier<TrendRules> settings;
  private final InstantSource clock;
  private final Consumer<List<Assessment>> listener;
  private final Set<Signal> alerts = new HashSet<>();
  private volatile Optional<Report> last = Optional.empty();

  /**
   * @param recentFrom first day of the recent results, which reach up to {@code today}
   * @param referenceFrom first day of those before
   */
  public record Report(
      Instant at, LocalDate referenceFrom, LocalDate recentFrom, LocalDate today, List<Assessment> assessments) {
    public Report {
      assessments = List.copyOf(assessments);
    }
  }

  /** @param listener gets every assessment */
  public DriftMonitor(
      TrendTable trends, Supplier<TrendRules> settings, InstantSource clock, Consumer<List<Assessment>> listener) {
    this.trends = trends;
    this.settings = settings;
    this.clock = clock;
    this.listener = listener;
  }

  /** The last one; empty before the first. */
  public Optional<Report> last() {
    return last;
  }

  public TrendRules rules() {
    return settings.get();
  }

  public LocalDate today() {
    return LocalDate.ofInstant(clock.instant(), settings.get().timeZone());
  }

  /** Assesses every signal of the model versions that have recent results, and forgets what no trend shows any more. */
  public void assess() throws SQLException {
    TrendRules rules = settings.get();
    LocalDate today = today();
    LocalDate recentFrom = today.minusDays(rules.recentDays() - 1);
    LocalDate referenceFrom = recentFrom.minusDays(rules.referenceDays());
    List<Assessment> assessments = new ArrayList<>();
    for (TrendTable.Known known : trends.models(recentFrom, today).stream().limit(MOST_MODELS).toList()) {
      for (Signal signal : signals(known.model(), referenceFrom, today)) {
        Drift drift =
            Drift.of(
                trends.values(signal, recentFrom, today),
                trends.values(signal, referenceFrom, recentFrom.minusDays(1)));
        assessments.add(Assessment.of(signal, drift, rules, alerts.contains(signal)));
      }
    }
    tell(assessments, rules);
    last = Optional.of(new Report(clock.instant(), referenceFrom, recentFrom, today, assessments));
    listener.accept(assessments);
    trends.removeBefore(today.minusDays(TrendRules.MOST_DAYS));
  }

  private List<Signal> signals(ModelVersion model, LocalDate from, LocalDate to) throws SQLException {
    List<Signal> signals = new ArrayList<>(List.of(new Signal(model, Optional.empty())));
    trends.organs(model, from, to).stream()
        .limit(MOST_ORGANS)
        .forEach(organ -> signals.add(new Signal(model, Optional.of(organ))));
    return signals;
  }

  private void tell(List<Assessment> assessments, TrendRules rules) {
    Set<Signal> now = new HashSet<>();
    for (Assessment assessment : assessments) {
      if (assessment.state() == Assessment.State.DRIFT) {
        now.add(assessment.signal());
        if (alerts.add(assessment.signal())) {
          LOG.warn("{}: drift alert: {}", assessment.signal(), words(assessment.drift(), rules));
        }
      }
    }
    for (Signal over : alerts.stream().filter(signal -> !now.contains(signal)).toList()) {
      alerts.remove(over);
      String how =
          assessments.stream()
              .filter(assessment -> assessment.signal().equals(over))
              .findFirst()
              .map(assessment -> words(assessment.drift(), rules))
              .orElse("no results in " + rules.recentDays() + " days");
      LOG.info("{}: drift alert is over: {}", over, how);
    }
  }

  private static String words(Drift drift, TrendRules rules) {
    return String.format(
        Locale.ROOT,
        "median %.3f in %d results of %d days, %.3f in %d of the %d days before; drift %.1f, alert from %.1f",
        drift.recentMedian(),
        drift.recent(),
        rules.recentDays(),
        drift.referenceMedian(),
        drift.reference(),
        rules.referenceDays(),
        drift.value(),
        rules.alert());
  }
}
