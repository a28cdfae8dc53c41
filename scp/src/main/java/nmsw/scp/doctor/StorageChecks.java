package nmsw.scp.doctor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Locale;

/** Whether what a node must not lose is kept by something that is fit for it: the disk's write-through, the database. */
final class StorageChecks {
  private static final int OBJECT = 512 * 1024;
  private static final int TIMES = 15;

  /** Above this a series of 500 slices takes more than half a minute to come, however fast the network. */
  private static final double SLOW_SECONDS = 0.06;

  /** Below this nothing but a cache has been written to. */
  private static final double IMPLAUSIBLE_SECONDS = 2e-5;

  private static final int DATABASE_SECONDS = 10;
  private static final int H2_NOT_FOUND = 90146;
  private static final int H2_IN_USE = 90020;

  private StorageChecks() {}

  /** Writes some slices into a folder as they are received, each synced, and removes them. */
  static Check sync(Path folder) {
    try {
      double[] seconds = new double[TIMES];
      Path file = Files.createTempFile(folder, "nmsw-doctor", null);
      try {
        for (int i = 0; i < TIMES; i++) {
          long start = System.nanoTime();
          write(file);
          seconds[i] = (System.nanoTime() - start) / 1e9;
        }
      } finally {
        Files.delete(file);
      }
      Arrays.sort(seconds);
      return sync(seconds[TIMES / 2]);
    } catch (IOException e) {
      return Check.wrong("disk sync", folder + " cannot be written: " + e.getMessage(), "see the data directory above");
    }
  }

  /**
   * @param seconds that a slice takes until it would survive a power loss
   */
  static Check sync(double seconds) {
    String found = String.format(Locale.ROOT, "%.1f ms for a slice to be safe, %.0f a second", seconds * 1e3, 1 / seconds);
    if (seconds > SLOW_SECONDS) {
      return Check.note("disk sync", found, "series will come slowly: put dataDirectory on a faster disk, best on flash");
    }
    if (seconds < IMPLAUSIBLE_SECONDS) {
      return Check.note("disk sync", found, "no disk is so fast: what was acknowledged may not survive a power loss");
    }
    return Check.good("disk sync", found);
  }

  private static void write(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer slice = ByteBuffer.allocate(OBJECT);
      while (slice.hasRemaining()) {
        channel.write(slice);
      }
      channel.force(true);
    }
  }

  /** Opens the database, if there is one; makes none. */
  static Check database(String url, String user, String password) {
    boolean embedded = url.startsWith("jdbc:h2:");
    DriverManager.setLoginTimeout(DATABASE_SECONDS);
    try (Connection connection = DriverManager.getConnection(embedded ? url + ";IFEXISTS=TRUE" : url, user, password)) {
      if (!connection.isValid(DATABASE_SECONDS)) {
        return Check.wrong("database", url + " does not answer", "see the database's log");
      }
      String product = connection.getMetaData().getDatabaseProductName();
      return Check.good("database", product + " " + connection.getMetaData().getDatabaseProductVersion() + " answers");
    } catch (SQLException e) {
      if (embedded && e.getErrorCode() == H2_NOT_FOUND) {
        return Check.good("database", "embedded (will be made)");
      }
      if (embedded && e.getErrorCode() == H2_IN_USE) {
        return Check.good("database", "embedded, in use by a node that runs");
      }
      return Check.wrong(
          "database",
          url + ": " + e.getMessage().lines().findFirst().orElse(""),
          embedded
              ? "stop the node and move the database's files away: it is made anew from the spool"
              : "see that it runs, that this machine may connect, and database.user and database.password");
    }
  }
}
