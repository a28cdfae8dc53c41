package nmsw.scp.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who may log in: a file with a line {@code NAME TOKEN} for each. It is read anew for every login, so that a token that was
 * taken out counts no more.
 */
final class Tokens {
  private static final Pattern LINE = Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,31})\\s+(\\S{24,256})");
  private static final long MAX_FILE = 64 << 10;

  private final Path file;

  private Tokens(Path file) {
    this.file = file;
  }

  /** @throws IOException if the file can't be used; the message says why */
  static Tokens open(Path file) throws IOException {
    Tokens tokens = new Tokens(file);
    tokens.read();
    return tokens;
  }

  /**
   * Whose token this is. Takes the same time whether and where it differs from those in the file.
   *
   * @throws IOException if the file can't be used any more
   */
  Optional<String> nameOf(String token) throws IOException {
    byte[] given = digest(token);
    String found = null;
    for (Map.Entry<String, byte[]> known : read().entrySet()) {
      if (MessageDigest.isEqual(given, known.getValue())) {
        found = known.getKey();
      }
    }
    return Optional.ofNullable(found);
  }

  private Map<String, byte[]> read() throws IOException {
    requirePrivate();
    if (Files.size(file) > MAX_FILE) {
      throw new IOException("web.tokenFile " + file + " is larger than 64 KiB; this is no list of tokens");
    }
    Map<String, byte[]> digests = new LinkedHashMap<>();
    int number = 0;
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      Matcher matcher = LINE.matcher(line.strip());
      if (!matcher.matches()) {
        throw new IOException(
            "web.tokenFile " + file + " line " + number
                + " is not NAME TOKEN, the token of 24 to 256 characters without spaces (openssl rand -hex 32)");
      }
      digests.put(matcher.group(1), digest(matcher.group(2)));
    }
    if (digests.isEmpty()) {
      throw new IOException("web.tokenFile " + file + " holds no token; add a line NAME TOKEN");
    }
    return digests;
  }

  private void requirePrivate() throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
    if (view == null) {
      return;
    }
    Set<PosixFilePermission> permissions = view.readAttributes().permissions();
    if (permissions.contains(PosixFilePermission.OTHERS_READ)) {
      throw new IOException("web.tokenFile " + file + " can be read by everybody: chmod o-rwx " + file);
    }
  }

  private static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }
}
