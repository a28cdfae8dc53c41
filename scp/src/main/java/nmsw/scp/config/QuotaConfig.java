package nmsw.scp.config;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How much of the disk the spool may take: {@code storage.quota} of the configuration. An object that would take more is
 * answered with A700.
 *
 * @param total all series together; empty for no limit
 * @param perSender the series that one calling AE brought; empty for no limit
 * @param senders limits of single calling AEs, by their titles, in place of {@code perSender}
 */
public record QuotaConfig(Optional<DataSize> total, Optional<DataSize> perSender, Map<String, DataSize> senders) {
  /** No limit. */
  public static final QuotaConfig NONE = new QuotaConfig(Optional.empty(), Optional.empty(), Map.of());

  public QuotaConfig {
    senders = Map.copyOf(senders);
  }

  /** The limit of a calling AE. */
  public Optional<DataSize> of(String callingAe) {
    DataSize own = senders.get(callingAe);
    return own == null ? perSender : Optional.of(own);
  }

  static QuotaConfig read(ConfigSection section) {
    Map<String, DataSize> senders = new HashMap<>();
    ConfigSection titles = section.section("senders");
    for (String title : titles.keys()) {
      try {
        ConfigSection.aeTitle(title);
      } catch (IllegalArgumentException e) {
        titles.problem(title, e.getMessage());
      }
      DataSize size = titles.size(title, null);
      if (size != null) {
        senders.put(title, size);
      }
    }
    QuotaConfig quota =
        new QuotaConfig(
            Optional.ofNullable(section.size("total", null)),
            Optional.ofNullable(section.size("perSender", null)),
            senders);
    section.end();
    return quota;
  }
}
