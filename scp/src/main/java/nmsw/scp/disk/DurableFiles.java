package nmsw.scp.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Files that survive power loss, and names for them that owe nothing to the network. */
public final class DurableFiles {
  private DurableFiles() {}

  /** Writes what was written to the file, and its length, through to the disk. */
  public static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Writes the entries of a folder (names added and removed) through to the disk. */
  public static void forceFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Gives a forced file its final name, replacing what was there; on return that is durable. */
  public static void moveInto(Path temporary, Path target) throws IOException {
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    forceFolder(target.getParent());
  }

  /** Makes one folder below an existing one; on return that is durable. */
  public static void makeFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder);
      forceFolder(folder.getParent());
    }
  }

  /** Replaces a small text file as a whole. */
  public static void writeString(Path file, String text) throws IOException {
    Path temporary = Files.createTempFile(file.getParent(), "new-", ".part");
    try {
      Files.writeString(temporary, text, StandardCharsets.UTF_8);
      force(temporary);
      moveInto(temporary, file);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** A file name that stands for the text: 40 hexadecimal digits of its SHA-256. */
  public static String nameFor(String text) {
    return hex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  public static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest, 0, 20);
  }

  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }
}
