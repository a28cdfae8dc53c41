package nmsw.scp.monitoring;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import nmsw.dicom.net.AssociationInfo;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.TlsCredentials;
import nmsw.scp.audit.AuditSender;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.delivery.Backlog;
import nmsw.scp.delivery.Deliverer;
import nmsw.scp.events.NodeListener;
import nmsw.scp.events.RemovalReason;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.series.Stage;
import nmsw.scp.spool.Spool;
import nmsw.scp.spool.SpoolSpace;
import nmsw.scp.spool.StoredObject;
import nmsw.scp.trends.DriftGauges;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node counts and measures of itself, for Prometheus. Names begin with {@code nmsw_}, units are seconds and
 * bytes. Nothing in it tells of a patient: labels are states, codes and the configuration's own names, so that their
 * number is bounded too.
 */
public final class Metrics implements NodeListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Metrics.class);

  private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final InstantSource clock;
  private final MultiGauge series;
  private final MultiGauge oldest;
  private final AtomicInteger openAssociations = new AtomicInteger();
  private SeriesTable table;

  public Metrics(InstantSource clock) {
    this.clock = clock;
    series = MultiGauge.builder("nmsw.series").description("Series in each state").register(registry);
    oldest =
        MultiGauge.builder("nmsw.series.oldest")
            .description("Age of the series that is longest in a state that is not final")
            .baseUnit("seconds")
            .register(registry);
    Gauge.builder("nmsw.associations.open", openAssociations::get)
        .description("Associations that are open now")
        .register(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
  }

  /** From now on tells of what waits for each destination too. */
  public void watch(Deliverer deliverer) {
    for (String destination : deliverer.destinations()) {
      backlog(deliverer, destination, "nmsw.outbox", "Result objects that a destination still lacks", Backlog::objects);
      backlog(
          deliverer,
          destination,
          "nmsw.outbox.uncommitted",
          "Those of them that it has accepted, but not committed itself to",
          Backlog::uncommitted);
      backlog(
          deliverer, destination, "nmsw.outbox.refused", "Those of them that it refused for good", Backlog::refused);
      Gauge.builder("nmsw.outbox.oldest", () -> deliverer.backlog(destination).oldest().toMillis() / 1e3)
          .description("Age of the oldest of them")
          .baseUnit("seconds")
          .tag("destination", destination)
          .register(registry);
    }
  }

  private void backlog(
      Deliverer deliverer, String destination, String name, String description, ToLongFunction<Backlog> value) {
    Gauge.builder(name, () -> value.applyAsLong(deliverer.backlog(destination)))
        .description(description)
        .tag("destination", destination)
        .register(registry);
  }

  /** From now on tells of these too. */
  public void watch(SeriesTable series, Spool spool) {
    table = series;
    SpoolSpace space = spool.space();
    Gauge.builder("nmsw.spool", space::used)
        .description("What the series in the spool take")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("nmsw.spool.incoming", space::incoming)
        .description("What the objects claim that are coming in")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("nmsw.spool.free", () -> free(space))
        .description("Free space of the disk that holds the spool")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("nmsw.spool.reserve", space::reserve)
        .description("Free space below which objects are refused")
        .baseUnit("bytes")
        .register(registry);
  }

  /** From now on tells how long the certificate that peers are shown is valid. */
  public void watch(TlsCredentials credentials) {
    Gauge.builder("nmsw.certificate.remaining", () -> remaining(credentials))
        .description("Time until our certificate, or one that leads to its issuer, expires")
        .baseUnit("seconds")
        .register(registry);
  }

  private double remaining(TlsCredentials credentials) {
    return credentials.identity().stream()
        .mapToDouble(shown -> Duration.between(clock.instant(), shown.getNotAfter().toInstant()).toSeconds())
        .min()
        .orElse(Double.NaN);
  }

  /** From now on tells of the memory of the device that models are loaded onto, where it has one of its own. */
  public void watch(VolumeSegmenter.Loader loader) {
    if (loader.memory().isPresent()) {
      deviceMemory("used", () -> loader.memory().orElseThrow().used());
      deviceMemory("total", () -> loader.memory().orElseThrow().total());
    }
  }

  private void deviceMemory(String state, Supplier<Number> bytes) {
    Gauge.builder("nmsw.device.memory", bytes)
        .description("Memory of the GPU, used by whatever process, and in all")
        .baseUnit("bytes")
        .tag("state", state)
        .register(registry);
  }

  /** From now on tells of this, too. */
  public void watch(AuditSender audit) {
    Gauge.builder("nmsw.audit.waiting", audit::waiting)
        .description("Audit messages that wait for the repository")
        .register(registry);
    FunctionCounter.builder("nmsw.audit.messages", audit, AuditSender::sent)
        .description("Audit messages")
        .tag("outcome", "sent")
        .register(registry);
    FunctionCounter.builder("nmsw.audit.messages", audit, AuditSender::lost)
        .description("Audit messages")
        .tag("outcome", "lost")
        .register(registry);
  }

  /** Shows how trends stand from now on. */
  public DriftGauges drift() {
    return new DriftGauges(registry);
  }

  /** All of it in Prometheus' text format, version 0.0.4. */
  public String scrape() {
    try {
      countSeries();
    } catch (SQLException e) {
      // The rest is worth having just then.
      LOG.warn("the series cannot be counted: {}", e.getMessage());
    }
    return registry.scrape();
  }

  private void countSeries() throws SQLException {
    Instant now = clock.instant();
    Map<SeriesState, Long> counts = new EnumMap<>(SeriesState.class);
    Map<SeriesState, Duration> ages = new EnumMap<>(SeriesState.class);
    for (SeriesTable.StateCount count : table.counts()) {
      counts.put(count.state(), count.series());
      ages.put(count.state(), Duration.between(count.oldestChange(), now));
    }
    series.register(rows(Arrays.asList(SeriesState.values()), state -> counts.getOrDefault(state, 0L)), true);
    oldest.register(
        rows(
            Arrays.stream(SeriesState.values()).filter(state -> !state.isFinal()).toList(),
            state -> ages.getOrDefault(state, Duration.ZERO).toMillis() / 1e3),
        true);
  }

  private interface Value {
    Number of(SeriesState state);
  }

  private static List<MultiGauge.Row<?>> rows(List<SeriesState> states, Value value) {
    return states.stream()
        .<MultiGauge.Row<?>>map(state -> MultiGauge.Row.of(Tags.of("state", word(state)), value.of(state)))
        .collect(Collectors.toList());
  }

  private static double free(SpoolSpace space) {
    try {
      return space.free();
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  @Override
  public void objectStored(StoredObject object) {
    count("nmsw.objects", "Objects acknowledged", 1, "outcome", word(object.outcome()));
    count("nmsw.objects.bytes", "Bytes of the objects acknowledged", object.bytes());
  }

  @Override
  public void objectRefused(Status status) {
    count("nmsw.objects.refused", "Objects refused", 1, "status", String.format("%04X", status.code()));
  }

  @Override
  public void associationOpened(AssociationInfo association) {
    openAssociations.incrementAndGet();
  }

  @Override
  public void associationRejected(AssociationInfo association, String why) {
    count("nmsw.associations.rejected", "Associations that were rejected", 1);
  }

  /**
   * The configuration was read again.
   *
   * @param taken whether it was taken over
   */
  public void reloaded(boolean taken) {
    String outcome = taken ? "taken" : "refused";
    count("nmsw.config.reloads", "Times that the configuration was read again", 1, "outcome", outcome);
  }

  @Override
  public void associationClosed(AssociationInfo association, boolean released) {
    openAssociations.decrementAndGet();
    String end = released ? "released" : "broken_off";
    count("nmsw.associations", "Associations that are over", 1, "end", end);
  }

  @Override
  public void seriesChanged(SeriesRecord changed) {
    if (changed.state() == SeriesState.READY && !changed.code().isEmpty()) {
      count("nmsw.series.retries", "Attempts to segment a series that failed and are made again", 1, "code", changed.code());
    }
    if (changed.state().isFinal() && changed.state() != SeriesState.DONE) {
      String what = "Series that were refused, failed or parked";
      count("nmsw.series.unanswered", what, 1, "state", word(changed.state()), "code", changed.code());
    }
    if (changed.state() == SeriesState.DONE) {
      count("nmsw.series.done", "Series whose results every destination has accepted", 1);
      changed.timings().stages().forEach(this::record);
    }
  }

  private void record(Stage stage, Duration took) {
    Timer.builder("nmsw.stage")
        .description("Time that a series took in each stage")
        .tag("stage", word(stage))
        .register(registry)
        .record(took);
  }

  @Override
  public void delivered(String seriesUid, String destination, String sopClassUid) {
    delivery(destination, "accepted");
  }

  @Override
  public void deliveryFailed(String seriesUid, String destination, String cause) {
    delivery(destination, "failed");
  }

  @Override
  public void seriesRemoved(String seriesUid, RemovalReason reason, long bytes) {
    count("nmsw.retention.series", "Finished series removed from the spool", 1, "reason", word(reason));
    count("nmsw.retention.bytes", "Bytes of the series removed from the spool", bytes);
  }

  private void delivery(String destination, String outcome) {
    count("nmsw.deliveries", "Tries to deliver an object", 1, "destination", destination, "outcome", outcome);
  }

  private void count(String name, String description, double more, String... tags) {
    Counter.builder(name).description(description).tags(tags).register(registry).increment(more);
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void close() {
    collections.close();
    registry.close();
  }
}
