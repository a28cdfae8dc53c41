package nmsw.scp.config;

import java.time.Duration;

/**
 * How results are sent: {@code delivery} of the configuration.
 *
 * @param connectTimeout for the TCP connection and the association
 * @param responseTimeout for the answer to one C-STORE
 * @param firstRetry wait after the first failure; doubles with each further one
 * @param maxRetry longest wait between two tries; there is no last try
 * @param maxRefusedRetry longest wait between two tries of an object that the destination refused for good
 * @param warnAfter age of an undelivered object that is worth a warning
 * @param tls whether destinations are spoken to in TLS, with the material of {@link NetworkConfig#tls}
 */
public record DeliveryConfig(
    Duration connectTimeout,
    Duration responseTimeout,
    Duration firstRetry,
    Duration maxRetry,
    Duration maxRefusedRetry,
    Duration warnAfter,
    boolean tls) {
  static DeliveryConfig read(ConfigSection section) {
    DeliveryConfig delivery =
        new DeliveryConfig(
            section.positiveDuration("connectTimeout", Duration.ofSeconds(10)),
            section.positiveDuration("responseTimeout", Duration.ofMinutes(1)),
            section.positiveDuration("firstRetry", Duration.ofSeconds(5)),
            section.duration("maxRetry", Duration.ofMinutes(10)),
            section.duration("maxRefusedRetry", Duration.ofHours(6)),
            section.positiveDuration("warnAfter", Duration.ofHours(1)),
            section.flag("tls", false));
    if (delivery.maxRetry().compareTo(delivery.firstRetry()) < 0) {
      section.problem("maxRetry", "is shorter than firstRetry");
    }
    if (delivery.maxRefusedRetry().compareTo(delivery.maxRetry()) < 0) {
      section.problem("maxRefusedRetry", "is shorter than maxRetry");
    }
    section.end();
    return delivery;
  }
}
