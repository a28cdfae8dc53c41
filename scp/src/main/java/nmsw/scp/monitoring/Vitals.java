package nmsw.scp.monitoring;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import nmsw.scp.events.NodeListener;
import nmsw.scp.events.Part;
import nmsw.scp.series.Stage;

/**
 * When each part of a node that has something to do last moved. A restart helps against one that does not: a thread that died, a
 * call into a driver or to a peer that does not return.
 */
public final class Vitals implements NodeListener {
  private record Pulse(Part part, String name) {
    @Override
    public String toString() {
      return part.name().toLowerCase(Locale.ROOT) + (name.isEmpty() ? "" : " to " + name);
    }
  }

  private final Map<Pulse, Long> beats = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  /**
   * @param nanoTime a clock that nobody sets, as {@link System#nanoTime()}
   */
  public Vitals(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  @Override
  public void moved(Part part, String name) {
    beats.put(new Pulse(part, name), nanoTime.getAsLong());
  }

  @Override
  public void rested(Part part, String name) {
    beats.remove(new Pulse(part, name));
  }

  @Override
  public void progress(String seriesUid, Stage stage, double fraction) {
    moved(Part.WORKER, "");
  }

  @Override
  public void delivered(String seriesUid, String destination, String sopClassUid) {
    moved(Part.DELIVERY, destination);
  }

  @Override
  public void deliveryFailed(String seriesUid, String destination, String cause) {
    moved(Part.DELIVERY, destination);
  }

  /** The parts that have something to do and have not moved for longer than they may, in words. */
  public List<String> stalled() {
    long now = nanoTime.getAsLong();
    return beats.entrySet().stream()
        .filter(beat -> now - beat.getValue() > beat.getKey().part().limit().toNanos())
        .map(beat -> beat.getKey() + " has not moved for " + Duration.ofNanos(now - beat.getValue()).toMinutes() + " min")
        .sorted()
        .toList();
  }
}
