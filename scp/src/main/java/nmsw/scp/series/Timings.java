package nmsw.scp.series;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How long each stage of one series took; a stage that has not run yet is absent. Immutable. */
public record Timings(Map<Stage, Duration> stages) {
  public static final Timings NONE = new Timings(Map.of());

  public Timings {
    EnumMap<Stage, Duration> copy = new EnumMap<>(Stage.class);
    copy.putAll(stages);
    stages = Collections.unmodifiableMap(copy);
  }

  /** These with one stage added or replaced. */
  public Timings with(Stage stage, Duration duration) {
    EnumMap<Stage, Duration> copy = new EnumMap<>(Stage.class);
    copy.putAll(stages);
    copy.put(stage, duration);
    return new Timings(copy);
  }

  /** These with all of the others added or replaced. */
  public Timings with(Timings others) {
    EnumMap<Stage, Duration> copy = new EnumMap<>(Stage.class);
    copy.putAll(stages);
    copy.putAll(others.stages);
    return new Timings(copy);
  }

  public Duration total() {
    return stages.values().stream().reduce(Duration.ZERO, Duration::plus);
  }

  /** Seconds per stage, e.g. {@code receive=1.204 decode=0.310}. */
  @Override
  public String toString() {
    return stages.entrySet().stream()
        .map(e -> e.getKey().label() + "=" + String.format(Locale.ROOT, "%.3f", e.getValue().toNanos() / 1e9))
        .collect(Collectors.joining(" "));
  }

  /** Reads what {@link #toString()} wrote. */
  public static Timings parse(String text) {
    Timings timings = NONE;
    for (String part : text.isBlank() ? new String[0] : text.split(" ")) {
      String[] pair = part.split("=", 2);
      Stage stage = Stage.valueOf(pair[0].toUpperCase(Locale.ROOT).replace('-', '_'));
      timings = timings.with(stage, Duration.ofMillis(Math.round(1000 * Double.parseDouble(pair[1]))));
    }
    return timings;
  }
}
