package nmsw.scp.config;

import java.time.ZoneId;

/**
 * How trends are made: {@code trends} of the configuration.
 *
 * @param timeZone whose midnights part the days
 * @param recentDays what is compared: so many days up to today
 * @param referenceDays what it is compared with: so many days before those
 * @param minimumSeries results that either needs; with fewer there is no alert
 * @param alert drift, of either sign, from which on there is one; see {@code Drift}
 */
public record TrendRules(ZoneId timeZone, int recentDays, int referenceDays, int minimumSeries, double alert) {
  /** Results are kept so long, and a trend is at most so long. */
  public static final int MOST_DAYS = 400;
}
