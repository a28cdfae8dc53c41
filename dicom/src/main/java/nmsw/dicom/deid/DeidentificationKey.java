package nmsw.dicom.deid;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret that ties pseudonyms, UIDs and date shifts to a site. The same key gives the same result for the
 * same patient, always; without it a result can't be traced back. It never leaves the site, and whoever loses
 * it can't add to the cases of a patient any more: it belongs into the backup.
 */
public final class DeidentificationKey {
  private static final int BYTES = 32;
  private static final int MAX_BYTES = 4096;
  private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.complementOf(
          EnumSet.of(
              PosixFilePermission.OWNER_READ,
              PosixFilePermission.OWNER_WRITE,
              PosixFilePermission.OWNER_EXECUTE));
  private static final String MAC = "HmacSHA256";

  private final SecretKeySpec secret;

  private DeidentificationKey(byte[] secret) {
    this.secret = new SecretKeySpec(secret, MAC);
  }

  /**
   * The key in a file: its bytes as they are. A file that doesn't exist is made, with 32 random bytes that
   * only its owner can read (mode 0600), and is on the disk when this returns.
   *
   * @throws IOException if the file can't be read or made, is shorter than 32 bytes, or can be read by others
   */
  public static DeidentificationKey readOrCreate(Path file) throws IOException {
    try {
      return create(file);
    } catch (FileAlreadyExistsException e) {
      return read(file);
    }
  }

  private static DeidentificationKey create(Path file) throws IOException {
    byte[] secret = new byte[BYTES];
    new SecureRandom().nextBytes(secret);
    try (FileChannel out =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
      ByteBuffer bytes = ByteBuffer.wrap(secret);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    return new DeidentificationKey(secret);
  }

  private static DeidentificationKey read(Path file) throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
    if (permissions.stream().anyMatch(OTHERS::contains)) {
      throw new IOException(
          file + ": others than its owner have rights on the key ("
              + PosixFilePermissions.toString(permissions) + "); chmod 600 it");
    }
    long size = Files.size(file);
    if (size < BYTES || size > MAX_BYTES) {
      throw new IOException(
          file + ": " + size + " bytes are no key, which has " + BYTES + " to " + MAX_BYTES
              + " random bytes; restore it from the backup, or remove it if no case was made with it");
    }
    return new DeidentificationKey(Files.readAllBytes(file));
  }

  /**
   * HMAC-SHA-256 (RFC 2104) over a purpose and a text, so that what one purpose shows tells nothing of
   * another's.
   */
  public byte[] hash(String purpose, String text) {
    try {
      Mac mac = Mac.getInstance(MAC);
      mac.init(secret);
      mac.update(purpose.getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 0);
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + MAC, e);
    }
  }

  /** Never the key. */
  @Override
  public String toString() {
    return "de-identification key";
  }
}
