package nmsw.scp.config;

import java.time.Duration;
import java.util.Optional;

/**
 * How long a series stays in the spool once nothing more happens to it: {@code storage.retention} of the configuration. What is
 * not delivered everywhere stays whatever this says.
 *
 * @param age a series is removed when its state has been final for this long
 * @param total the oldest are removed earlier while the spool is larger than this; empty for no limit
 * @param atLeast how long a series stays even so: late objects are taken as the rest of it
 */
public record RetentionConfig(Duration age, Optional<DataSize> total, Duration atLeast) {
  /** What holds where nothing is configured. */
  public static final RetentionConfig DEFAULT =
      new RetentionConfig(Duration.ofDays(7), Optional.empty(), Duration.ofHours(1));

  static RetentionConfig read(ConfigSection section) {
    Duration age = section.positiveDuration("age", DEFAULT.age);
    Duration usual = age.compareTo(DEFAULT.atLeast) < 0 ? age : DEFAULT.atLeast;
    RetentionConfig retention =
        new RetentionConfig(
            age, Optional.ofNullable(section.size("total", null)), section.duration("atLeast", usual));
    if (retention.atLeast.compareTo(retention.age) > 0) {
      section.problem("atLeast", "is longer than age");
    }
    section.end();
    return retention;
  }
}
