package nmsw.scp.config;

import java.time.Duration;

/**
 * How series are worked on: {@code work} of the configuration.
 *
 * @param attempts a series whose segmentation failed, or took the process with it, so often is set aside (PARKED)
 * @param firstRetry wait after the first failed attempt; doubles with each further one
 * @param maxRetry longest wait between two attempts
 * @param heartbeat how often this node shows the others that share its database that it lives
 */
public record WorkConfig(int attempts, Duration firstRetry, Duration maxRetry, Duration heartbeat) {
  static WorkConfig read(ConfigSection section) {
    WorkConfig work =
        new WorkConfig(
            section.integer("attempts", 1, 100, 5),
            section.positiveDuration("firstRetry", Duration.ofSeconds(10)),
            section.duration("maxRetry", Duration.ofMinutes(10)),
            section.positiveDuration("heartbeat", Duration.ofSeconds(10)));
    if (work.maxRetry().compareTo(work.firstRetry()) < 0) {
      section.problem("maxRetry", "is shorter than firstRetry");
    }
    section.end();
    return work;
  }
}
