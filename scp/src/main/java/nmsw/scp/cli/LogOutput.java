package nmsw.scp.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import nmsw.scp.config.LogConfig;
import org.slf4j.LoggerFactory;

/** Puts the configured form and levels of the log in place; what {@code logback.xml} says holds until then. */
final class LogOutput {
  private static final String NAME = "stderr";

  /** The journal has times of its own, and takes a line's priority from its beginning (sd-daemon(3)). */
  private static final String JOURNAL_PATTERN =
      "<%replace(%replace(%replace(%replace(%level){'ERROR','3'}){'WARN','4'}){'INFO','6'}){'DEBUG|TRACE','7'}>%msg%n";

  private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %msg%n";

  private final LoggerContext context;
  private final boolean journal;
  private final Map<String, Level> replaced = new HashMap<>();

  /**
   * @param journal whether lines go to systemd's journal
   */
  LogOutput(LoggerContext context, boolean journal) {
    this.context = context;
    this.journal = journal;
  }

  /** For the log of this process. */
  static LogOutput ofProcess() {
    String stream = System.getenv("JOURNAL_STREAM");
    return new LogOutput((LoggerContext) LoggerFactory.getILoggerFactory(), stream != null && stream.equals(stderr()));
  }

  /** Device and inode of standard error, as systemd names the journal's. */
  private static String stderr() {
    try {
      Map<String, Object> file = Files.readAttributes(Path.of("/proc/self/fd/2"), "unix:dev,ino");
      return file.get("dev") + ":" + file.get("ino");
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  /** May be called again with something else. */
  void apply(LogConfig config) {
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setName(NAME);
    appender.setTarget("System.err");
    appender.setEncoder(encoder(config.format()));
    appender.start();
    root.detachAppender(NAME);
    root.addAppender(appender);
    root.setLevel(level(config.level()));
    replaced.forEach((name, level) -> context.getLogger(name).setLevel(level));
    replaced.clear();
    config.levels().forEach(
        (name, level) -> {
          Logger logger = context.getLogger(name);
          replaced.put(name, logger.getLevel());
          logger.setLevel(level(level));
        });
  }

  private static Level level(org.slf4j.event.Level level) {
    return Level.valueOf(level.name());
  }

  private Encoder<ILoggingEvent> encoder(LogConfig.Format format) {
    if (format == LogConfig.Format.JSON) {
      JsonEncoder json = new JsonEncoder();
      json.setContext(context);
      json.setWithMessage(false);
      json.setWithArguments(false);
      json.setWithFormattedMessage(true);
      json.setWithContext(false);
      json.setWithSequenceNumber(false);
      json.start();
      return json;
    }
    PatternLayoutEncoder text = new PatternLayoutEncoder();
    text.setContext(context);
    text.setPattern(journal ? JOURNAL_PATTERN : PATTERN);
    text.start();
    return text;
  }
}
