package nmsw.scp;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import nmsw.scp.events.NodeListener;
import nmsw.scp.series.SeriesRecord;

/** Lets threads wait until a series is as they want it, whatever changes it. */
final class SeriesChanges implements NodeListener {
  /** How the series is now. */
  interface Look {
    Optional<SeriesRecord> now() throws IOException;
  }

  @Override
  public synchronized void seriesChanged(SeriesRecord series) {
    notifyAll();
  }

  /**
   * @param name for the message
   * @throws TimeoutException if the series does not become so in time; the message says how it is then
   */
  synchronized SeriesRecord await(Look look, Predicate<SeriesRecord> condition, Duration limit, String name)
      throws IOException, InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      Optional<SeriesRecord> series = look.now();
      if (series.filter(condition).isPresent()) {
        return series.get();
      }
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        throw new TimeoutException(
            name + " is " + series.map(s -> s.state().name()).orElse("unknown") + " after " + limit.toSeconds()
                + " s of waiting");
      }
      wait(left);
    }
  }
}
