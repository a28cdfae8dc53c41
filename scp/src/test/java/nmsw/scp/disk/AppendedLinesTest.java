package nmsw.scp.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppendedLinesTest {
  @TempDir Path folder;

  @Test
  void keepsWhatIsThere() throws IOException {
    for (String line : List.of("one", "two")) {
      try (AppendedLines lines = AppendedLines.open(folder.resolve("file"))) {
        lines.add(line);
      }
    }
    assertEquals("one\ntwo\n", Files.readString(folder.resolve("file")));
  }

  /** All but its end was written when the power went. */
  @Test
  void nothingIsGluedToALineWithoutItsEnd() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "{\"a\": 1}");
    try (AppendedLines lines = AppendedLines.open(file)) {
      lines.add("{\"b\": 2}");
    }
    assertEquals("{\"a\": 1}\n{\"b\": 2}\n", Files.readString(file));
  }
}
