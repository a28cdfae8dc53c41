package nmsw.scp.config;

import java.time.Duration;

/**
 * When a series is complete, and what is refused: {@code series} of the configuration.
 *
 * @param quiet complete when its associations are released and nothing came for this long
 * @param maxWait complete at the latest when nothing came for this long
 * @param minSlices fewer slices are refused with TOO_FEW_SLICES
 */
public record SeriesConfig(Duration quiet, Duration maxWait, int minSlices) {
  static SeriesConfig read(ConfigSection section) {
    SeriesConfig series =
        new SeriesConfig(
            section.duration("quiet", Duration.ofSeconds(10)),
            section.duration("maxWait", Duration.ofMinutes(10)),
            section.integer("minSlices", 1, 100_000, 16));
    if (series.maxWait().compareTo(series.quiet()) < 0) {
      section.problem("maxWait", "is shorter than quiet");
    }
    section.end();
    return series;
  }
}
