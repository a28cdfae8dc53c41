package nmsw.training.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunCsvTest {
  @TempDir private Path folder;
  private Path file;
  private RunCsv csv;

  @BeforeEach
  void threeLines() throws IOException {
    file = folder.resolve("log.csv");
    csv = new RunCsv(file);
    for (int i = 1; i <= 3; i++) {
      csv.append("iteration,loss", i + "," + i * 0.5);
    }
  }

  @Test
  void theHeaderComesOnce() throws IOException {
    assertEquals(List.of("iteration,loss", "1,0.5", "2,1.0", "3,1.5"), Files.readAllLines(file));
  }

  @Test
  void laterLinesAreDropped() throws IOException {
    csv.truncate(2);
    assertEquals(List.of("iteration,loss", "1,0.5", "2,1.0"), Files.readAllLines(file));
  }

  /** What a killed process or a power loss leaves behind: parts of a line, of a number, of a character, no text at all. */
  @ParameterizedTest
  @ValueSource(strings = {"2", "2,", "2,0.", "3,1.5", "\u0000\u0000\u0000\n", "\u00ff", "-1,0\n", "99999999999,1\n", ",\n", "\n"})
  void whatIsNoWholeLineIsDropped(String rest) throws IOException {
    Files.write(file, rest.getBytes(StandardCharsets.ISO_8859_1), StandardOpenOption.APPEND);
    csv.truncate(3);
    assertEquals(List.of("iteration,loss", "1,0.5", "2,1.0", "3,1.5"), Files.readAllLines(file));
    csv.append("iteration,loss", "4,2.0");
    assertArrayEquals(new double[] {0.5, 1, 1.5, 2}, csv.read().numbers("loss"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "iter", "iteration,loss", "iteration,loss\n"})
  void aTableWithoutLinesBeginsAnew(String left) throws IOException {
    Files.writeString(file, left);
    csv.truncate(3);
    assertFalse(Files.exists(file));
    csv.append("iteration,loss", "1,0.25");
    assertEquals(List.of("iteration,loss", "1,0.25"), Files.readAllLines(file));
  }

  @Test
  void aLineInTheMakingIsNotRead() throws IOException {
    Files.writeString(file, "4,2", StandardOpenOption.APPEND);
    assertArrayEquals(new double[] {0.5, 1, 1.5}, csv.read().numbers("loss"));
  }

  @Test
  void anyTextIsAField() throws IOException {
    String text = "a \"b\", c\r\nd";
    RunCsv other = new RunCsv(folder.resolve("skipped.csv"));
    other.append("iteration,reason", "1," + RunCsv.field(text));
    other.truncate(1);
    assertEquals(List.of("a \"b\", c d"), other.read().texts("reason"));
  }

  @Test
  void aMissingFieldIsNoNumber() throws IOException {
    csv.append("", "4");
    assertTrue(Double.isNaN(csv.read().numbers("loss")[3]));
    assertTrue(Double.isNaN(csv.read().numbers("other")[0]));
    assertTrue(new RunCsv(folder.resolve("none.csv")).read().isEmpty());
  }
}
