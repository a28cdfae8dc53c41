package nmsw.scp;

import java.time.DateTimeException;
import java.time.ZoneId;
import nmsw.scp.trends.TrendRules;

/** How trends are made: {@code trends} of the configuration. */
final class TrendsConfig {
  private TrendsConfig() {}

  static TrendRules read(ConfigSection section) {
    TrendRules rules = new TrendRules(section.scalar("timeZone", TrendsConfig::zone, ZoneId.of("UTC")));
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
