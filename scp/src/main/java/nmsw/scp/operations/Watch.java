package nmsw.scp.operations;

import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import nmsw.scp.events.NodeListener;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.series.Stage;

/** What the pages show of the moment: where the work is, and which destination did not accept what. */
public final class Watch implements NodeListener {
  private static final int MOST_FAILURES = 10_000;

  /** @param cause in words */
  record Failure(String cause, Instant at) {}

  /** @param fraction of the stage, 0 to 1 */
  record Work(String seriesUid, Stage stage, double fraction) {}

  private final InstantSource clock;
  private final Map<String, Failure> failures = new LinkedHashMap<>();
  private volatile Optional<Work> work = Optional.empty();
  private volatile Consumer<String> told = seriesUid -> {};

  public Watch(InstantSource clock) {
    this.clock = clock;
  }

  /** From now on tells of each series that changed, by its UID, on the thread on which it happens. */
  public void tell(Consumer<String> listener) {
    told = listener;
  }

  /** Something else of a series is to be shown. */
  public void changed(String seriesUid) {
    told.accept(seriesUid);
  }

  /** What is being segmented on this node. */
  Optional<Work> work() {
    return work;
  }

  /** Why a destination did not accept anything, the last time; empty if it accepted something since. */
  synchronized Optional<Failure> failure(String destination) {
    return Optional.ofNullable(failures.get(destination));
  }

  /** Why a destination did not accept an object of the series, the last time. */
  synchronized Optional<Failure> failure(String seriesUid, String destination) {
    return Optional.ofNullable(failures.get(key(seriesUid, destination)));
  }

  @Override
  public void seriesChanged(SeriesRecord series) {
    if (series.state() != SeriesState.SEGMENTING && work.filter(w -> w.seriesUid().equals(series.seriesUid())).isPresent()) {
      work = Optional.empty();
    }
    told.accept(series.seriesUid());
  }

  @Override
  public void progress(String seriesUid, Stage stage, double fraction) {
    work = Optional.of(new Work(seriesUid, stage, fraction));
    told.accept(seriesUid);
  }

  @Override
  public void delivered(String seriesUid, String destination, String sopClassUid) {
    synchronized (this) {
      failures.remove(destination);
      failures.remove(key(seriesUid, destination));
    }
    told.accept(seriesUid);
  }

  @Override
  public void deliveryFailed(String seriesUid, String destination, String cause) {
    Failure failure = new Failure(cause, clock.instant());
    synchronized (this) {
      put(destination, failure);
      put(key(seriesUid, destination), failure);
    }
    told.accept(seriesUid);
  }

  private void put(String key, Failure failure) {
    failures.remove(key);
    if (failures.size() >= MOST_FAILURES) {
      failures.remove(failures.keySet().iterator().next());
    }
    failures.put(key, failure);
  }

  /** No name of a destination has a space. */
  private static String key(String seriesUid, String destination) {
    return seriesUid + " " + destination;
  }
}
