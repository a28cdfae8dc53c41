package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The miniature on phantoms: stopped in the middle, gone on with, and its table. */
class MiniatureIT {
  private static final Path ROOT = Path.of(System.getProperty("nmsw.root"));
  private static final long LIMIT_SECONDS = 600;

  @TempDir private Path folder;

  @Test
  void isMadeInPartsAndNothingTwice() throws Exception {
    Path out = folder.resolve("runs");
    Path said = folder.resolve("said.txt");
    Process process = start(out, said);
    try {
      Path first = first(out);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
      while (!Files.exists(first)) {
        assertTrue(process.isAlive(), "it ended: " + Files.readString(said));
        assertTrue(System.nanoTime() < end, "no iteration");
        TimeUnit.MILLISECONDS.sleep(20);
      }
      process.destroy();
      assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), "it does not end");
    } finally {
      process.destroyForcibly();
    }
    assertFalse(Files.readString(said).contains("fatal error"), Files.readString(said));

    assertEquals(0, finished(out, said), () -> text(said));
    List<String> table = Files.readAllLines(out.resolve("table.csv"));
    assertEquals(1 + 2, table.size(), table.toString());
    assertTrue(table.get(1).startsWith("unet,SW,1,"), table.get(1));
    assertEquals(5, Files.readAllLines(first(out)).size());
    String markdown = Files.readString(out.resolve("table.md"));
    assertTrue(markdown.contains("| unet | NMSW, k = 5 | "), markdown);

    Files.writeString(said, "");
    assertEquals(0, finished(out, said), () -> text(said));
    assertFalse(text(said).contains("measured in"), "all was there: " + text(said));
    assertEquals(markdown, Files.readString(out.resolve("table.md")));
  }

  private static Path first(Path out) {
    return out.resolve("unet/sw/seed-1/log.csv");
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private int finished(Path out, Path said) throws IOException, InterruptedException {
    Process process = start(out, said);
    try {
      assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), "it does not end");
    } finally {
      process.destroyForcibly();
    }
    return process.exitValue();
  }

  /** The project's grid with two trainings and a row of each. */
  private Path grid() throws IOException {
    YAMLMapper yaml = new YAMLMapper();
    ObjectNode grid =
        (ObjectNode) yaml.readTree(ROOT.resolve("config/training/miniature.yaml").toFile());
    ((ObjectNode) grid.get("trainings")).retain("sw", "nmsw");
    ArrayNode rows = (ArrayNode) grid.get("rows");
    for (int i = rows.size() - 1; i >= 0; i--) {
      if (!List.of("sw", "nmsw-k5").contains(rows.get(i).get("name").asText())) {
        rows.remove(i);
      }
    }
    Path file = folder.resolve("grid.yaml");
    yaml.writeValue(file.toFile(), grid);
    return file;
  }

  private Process start(Path out, Path said) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                ROOT.resolve("nmsw").toString(), "train", "miniature", "--quick", "--backbone", "unet",
                "--grid", grid().toString(), "--out", out.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(said.toFile()));
    // The test runs inside the build: what the launcher would build is what was just packaged.
    builder.environment().put("NMSW_BUILD", "never");
    return builder.start();
  }
}
