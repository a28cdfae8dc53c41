package nmsw.scp.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import nmsw.dicom.net.TlsFiles;

/**
 * Where audit messages go: {@code audit} of the configuration.
 *
 * @param repository a syslog receiver: {@code tls://HOST:PORT} or {@code udp://HOST:PORT}
 * @param tls material for {@code tls}; empty where it is that of {@link NetworkConfig#tls}
 * @param site of the enterprise that the node is part of
 * @param maxWaiting messages kept while the repository takes none
 */
public record AuditConfig(URI repository, Optional<TlsFiles> tls, Optional<String> site, int maxWaiting) {

  /** Empty where the configuration has no such section. */
  static Optional<AuditConfig> read(ConfigSection root) {
    ConfigSection section = root.section("audit");
    if (!root.holdsMapping("audit")) {
      return Optional.empty();
    }
    URI repository = section.scalar("repository", AuditConfig::repository, null);
    if (!section.keys().contains("repository")) {
      section.problem("repository", "is needed: tls://HOST:PORT or udp://HOST:PORT");
    }
    AuditConfig audit =
        new AuditConfig(
            repository,
            TlsConfig.readFiles(section.section("tls")),
            Optional.ofNullable(section.string("site", null)),
            section.integer("maxWaiting", 1, 1_000_000, 10_000));
    section.end();
    return Optional.of(audit);
  }

  private static URI repository(String text) {
    try {
      URI uri = new URI(text);
      boolean known = "tls".equals(uri.getScheme()) || "udp".equals(uri.getScheme());
      if (known && uri.getHost() != null && uri.getPort() > 0 && uri.getPort() < 65536 && uri.getPath().isEmpty()) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Falls through to the message, which names the forms that are accepted.
    }
    throw new IllegalArgumentException("'" + text + "' is not tls://HOST:PORT or udp://HOST:PORT");
  }

  public boolean isTls() {
    return repository.getScheme().equals("tls");
  }
}
