package nmsw.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** The whole comparison on a few small objects; what is fast is not asserted. */
@Timeout(300)
class NetworkBenchIT {
  @Test
  void everyReceiverAndReaderHasItsRow() {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = BenchCommand.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    Logger log = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level level = log.getLevel();
    ListAppender<ILoggingEvent> told = new ListAppender<>();
    told.start();
    log.addAppender(told);
    int code =
        command.execute("network", "--slices", "4", "--size", "32", "--associations", "2", "--runs", "1");
    log.detachAppender(told);
    assertEquals(0, code, err.toString());
    List<ILoggingEvent> between = told.list.stream().filter(e -> !e.getLevel().isGreaterOrEqual(Level.WARN)).toList();
    assertEquals(List.of(), between, "lines between those of the table");
    assertEquals(level, log.getLevel());
    for (String row :
        List.of(
            "ours, each object synced",
            "DCMTK storescp",
            "Orthanc",
            "ours, synced, of storescp's",
            "ours of storescu's",
            "ours of dcmdump's",
            "pydicom")) {
      String line = out.toString().lines().filter(l -> l.startsWith(row)).findFirst().orElse("");
      assertTrue(line.matches(".*\\d\\.\\d.*"), row + " in " + out);
    }
  }
}
