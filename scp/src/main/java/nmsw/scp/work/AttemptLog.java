package nmsw.scp.work;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import nmsw.scp.disk.DurableFiles;
import nmsw.scp.series.SeriesRecord;

/**
 * What is known of the failed attempts to segment one series, in a text file for people: one paragraph each, with where
 * it was thrown. Of an attempt at most {@value #MOST_OF_ONE} characters are kept, and of all {@value #MOST} bytes.
 */
final class AttemptLog {
  private static final String FILE = "attempts.log";
  private static final int MOST_OF_ONE = 16 << 10;
  private static final int MOST = 256 << 10;

  private final Path file;

  /**
   * @param folder of the series in the spool
   */
  AttemptLog(Path folder) {
    file = folder.resolve(FILE);
  }

  /** Adds an attempt; durable on return. Does nothing where the series' folder is gone, or the file full. */
  void add(SeriesRecord series, Failure failure, Instant when) throws IOException {
    if (!Files.isDirectory(file.getParent()) || Files.exists(file) && Files.size(file) > MOST) {
      return;
    }
    StringWriter text = new StringWriter();
    text.write(
        "%s attempt %d of revision %d on node %s: %s: %s%n"
            .formatted(when, series.attempts(), series.revision(), series.node(), failure.code(), failure.text()));
    failure.cause().ifPresent(cause -> cause.printStackTrace(new PrintWriter(text, true)));
    String all = text.toString();
    String kept = all.length() > MOST_OF_ONE ? all.substring(0, MOST_OF_ONE) + System.lineSeparator() : all;
    Files.write(
        file, kept.getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    DurableFiles.force(file);
    DurableFiles.forceFolder(file.getParent());
  }
}
