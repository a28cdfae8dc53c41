package nmsw.training.dataset;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** A file that is whole or is not there, also after a power loss. */
public final class DurableFile {
  /** Writes a file. */
  public interface Writer {
    void write(Path file) throws IOException;
  }

  /** How the names of files begin that are being written, or were when a process was killed. */
  static final String TEMPORARY = ".new-";

  private DurableFile() {}

  /**
   * Has the content written beside the file, under a name with the same ending, and gives it the file's name once it
   * is on the disk; what the file was before is replaced.
   */
  public static void write(Path file, Writer content) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Path temporary = folder.resolve(TEMPORARY + UUID.randomUUID() + "-" + file.getFileName());
    try {
      content.write(temporary);
      force(temporary, StandardOpenOption.WRITE);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      force(folder, StandardOpenOption.READ);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void force(Path path, StandardOpenOption how) throws IOException {
    try (FileChannel channel = FileChannel.open(path, how)) {
      channel.force(true);
    }
  }
}
