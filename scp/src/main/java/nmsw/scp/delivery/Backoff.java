package nmsw.scp.delivery;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The wait before something is tried again. It doubles with each failure up to a limit, and is up to a quarter shorter by
 * chance, so that those who failed together do not all come back together.
 *
 * @param first after the first failure
 * @param longest between two tries of what can pass
 * @param longestRefused between two tries of what was refused for good; such an object waits for a change over there
 * @param random used by several threads
 */
public record Backoff(Duration first, Duration longest, Duration longestRefused, RandomGenerator random) {
  private static final double JITTER = 0.25;

  /**
   * @param failures in a row, at least 1
   * @param refused whether the last was a refusal for good
   */
  public Duration wait(int failures, boolean refused) {
    Duration limit = refused ? longestRefused : longest;
    Duration wait = first;
    for (int i = 1; i < failures && wait.compareTo(limit) < 0; i++) {
      wait = wait.multipliedBy(2);
    }
    Duration bounded = wait.compareTo(limit) < 0 ? wait : limit;
    return bounded.minusMillis((long) (bounded.toMillis() * JITTER * random.nextDouble()));
  }
}
