package nmsw.scp.audit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.OptionalLong;

/**
 * So that whoever scans ports, or is not let in and asks again, does not flood the audit repository: lets a few alerts
 * through a minute, and counts the rest. Thread-safe.
 */
final class AlertLimit {
  static final int MOST = 10;
  static final Duration SPAN = Duration.ofMinutes(1);

  private final InstantSource clock;
  private Instant since = Instant.MIN;
  private int admitted;
  private long leftOut;

  AlertLimit(InstantSource clock) {
    this.clock = clock;
  }

  /** @return how many were left out since the last that was let through; empty if this one is left out, too */
  synchronized OptionalLong admit() {
    Instant now = clock.instant();
    if (now.isBefore(since) || !now.isBefore(since.plus(SPAN))) {
      since = now;
      admitted = 0;
    }
    if (admitted == MOST) {
      leftOut++;
      return OptionalLong.empty();
    }
    admitted++;
    long before = leftOut;
    leftOut = 0;
    return OptionalLong.of(before);
  }
}
