package nmsw.scp;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import nmsw.scp.config.StartException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a second process from working under the name of a node, with its outbox and half-received objects. The system
 * gives it back when the process ends, however it ends.
 */
final class NameLock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NameLock.class);

  private final FileChannel file;

  private NameLock(FileChannel file) {
    this.file = file;
  }

  /** @throws StartException if another process has the name */
  static NameLock take(Path dataDirectory, String name) throws IOException {
    FileChannel file =
        FileChannel.open(
            dataDirectory.resolve("node-" + name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = file.tryLock();
      if (lock != null) {
        return new NameLock(file);
      }
    } catch (OverlappingFileLockException e) {
      // Another node in this process; refused like any other.
    } catch (IOException e) {
      LOG.warn(
          "{} knows no locks ({}); see yourself that no two nodes are called {}", dataDirectory, e.getMessage(), name);
      return new NameLock(file);
    }
    file.close();
    throw new StartException(
        StartException.Need.NAME,
        "name: another process runs as node " + name + " on " + dataDirectory + "; give every node a name of its own");
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
