package nmsw.scp.config;

import java.time.DateTimeException;
import java.time.ZoneId;

/** How trends are made: {@code trends} of the configuration. */
final class TrendsConfig {
  private TrendsConfig() {}

  static TrendRules read(ConfigSection section) {
    TrendRules rules =
        new TrendRules(
            section.scalar("timeZone", TrendsConfig::zone, ZoneId.of("UTC")),
            section.integer("recentDays", 1, TrendRules.MOST_DAYS, 7),
            section.integer("referenceDays", 1, TrendRules.MOST_DAYS, 90),
            section.integer("minimumSeries", 2, 100_000, 30),
            section.number("alert", 1, 16, 4));
    if (rules.recentDays() + rules.referenceDays() > TrendRules.MOST_DAYS) {
      section.problem("referenceDays", "results are kept for " + TrendRules.MOST_DAYS + " days; with recentDays it is more");
    }
    section.end();
    return rules;
  }

  private static ZoneId zone(String text) {
    try {
      return ZoneId.of(text);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("'" + text + "' is no time zone, as UTC or Europe/Berlin are", e);
    }
  }
}
