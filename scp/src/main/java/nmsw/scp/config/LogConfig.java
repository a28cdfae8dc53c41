package nmsw.scp.config;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.event.Level;

/**
 * What the log of {@code serve} tells, and in which form: {@code log} of the configuration.
 *
 * @param level from which on events are told
 * @param levels of single loggers, and of those below them
 */
public record LogConfig(Format format, Level level, Map<String, Level> levels) {

  /** How an event is written. */
  public enum Format {
    /** A line for people. */
    TEXT,
    /** A line of JSON for collectors. */
    JSON
  }

  public LogConfig {
    levels = Map.copyOf(levels);
  }

  static LogConfig read(ConfigSection section) {
    Map<String, Level> levels = new LinkedHashMap<>();
    ConfigSection loggers = section.section("levels");
    for (String logger : loggers.keys()) {
      levels.put(logger, loggers.scalar(logger, text -> value(Level.values(), text), Level.INFO));
    }
    LogConfig log =
        new LogConfig(
            section.scalar("format", text -> value(Format.values(), text), Format.TEXT),
            section.scalar("level", text -> value(Level.values(), text), Level.INFO),
            levels);
    section.end();
    return log;
  }

  private static <E extends Enum<E>> E value(E[] values, String text) {
    return Arrays.stream(values)
        .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'" + text + "' is none of "
                        + Arrays.stream(values)
                            .map(value -> value.name().toLowerCase(Locale.ROOT))
                            .collect(Collectors.joining(", "))));
  }
}
