package nmsw.dicom.net;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the material for TLS lies. Files may be replaced while a server runs: see {@link TlsCredentials}.
 *
 * @param identity our certificate with what leads to its issuer, PEM, or PKCS#12 with the private key too; empty
 *     for a client that shows none
 * @param privateKey PKCS#8 in PEM; empty where it stands in {@code identity}
 * @param trusted certificates of the authorities that peers' certificates must come from, PEM or PKCS#12
 * @param password of the private key and of PKCS#12 files; empty if there is none
 */
public record TlsFiles(
    Optional<Path> identity, Optional<Path> privateKey, Path trusted, Optional<String> password) {

  public TlsFiles {
    if (privateKey.isPresent() && identity.isEmpty()) {
      throw new IllegalArgumentException("private key " + privateKey.get() + " without its certificate");
    }
  }

  /** PEM files without a password. */
  public static TlsFiles pem(Path certificate, Path privateKey, Path trusted) {
    return new TlsFiles(Optional.of(certificate), Optional.of(privateKey), trusted, Optional.empty());
  }

  public static TlsFiles pkcs12(Path keyStore, String password, Path trusted) {
    return new TlsFiles(Optional.of(keyStore), Optional.empty(), trusted, Optional.of(password));
  }

  /** For a client that shows no certificate. */
  public static TlsFiles trustOnly(Path trusted) {
    return new TlsFiles(Optional.empty(), Optional.empty(), trusted, Optional.empty());
  }

  @Override
  public String toString() {
    return "TlsFiles[identity=" + identity + ", privateKey=" + privateKey + ", trusted=" + trusted + "]";
  }
}
