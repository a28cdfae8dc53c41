package nmsw.scp.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of metrics in OPERATIONS.md has every one that the code makes, and no other. */
class MetricsTableTest {
  private static final Path ROOT = Path.of(System.getProperty("nmsw.root"));
  private static final Pattern MADE = Pattern.compile("\"(nmsw\\.[a-z.]+)\"");
  private static final Pattern TOLD = Pattern.compile("`(nmsw_[a-z_]+)[`{]");
  private static final Pattern UNIT = Pattern.compile("(_seconds|_bytes)?(_total)?$");

  @Test
  void everyMetricIsTold() throws IOException {
    Set<String> made;
    try (Stream<Path> files = Files.walk(ROOT.resolve("scp/src/main/java"))) {
      made =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .map(MetricsTableTest::text)
              .filter(source -> source.contains("import io.micrometer."))
              .flatMap(source -> MADE.matcher(source).results())
              .map(match -> match.group(1).replace('.', '_'))
              .map(MetricsTableTest::withoutUnit)
              .collect(Collectors.toCollection(TreeSet::new));
    }
    Set<String> told =
        text(ROOT.resolve("docs/OPERATIONS.md"))
            .lines()
            .filter(line -> line.startsWith("| `nmsw_"))
            .map(line -> line.substring(0, line.indexOf('|', 1)))
            .flatMap(line -> TOLD.matcher(line).results().map(MatchResult::group))
            .map(name -> withoutUnit(name.substring(1, name.length() - 1)))
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(made.size() > 10, made::toString);
    assertEquals(String.join("\n", made), String.join("\n", told));
  }

  private static String withoutUnit(String name) {
    return UNIT.matcher(name).replaceFirst("");
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
