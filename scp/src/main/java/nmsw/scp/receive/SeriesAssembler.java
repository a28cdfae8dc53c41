package nmsw.scp.receive;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.net.AssociationInfo;
import nmsw.scp.config.SeriesConfig;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.series.Stage;
import nmsw.scp.series.Timings;
import nmsw.scp.spool.ObjectOutcome;
import nmsw.scp.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides when a series is complete. It is when the associations that carried it are released and nothing
 * came for {@code quiet}; or when nothing came for {@code maxWait}. An association that broke off was not
 * released: its sender is expected to come back with another one, and until it does only {@code maxWait} counts.
 * Where objects of a series come to several nodes, each decides for itself, and the last one moves it on.
 *
 * <p>Thread-safe. Time passes only through {@link #check()}.
 */
public final class SeriesAssembler {
  private static final Logger LOG = LoggerFactory.getLogger(SeriesAssembler.class);

  private final SeriesTable table;
  private final Spool spool;
  private final InstantSource clock;
  private Duration quiet;
  private Duration maxWait;
  private final Ready ready;
  private final Map<String, Receiving> receiving = new HashMap<>();

  /** Gets each series that is complete. */
  public interface Ready {
    void accept(SeriesRecord series);
  }

  private static final class Receiving {
    final SeriesRecord series;
    final Set<Long> open = new HashSet<>();
    boolean brokenOff;

    /** Complete as far as this node knows; another still receives it. */
    boolean done;

    Instant last;

    Receiving(SeriesRecord series, Instant last) {
      this.series = series;
      this.last = last;
    }
  }

  public SeriesAssembler(
      SeriesTable table, Spool spool, InstantSource clock, SeriesConfig rules, Ready ready) {
    this.table = table;
    this.spool = spool;
    this.clock = clock;
    this.quiet = rules.quiet();
    this.maxWait = rules.maxWait();
    this.ready = ready;
  }

  /** Other rules from now on, also for what is being received. */
  public synchronized void reconfigure(SeriesConfig rules) {
    quiet = rules.quiet();
    maxWait = rules.maxWait();
  }

  /**
   * An object is in the spool. One that was there already re-opens nothing but shows that the sender is not
   * done, and goes on here with what it began at another node.
   */
  public synchronized void stored(Spool.Received object, AssociationInfo association) throws SQLException, IOException {
    Receiving series = receiving.get(object.seriesUid());
    if (series == null || series.done) {
      Optional<SeriesRecord> known = table.find(object.seriesUid());
      if (known.isPresent() && object.outcome() != ObjectOutcome.NEW && isComplete(known.get())) {
        return;
      }
      String calling = association.callingAeTitle();
      String called = association.calledAeTitle();
      String why = (known.isPresent() ? "late objects from " : "from ") + calling + " to " + called;
      series = new Receiving(table.open(object.seriesUid(), calling, called, why), clock.instant());
      receiving.put(object.seriesUid(), series);
    }
    if (series.open.add(association.id())) {
      // The sender is back; what it begins now, it will release.
      series.brokenOff = false;
    }
    series.last = clock.instant();
  }

  /** Not so if an object came that could not be recorded: its sender was refused then, and sends it again. */
  private boolean isComplete(SeriesRecord row) throws IOException {
    return row.state() != SeriesState.RECEIVING && row.objects() == spool.objects(row.seriesUid()).size();
  }

  public synchronized void associationClosed(AssociationInfo association, boolean released) {
    for (Receiving series : receiving.values()) {
      if (series.open.remove(association.id()) && !released) {
        series.brokenOff = true;
      }
    }
  }

  /**
   * Takes up a series that was being received when the node stopped; its associations broke off. Its sender could not
   * come back before now, however long ago its last object came.
   */
  public synchronized void resume(SeriesRecord series) throws SQLException {
    table.resume(series.seriesUid());
    Receiving resumed = new Receiving(series, clock.instant());
    resumed.brokenOff = true;
    receiving.putIfAbsent(series.seriesUid(), resumed);
  }

  /** Moves every series that is complete by now to READY. */
  public void check() throws SQLException, IOException {
    for (Receiving series : receiving()) {
      // Handed over outside of the lock: who takes it may read it, and senders would wait for that.
      finishIfComplete(series).ifPresent(ready::accept);
    }
  }

  private synchronized List<Receiving> receiving() {
    return List.copyOf(receiving.values());
  }

  private synchronized Optional<SeriesRecord> finishIfComplete(Receiving series) throws SQLException, IOException {
    boolean current = receiving.get(series.series.seriesUid()) == series;
    return current && isComplete(series, clock.instant()) ? finish(series) : Optional.empty();
  }

  private boolean isComplete(Receiving series, Instant now) {
    Duration silence = Duration.between(series.last, now);
    boolean released = series.open.isEmpty() && !series.brokenOff;
    return silence.compareTo(maxWait) >= 0 || (released && silence.compareTo(quiet) >= 0);
  }

  private Optional<SeriesRecord> finish(Receiving series) throws SQLException, IOException {
    int objects = spool.objects(series.series.seriesUid()).size();
    Duration took = Duration.between(series.series.openedAt(), series.last);
    Optional<SeriesRecord> moved =
        table.complete(
            series.series,
            row ->
                row.withObjects(objects, series.last)
                    .withTimings(Timings.NONE.with(Stage.RECEIVE, took.isNegative() ? Duration.ZERO : took)),
            objects + " objects, " + (series.brokenOff ? "sender broke off" : "complete"));
    boolean elsewhere = moved.isEmpty() && isReceiving(series.series);
    if (!elsewhere) {
      receiving.remove(series.series.seriesUid());
    } else if (!series.done) {
      series.done = true;
      LOG.info("series {} is complete here; another node still receives it", series.series.seriesUid());
    }
    return moved;
  }

  private boolean isReceiving(SeriesRecord series) throws SQLException {
    return table
        .find(series.seriesUid())
        .filter(row -> row.isSameTurn(series) && row.state() == SeriesState.RECEIVING)
        .isPresent();
  }
}
