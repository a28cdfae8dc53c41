package nmsw.scp.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A text file that only grows, a line at a time, each on the disk before {@link #add} returns. */
public final class AppendedLines implements AutoCloseable {
  private static final byte END = '\n';

  private final FileChannel file;

  private AppendedLines(FileChannel file) {
    this.file = file;
  }

  /** Opens or makes the file. A last line that ended with the power, whole or not, is given its end. */
  public static AppendedLines open(Path path) throws IOException {
    FileChannel file =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    try (FileChannel folder = FileChannel.open(path.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      folder.force(true);
      AppendedLines lines = new AppendedLines(file);
      if (!endsWithALine(path)) {
        lines.add("");
      }
      return lines;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private static boolean endsWithALine(Path path) throws IOException {
    try (FileChannel read = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      return read.size() == 0 || read.read(last, read.size() - 1) == 1 && last.get(0) == END;
    }
  }

  /** @param line without its end */
  public synchronized void add(String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + (char) END).getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
    file.force(true);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
