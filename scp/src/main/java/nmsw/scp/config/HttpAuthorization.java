package nmsw.scp.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/**
 * How the node shows an HTTP server who it is; the secret stays in its file, and is read again for each use, so that it can
 * be replaced.
 */
public record HttpAuthorization(Scheme scheme, Path file) {
  private static final int MAX_SECRET = 16 * 1024;

  /** How the secret is shown. */
  public enum Scheme {
    /** The file has {@code user:password} (RFC 7617). */
    BASIC,
    /** The file has a token (RFC 6750). */
    BEARER
  }

  /**
   * The value of the header Authorization.
   *
   * @throws IOException if the file can't be read or has no such secret; never shows what is in it
   */
  public String header() throws IOException {
    if (!Files.isReadable(file)) {
      throw new IOException("the secret in " + file + " can't be read");
    }
    if (Files.size(file) > MAX_SECRET) {
      throw new IOException(file + " has more than " + MAX_SECRET + " bytes; it should hold a secret in one line");
    }
    String secret = Files.readString(file).strip();
    if (secret.isEmpty() || secret.chars().anyMatch(Character::isISOControl)) {
      throw new IOException(file + " should hold a secret in one line");
    }
    if (scheme == Scheme.BASIC && secret.indexOf(':') < 1) {
      throw new IOException(file + " should hold user:password");
    }
    return scheme == Scheme.BASIC
        ? "Basic " + Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8))
        : "Bearer " + secret;
  }
}
