package nmsw.scp.trends;

import java.time.ZoneId;

/**
 * How trends are made: {@code trends} of the configuration.
 *
 * @param timeZone whose midnights part the days
 */
public record TrendRules(ZoneId timeZone) {}
