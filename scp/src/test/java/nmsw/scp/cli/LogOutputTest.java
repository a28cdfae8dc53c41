package nmsw.scp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import nmsw.scp.config.LogConfig;
import nmsw.scp.config.LogConfig.Format;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class LogOutputTest {
  private final LoggerContext context = new LoggerContext();
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  private String[] lines(boolean journal, LogConfig... configs) {
    PrintStream before = System.err;
    System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
    try {
      context.setMDCAdapter(new LogbackMDCAdapter());
      LogOutput output = new LogOutput(context, journal);
      for (LogConfig config : configs) {
        output.apply(config);
        context.getLogger("nmsw.a").debug("fine {}", 1);
        context.getLogger("nmsw.a").info("series {} \"DONE\"", "1.2.3");
        context.getLogger("nmsw.b").warn("careful");
      }
    } finally {
      System.setErr(before);
    }
    return written.toString(StandardCharsets.UTF_8).split("\n");
  }

  @Test
  void linesForPeople() {
    String[] lines = lines(false, new LogConfig(Format.TEXT, Level.INFO, Map.of()));
    assertEquals(2, lines.length);
    assertTrue(lines[0].matches("\\d{4}-\\S+T\\S+ INFO  series 1.2.3 \"DONE\""), lines[0]);
  }

  @Test
  void linesOfTheJournalHavePriorities() {
    String[] lines = lines(true, new LogConfig(Format.TEXT, Level.DEBUG, Map.of("nmsw.b", Level.ERROR)));
    assertEquals(2, lines.length);
    assertEquals("<7>fine 1", lines[0]);
    assertEquals("<6>series 1.2.3 \"DONE\"", lines[1]);
  }

  @Test
  void linesForCollectors() throws Exception {
    String[] lines = lines(false, new LogConfig(Format.JSON, Level.INFO, Map.of()));
    JsonNode event = new ObjectMapper().readTree(lines[0]);
    assertEquals("series 1.2.3 \"DONE\"", event.get("formattedMessage").asText());
    assertEquals("INFO", event.get("level").asText());
    assertEquals("nmsw.a", event.get("loggerName").asText());
    assertTrue(event.get("timestamp").isNumber() && event.has("mdc"), lines[0]);
  }

  @Test
  void whatIsNoLongerConfiguredIsAsBefore() {
    String[] lines =
        lines(
            true,
            new LogConfig(Format.TEXT, Level.INFO, Map.of("nmsw", Level.TRACE)),
            new LogConfig(Format.TEXT, Level.INFO, Map.of()));
    assertEquals("<7>fine 1", lines[0]);
    assertEquals(5, lines.length);
    assertFalse(lines[3].contains("fine"), lines[3]);
  }
}
