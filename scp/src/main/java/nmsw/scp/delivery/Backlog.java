package nmsw.scp.delivery;

import java.time.Duration;

/**
 * What waits for one destination.
 *
 * @param objects that it has not accepted yet, or not taken the responsibility for where it is asked to
 * @param uncommitted those of them that it has accepted
 * @param refused those of them that it refused for good when it was last tried
 * @param oldest how long the oldest has waited; zero where none waits
 */
public record Backlog(long objects, long uncommitted, long refused, Duration oldest) {
  static final Backlog NONE = new Backlog(0, 0, 0, Duration.ZERO);
}
