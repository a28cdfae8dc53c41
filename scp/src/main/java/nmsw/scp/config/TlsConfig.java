package nmsw.scp.config;

import java.nio.file.Path;
import java.util.Optional;
import nmsw.dicom.net.TlsFiles;

/**
 * How connections are secured: {@code network.tls} of the configuration.
 *
 * @param clientCertificates whether peers must show a certificate of a trusted authority
 */
public record TlsConfig(TlsFiles files, boolean clientCertificates) {

  /** Material for connections that we open: a certificate of ours may be left out. Empty where the section is. */
  static Optional<TlsFiles> readFiles(ConfigSection section) {
    if (section.keys().isEmpty()) {
      return Optional.empty();
    }
    Optional<Path> identity = section.optionalPath("certificate");
    Optional<Path> key = section.optionalPath("privateKey");
    Path trusted = section.file("trusted");
    Optional<String> password = section.secret("password");
    section.end();
    if (key.isPresent() && identity.isEmpty()) {
      section.problem("privateKey", "stands without its certificate");
      return Optional.empty();
    }
    return trusted == null ? Optional.empty() : Optional.of(new TlsFiles(identity, key, trusted, password));
  }

  /** Empty where the section is, and where it lacks what is needed, which is reported. */
  static Optional<TlsConfig> read(ConfigSection section) {
    if (section.keys().isEmpty()) {
      return Optional.empty();
    }
    Path identity = section.file("certificate");
    Optional<Path> key = section.optionalPath("privateKey");
    Path trusted = section.file("trusted");
    Optional<String> password = section.secret("password");
    boolean required = section.flag("clientCertificates", true);
    section.end();
    return identity == null || trusted == null
        ? Optional.empty()
        : Optional.of(new TlsConfig(new TlsFiles(Optional.of(identity), key, trusted, password), required));
  }
}
