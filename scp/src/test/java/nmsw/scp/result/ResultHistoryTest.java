package nmsw.scp.result;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultHistoryTest {
  @TempDir Path folder;

  @Test
  void aResultReplacesTheOneBeforeItHoweverOftenItIsMade() throws IOException {
    ResultHistory history = new ResultHistory(folder);
    assertEquals(Optional.empty(), history.before("1.1"));
    ResultHistory.Result first = new ResultHistory.Result("1.1", 22);
    history.add(first);
    ResultHistory.Result second = new ResultHistory.Result("1.2", 60);
    assertEquals(Optional.of(first), history.before("1.2"));
    history.add(second);
    history.add(second);
    history.add(first);

    ResultHistory reopened = new ResultHistory(folder);
    assertEquals(Optional.empty(), reopened.before("1.1"));
    assertEquals(Optional.of(first), reopened.before("1.2"));
    assertEquals(Optional.of(second), reopened.before("1.3"));
  }
}
