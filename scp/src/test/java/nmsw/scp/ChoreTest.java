package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ChoreTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(Chore.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private String failure = "";

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(log);
  }

  /** Five times a second, a disk that is full for an hour would fill with what the log says of it. */
  @Test
  void saysOnceThatItFailsAndOnceThatItWorksAgain() {
    Chore chore =
        new Chore(
            "water the plants",
            () -> {
              if (failure.equals("fault")) {
                throw new IllegalStateException(failure);
              } else if (!failure.isEmpty()) {
                throw new IOException(failure);
              }
            });
    for (String next : List.of("", "no water", "no water", "no can", "no can", "fault", "", "", "no water")) {
      failure = next;
      chore.run();
    }
    assertEquals(
        List.of(
            "cannot water the plants; trying again",
            "cannot water the plants; trying again",
            "cannot water the plants; trying again",
            "can water the plants again",
            "cannot water the plants; trying again"),
        log.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }
}
