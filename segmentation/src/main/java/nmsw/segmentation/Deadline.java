package nmsw.segmentation;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * When a result is wanted at the latest. What is bounded is the number of patches: the global network always
 * runs. Carries its own clock.
 */
public final class Deadline {
  private static final Deadline NONE = new Deadline(() -> 0, Optional.empty());

  /**
   * Share of a patch's time in the network that its fusion takes on top, rounded up; it can't be measured
   * before the fusion knows which patches there will be.
   */
  private static final double FUSION = 0.15;

  private final LongSupplier nanos;
  private final Optional<Duration> limit;
  private final long start;

  private Deadline(LongSupplier nanos, Optional<Duration> limit) {
    this.nanos = nanos;
    this.limit = limit;
    this.start = nanos.getAsLong();
  }

  /** No deadline. */
  public static Deadline none() {
    return NONE;
  }

  /** So long from now. */
  public static Deadline in(Duration limit) {
    return in(limit, System::nanoTime);
  }

  /**
   * So long from now.
   *
   * @param nanos the clock, as {@link System#nanoTime}
   * @throws IllegalArgumentException if the limit is not longer than zero
   */
  public static Deadline in(Duration limit, LongSupplier nanos) {
    if (limit.isZero() || limit.isNegative()) {
      throw new IllegalArgumentException("deadline " + limit + " is not longer than zero");
    }
    return new Deadline(nanos, Optional.of(limit));
  }

  /** Empty if there is none. */
  public Optional<Duration> limit() {
    return limit;
  }

  /** For people, e.g. {@code 20s} or {@code 1.5s}; empty if there is none. */
  @Override
  public String toString() {
    return limit.map(d -> String.format(Locale.ROOT, "%.3f", d.toMillis() / 1e3))
        .map(seconds -> seconds.replaceFirst("\\.?0+$", "") + "s")
        .orElse("");
  }

  long now() {
    return nanos.getAsLong();
  }

  boolean isSet() {
    return limit.isPresent();
  }

  boolean isOver() {
    return left() <= 0;
  }

  /** Nanoseconds; negative when it is over. */
  long left() {
    return limit.isPresent() ? saturated(limit.get()) - (now() - start) : Long.MAX_VALUE;
  }

  private static long saturated(Duration duration) {
    return duration.getSeconds() > Long.MAX_VALUE / 2_000_000_000 ? Long.MAX_VALUE / 2 : duration.toNanos();
  }

  /**
   * How many further patches there is time for.
   *
   * @param patch nanoseconds that the network took for one
   * @param wanted at most so many
   * @param reserve nanoseconds to leave for what comes after the last patch
   */
  int affordable(long patch, int wanted, long reserve) {
    double each = Math.max(1, patch * (1 + FUSION));
    double left = (double) left() - reserve - FUSION * patch;
    return (int) Math.max(0, Math.min(wanted, Math.floor(left / each)));
  }
}
