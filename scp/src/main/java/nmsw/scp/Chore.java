package nmsw.scp;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something that is done again and again on a schedule, which an exception would end. The log says when it begins to fail, and
 * when it works again; not each time between. Run by one thread.
 */
final class Chore implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Chore.class);
  private static final int LAST_SECONDS = 5;

  /** What is done. */
  interface Work {
    void run() throws SQLException, IOException;
  }

  private final String what;
  private final Work work;
  private String failure = "";

  /**
   * @param what is done, as "check the doors"
   */
  Chore(String what, Work work) {
    this.what = what;
    this.work = work;
  }

  /**
   * Does it on a thread of its own.
   *
   * @param first how long from now
   * @param pause from the end of one time to the beginning of the next
   * @return ends it; waits {@link #LAST_SECONDS} for one that is being done
   */
  AutoCloseable every(String thread, Duration first, Duration pause) {
    ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, thread));
    ticker.scheduleWithFixedDelay(this, first.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
    return () -> {
      ticker.shutdown();
      ticker.awaitTermination(LAST_SECONDS, TimeUnit.SECONDS);
    };
  }

  @Override
  public void run() {
    try {
      work.run();
      if (!failure.isEmpty()) {
        LOG.info("can {} again", what);
        failure = "";
      }
    } catch (SQLException | IOException | RuntimeException e) {
      String now = e.toString();
      if (!failure.equals(now)) {
        LOG.error("cannot {}; trying again", what, e);
        failure = now;
      }
    }
  }
}
