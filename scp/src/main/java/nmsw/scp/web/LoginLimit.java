package nmsw.scp.web;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/** Holds up who guesses tokens: some tries that failed, and an address has to wait. */
final class LoginLimit {
  static final int TRIES = 5;
  static final Duration WAIT = Duration.ofMinutes(1);
  private static final int MOST = 10_000;

  private record Failures(int count, Instant last) {}

  private final InstantSource clock;
  private final Map<String, Failures> failures = new LinkedHashMap<>();

  LoginLimit(InstantSource clock) {
    this.clock = clock;
  }

  /** Counts a try as failed, until it is told to have {@link #succeeded}; false if the address has to wait. */
  synchronized boolean mayTry(String address) {
    int count = current(address).count() + 1;
    if (count > TRIES) {
      return false;
    }
    failures.remove(address);
    if (failures.size() >= MOST) {
      failures.remove(failures.keySet().iterator().next());
    }
    failures.put(address, new Failures(count, clock.instant()));
    return true;
  }

  synchronized void succeeded(String address) {
    failures.remove(address);
  }

  private Failures current(String address) {
    Failures known = failures.get(address);
    boolean over = known == null || !clock.instant().isBefore(known.last().plus(WAIT));
    return over ? new Failures(0, Instant.EPOCH) : known;
  }
}
