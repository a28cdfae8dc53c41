package nmsw.training;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** What one process at a time may hold: a lock on a file, which the system gives back when the process dies. */
final class Lease implements AutoCloseable {
  private final FileChannel channel;

  private Lease(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * @param file made if it is missing, and left there
   * @return empty if somebody holds it
   */
  static Optional<Lease> tryTake(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (tryLock(channel) == null) {
      channel.close();
      return Optional.empty();
    }
    return Optional.of(new Lease(channel));
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /** Closing the file gives the lock back. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
