package nmsw.scp.work;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import nmsw.scp.config.WorkConfig;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.delivery.Backoff;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of a series whose attempt failed in a way that can pass, or never came to its end: it goes back to READY and
 * waits, twice as long each time; when it has had all its attempts, it is PARKED. Attempts are counted when they begin,
 * so that one that takes the process with it counts too. What is known of each is kept beside the series' objects.
 */
public final class Setbacks {
  private static final Logger LOG = LoggerFactory.getLogger(Setbacks.class);
  private static final Set<SeriesState> AT_WORK = Set.of(SeriesState.SEGMENTING);

  private final SeriesTable table;
  private final Spool spool;
  private final int attempts;
  private final Backoff backoff;
  private final InstantSource clock;

  public Setbacks(SeriesTable table, Spool spool, WorkConfig rules, InstantSource clock, RandomGenerator random) {
    this.table = table;
    this.spool = spool;
    this.attempts = rules.attempts();
    this.backoff = new Backoff(rules.firstRetry(), rules.maxRetry(), rules.maxRetry(), random);
    this.clock = clock;
  }

  /**
   * An attempt failed.
   *
   * @param series as it was during the attempt
   * @return when the next one is due; empty if there is none
   */
  Optional<Instant> failed(SeriesRecord series, Failure failure) throws SQLException {
    Instant now = clock.instant();
    note(series, failure, now);
    String cause = failure.text();
    if (series.attempts() >= attempts) {
      String text = "attempt " + series.attempts() + " of " + attempts + ": " + cause;
      table.move(series, AT_WORK, SeriesState.PARKED, row -> row.withCause(failure.code(), text), text);
      return Optional.empty();
    }
    Duration wait = backoff.wait(Math.max(1, series.attempts()), false);
    Instant next = now.plus(wait);
    String detail =
        cause + "; attempt " + (series.attempts() + 1) + " of " + attempts + " at " + next.truncatedTo(ChronoUnit.SECONDS);
    return table
        .move(series, AT_WORK, SeriesState.READY, row -> row.withCause(failure.code(), cause), detail)
        .map(moved -> next);
  }

  /** When to look again after something that is not the series' doing. */
  Instant soon() {
    return clock.instant().plus(backoff.wait(1, false));
  }

  private void note(SeriesRecord series, Failure failure, Instant now) {
    try {
      new AttemptLog(spool.folder(series.seriesUid())).add(series, failure, now);
    } catch (IOException e) {
      LOG.warn("series {}: what failed cannot be kept beside its objects: {}", series.seriesUid(), e.getMessage());
    }
  }
}
