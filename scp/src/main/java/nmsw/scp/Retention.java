package nmsw.scp;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.RetentionConfig;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.delivery.Outbox;
import nmsw.scp.events.NodeListener;
import nmsw.scp.events.RemovalReason;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes series to which nothing more happens: DONE, REFUSED or FAILED for longer than the configured age, and, while the spool
 * is too large, those that have been so for longest. A series of which anything waits in the outbox stays, of
 * whichever revision that is, and so does one that changes while it is looked at.
 */
public final class Retention {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

  /** What is parked waits for an operator. */
  private static final Set<SeriesState> GOES = Set.of(SeriesState.DONE, SeriesState.REFUSED, SeriesState.FAILED);

  private final SeriesTable table;
  private final Spool spool;
  private final Outbox outbox;
  private final InstantSource clock;
  private final RetentionConfig rules;
  private final NodeListener listener;

  Retention(
      SeriesTable table,
      Spool spool,
      Outbox outbox,
      InstantSource clock,
      RetentionConfig rules,
      NodeListener listener) {
    this.table = table;
    this.spool = spool;
    this.outbox = outbox;
    this.clock = clock;
    this.rules = rules;
    this.listener = listener;
  }

  /** Removes what may go by now. */
  void sweep() throws IOException, SQLException {
    Map<String, Spool.SpooledSeries> spooled = new HashMap<>();
    spool.recount().forEach(series -> spooled.put(series.seriesUid(), series));
    Deque<SeriesRecord> finished = finished();
    Instant now = clock.instant();
    while (!finished.isEmpty() && isOver(finished.peek(), rules.age(), now)) {
      remove(finished.poll(), spooled, RemovalReason.AGE);
    }
    long limit = rules.total().map(DataSize::bytes).orElse(Long.MAX_VALUE);
    while (!finished.isEmpty() && spool.space().used() > limit && isOver(finished.peek(), rules.atLeast(), now)) {
      remove(finished.poll(), spooled, RemovalReason.TOTAL);
    }
  }

  /** The series that may go, what has been finished for longest first. */
  private Deque<SeriesRecord> finished() throws SQLException {
    List<SeriesRecord> all = table.all();
    Set<String> undelivered = outbox.entries().stream().map(Outbox.Entry::seriesUid).collect(Collectors.toSet());
    return all.stream()
        .filter(series -> GOES.contains(series.state()) && !undelivered.contains(series.seriesUid()))
        .sorted(Comparator.comparing(SeriesRecord::changedAt).thenComparing(SeriesRecord::seriesUid))
        .collect(Collectors.toCollection(ArrayDeque::new));
  }

  private static boolean isOver(SeriesRecord series, Duration age, Instant now) {
    return !series.changedAt().plus(age).isAfter(now);
  }

  private void remove(SeriesRecord series, Map<String, Spool.SpooledSeries> spooled, RemovalReason reason)
      throws IOException, SQLException {
    String uid = series.seriesUid();
    Spool.SpooledSeries onDisk = spooled.get(uid);
    if (onDisk == null) {
      // Its objects are gone already: whoever took them, or a stop between the two, left the row.
      table.remove(series);
      return;
    }
    if (onDisk.objects() != series.objects()) {
      return;
    }
    // The row goes first: without it the worst that a stop in between does is the same result once more.
    OptionalLong bytes = spool.remove(onDisk, () -> table.remove(series));
    if (bytes.isPresent()) {
      LOG.info(
          "series {} removed from the spool ({}): {} since {}, {} objects, {}",
          uid,
          reason == RemovalReason.AGE ? "storage.retention.age" : "storage.retention.total",
          series.state(),
          series.changedAt(),
          onDisk.objects(),
          new DataSize(bytes.getAsLong()));
      listener.seriesRemoved(uid, reason, bytes.getAsLong());
    }
  }
}
