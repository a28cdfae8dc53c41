package nmsw.scp.work;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import nmsw.scp.config.DestinationConfig;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.ResultKind;
import nmsw.scp.config.Route;
import nmsw.scp.database.ModelChoices;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.delivery.Deliverer;
import nmsw.scp.delivery.Outbox;
import nmsw.scp.events.NodeListener;
import nmsw.scp.events.Part;
import nmsw.scp.result.ResultHistory;
import nmsw.scp.result.ResultObject;
import nmsw.scp.result.ResultObjects;
import nmsw.scp.routing.Router;
import nmsw.scp.segment.LiveModels;
import nmsw.scp.segment.SegmentedSeries;
import nmsw.scp.segment.SeriesSegmentation;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.series.Stage;
import nmsw.scp.series.Timings;
import nmsw.scp.spool.Spool;
import nmsw.scp.trends.TrendResult;
import nmsw.scp.trends.TrendTable;
import nmsw.segmentation.DeviceLost;
import nmsw.volume.Finding;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.GeometryRules;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Takes one series from READY to RETURNING, REFUSED or FAILED, or leaves it to {@link Setbacks}. */
public final class SegmentationJob {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentationJob.class);
  private static final Set<SeriesState> AT_WORK = Set.of(SeriesState.SEGMENTING);

  private final Supplier<NodeConfig> settings;
  private final SeriesTable table;
  private final Spool spool;
  private final Router router;
  private final LiveModels models;
  private final Outbox outbox;
  private final Deliverer deliverer;
  private final ModelChoices choices;
  private final TrendTable trends;
  private final Keeper keeper;
  private final Setbacks setbacks;
  private final Runnable deviceLost;
  private final NodeListener listener;
  private final ReentrantLock working = new ReentrantLock();
  private volatile boolean stopping;

  /** What the series in hand began with. */
  private NodeConfig config;

  /** Told of everything that goes into the outbox. */
  public interface Keeper {
    void keep(Outbox.Entry entry);
  }

  /** @param deviceLost called when nothing can be segmented in this process any more, before another series is begun */
  public SegmentationJob(
      Supplier<NodeConfig> settings,
      SeriesTable table,
      Spool spool,
      Router router,
      LiveModels models,
      Outbox outbox,
      Deliverer deliverer,
      ModelChoices choices,
      TrendTable trends,
      Keeper keeper,
      Setbacks setbacks,
      Runnable deviceLost,
      NodeListener listener) {
    this.settings = settings;
    this.table = table;
    this.spool = spool;
    this.router = router;
    this.models = models;
    this.outbox = outbox;
    this.deliverer = deliverer;
    this.choices = choices;
    this.trends = trends;
    this.keeper = keeper;
    this.setbacks = setbacks;
    this.deviceLost = deviceLost;
    this.listener = listener;
  }

  /** Ends the work in hand at its next step; its series stays SEGMENTING until it is queued again. */
  public void stopping() {
    stopping = true;
  }

  /** Whether a series is in hand: its model must not be closed then, native code may be using it. */
  public boolean isWorking() {
    return working.isLocked();
  }

  /**
   * Does nothing if the series is not in this revision, or not READY, any more.
   *
   * @return when the next attempt is due; empty if there is none
   */
  public Optional<Instant> run(String seriesUid, int revision) {
    working.lock();
    listener.moved(Part.WORKER, "");
    try (MDC.MDCCloseable series = MDC.putCloseable("series", seriesUid);
        MDC.MDCCloseable job = MDC.putCloseable("job", seriesUid + "#" + revision)) {
      config = settings.get();
      Optional<SeriesRecord> found = table.find(seriesUid).filter(row -> row.revision() == revision);
      return found.isPresent() ? run(found.get()) : Optional.empty();
    } catch (SQLException e) {
      // Nothing can be recorded; the series stays as it is.
      LOG.error("series {} cannot be worked on: the database failed; trying again", seriesUid, e);
      return Optional.of(setbacks.soon());
    } finally {
      listener.rested(Part.WORKER, "");
      working.unlock();
    }
  }

  private Optional<Instant> run(SeriesRecord series) throws SQLException {
    return switch (series.state()) {
      case READY -> attempt(series);
      // Whoever had it in hand is gone, else the job would not be in the queue again.
      case SEGMENTING -> setbacks.failed(series, Failure.interrupted(series.node()));
      default -> Optional.empty();
    };
  }

  private Optional<Instant> attempt(SeriesRecord queued) throws SQLException {
    Optional<Route> found;
    try {
      found = router.route(queued, config.routes());
    } catch (IOException e) {
      Optional<SeriesRecord> series = begin(queued, "its objects cannot be read");
      return series.isPresent() ? failed(series.get(), e) : Optional.empty();
    }
    if (found.isEmpty()) {
      String text = "no route for series from " + queued.callingAe() + " to " + queued.calledAe();
      end(queued, Set.of(SeriesState.READY), SeriesState.REFUSED, "NO_ROUTE", text);
      return Optional.empty();
    }
    Route route = choices.of(queued).map(found.get()::withModel).orElse(found.get());
    Optional<SeriesRecord> begun = begin(queued, "with model " + route.model());
    if (begun.isEmpty()) {
      return Optional.empty();
    }
    SeriesRecord series = begun.get();
    try {
      work(series, route);
      return Optional.empty();
    } catch (GeometryRefusal e) {
      String text = e.getMessage().replaceFirst("^" + e.code() + ": ", "");
      end(series, AT_WORK, SeriesState.REFUSED, e.code().name(), text);
      return Optional.empty();
    } catch (CancellationException e) {
      interrupted(series);
      return Optional.empty();
    } catch (IOException | RuntimeException | Error e) {
      return failed(series, e);
    }
  }

  private Optional<SeriesRecord> begin(SeriesRecord queued, String detail) throws SQLException {
    return table.move(queued, Set.of(SeriesState.READY), SeriesState.SEGMENTING, row -> row, detail);
  }

  private void work(SeriesRecord series, Route route)
      throws GeometryRefusal, IOException, SQLException {
    String seriesUid = series.seriesUid();
    VolumeSegmenter segmenter = model(route.model());
    GeometryRules rules = GeometryRules.defaults().withMinSlices(config.series().minSlices());
    SegmentedSeries result =
        new SeriesSegmentation(segmenter, rules)
            .segment(
                spool.objects(seriesUid),
                route.effort(),
                route.deadline(),
                (stage, fraction) -> progress(seriesUid, stage, fraction));
    for (Finding finding : result.series().findings()) {
      LOG.warn(
          "series {} object {} left out {}: {}",
          seriesUid,
          finding.sopInstanceUid(),
          finding.code(),
          finding.text());
    }
    LOG.info("series {} volumes in ml {}", seriesUid, volumes(result));
    if (result.isEmpty() && route.destinations().stream().noneMatch(this::takesMoreThanSegmentations)) {
      String text = "the model found none of its organs";
      table.move(
          series, AT_WORK, SeriesState.FAILED, row -> row.withCause("NOTHING_FOUND", text), text, trend(series, result));
      return;
    }
    listener.segmented(seriesUid, result);
    send(series, route, result);
  }

  private VolumeSegmenter model(String name) throws Failure.UnusableModel {
    try {
      return models.current(name);
    } catch (IOException e) {
      throw new Failure.UnusableModel(name, e);
    }
  }

  /** Whether there is something to tell it of a series in which no organ was found. */
  private boolean takesMoreThanSegmentations(String destination) {
    return !config.destinations().get(destination).objects().equals(Set.of(ResultKind.SEG));
  }

  private void progress(String seriesUid, Stage stage, double fraction) {
    if (stopping) {
      throw new CancellationException("the node stops");
    }
    listener.progress(seriesUid, stage, fraction);
  }

  private void send(SeriesRecord series, Route route, SegmentedSeries result)
      throws IOException, SQLException {
    Optional<SeriesRecord> current =
        table
            .find(series.seriesUid())
            .filter(row -> row.isSameTurn(series) && row.state() == SeriesState.SEGMENTING);
    if (current.isEmpty()) {
      LOG.info(
          "series {} was re-opened, or taken over, while it was segmented; this result is dropped", series.seriesUid());
      return;
    }
    long start = System.nanoTime();
    put(series, route, result);
    Duration encode = Duration.ofNanos(System.nanoTime() - start);
    Timings timings = series.timings().with(result.timings()).with(Stage.ENCODE, encode);
    LOG.info("series {} seconds {} ({})", series.seriesUid(), timings, result.algorithm().parameters());
    table.move(
        series,
        AT_WORK,
        SeriesState.RETURNING,
        row -> row.withTimings(timings),
        "to " + String.join(", ", route.destinations()),
        trend(series, result));
    deliverer.settle(series.seriesUid(), Timings.NONE);
  }

  private SeriesTable.Addition trend(SeriesRecord series, SegmentedSeries result) {
    TrendResult measured =
        TrendResult.of(
            LocalDate.ofInstant(series.lastObjectAt(), config.trends().timeZone()),
            result.algorithm(),
            result.table(),
            result.statistics(),
            result.labels(),
            result.choice().candidates(),
            result.choice().chosen().size());
    return connection -> trends.put(connection, series.seriesUid(), measured);
  }

  /** Gives every destination the objects that it is configured for. */
  private void put(SeriesRecord series, Route route, SegmentedSeries result) throws IOException {
    // The content time is the series' own, and kept by the disk, so that a second run gives the same bytes, also after
    // the database was lost.
    Clock contentTime = Clock.fixed(spool.newest(series.seriesUid()), ZoneOffset.UTC);
    ResultObjects objects = new ResultObjects(result, config.name(), contentTime);
    ResultHistory history = new ResultHistory(spool.folder(series.seriesUid()));
    Optional<ResultHistory.Result> earlier = history.before(objects.uid());
    if (earlier.isPresent()) {
      objects.replacing(earlier.get());
      LOG.info("series {} had a result of {} images, which this one replaces", series.seriesUid(), earlier.get().images());
    }
    int done = 0;
    for (String name : route.destinations()) {
      DestinationConfig destination = config.destinations().get(name);
      progress(series.seriesUid(), Stage.ENCODE, (double) done++ / route.destinations().size());
      ResultObjects own = inItsCharacterSet(series, objects, name, destination);
      for (ResultKind kind : destination.objects()) {
        Optional<ResultObject> object = own.object(kind, destination.segmentation());
        if (object.isPresent()) {
          keeper.keep(outbox.put(series.seriesUid(), series.revision(), name, object.get()));
          LOG.info("series {} {} {} is for {}", series.seriesUid(), kind, object.get().sopInstanceUid(), name);
        } else {
          LOG.warn("series {} has no {} for {}: no organ was found", series.seriesUid(), kind, name);
        }
      }
    }
    history.add(new ResultHistory.Result(objects.uid(), result.series().stack().slices().size()));
  }

  /** A destination whose set lacks a character gets the source's: a name with gaps would be another name. */
  private static ResultObjects inItsCharacterSet(
      SeriesRecord series, ResultObjects objects, String name, DestinationConfig destination) {
    if (destination.characterSet().isEmpty()) {
      return objects;
    }
    try {
      return objects.inCharacterSet(destination.characterSet().get());
    } catch (IllegalArgumentException e) {
      LOG.warn("series {} keeps its character set for {}: {}", series.seriesUid(), name, e.getMessage());
      return objects;
    }
  }

  /** The node stops, or the whole process ends. */
  private static void interrupted(SeriesRecord series) {
    LOG.info("series {} interrupted; it is taken up again at the next start", series.seriesUid());
  }

  private Optional<Instant> failed(SeriesRecord series, Throwable cause) throws SQLException {
    if (stopping) {
      interrupted(series);
      return Optional.empty();
    }
    LOG.error("series {} could not be segmented", series.seriesUid(), cause);
    Failure failure = Failure.of(cause);
    Optional<Instant> next = Optional.empty();
    if (failure.canPass()) {
      next = setbacks.failed(series, failure);
    } else {
      end(series, AT_WORK, SeriesState.FAILED, failure.code(), failure.text());
    }
    if (cause instanceof DeviceLost) {
      deviceLost.run();
    }
    return next;
  }

  private void end(
      SeriesRecord series, Set<SeriesState> from, SeriesState state, String code, String text)
      throws SQLException {
    table.move(series, from, state, row -> row.withCause(code, text), text);
  }

  private static String volumes(SegmentedSeries result) {
    return result.volumes().entrySet().stream()
        .map(e -> e.getKey() + "=" + String.format(Locale.ROOT, "%.1f", e.getValue()))
        .collect(Collectors.joining(" "));
  }
}
