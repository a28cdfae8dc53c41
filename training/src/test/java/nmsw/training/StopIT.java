package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** SIGTERM in the middle of a run: the process ends as told, does not crash, and can be resumed. */
class StopIT {
  private static final Path ROOT = Path.of(System.getProperty("nmsw.root"));
  private static final int TERMINATED = 143;
  private static final long LIMIT_SECONDS = 120;

  @TempDir private Path folder;

  @RepeatedTest(5)
  void aStoppedRunLeavesACheckpoint() throws Exception {
    Path recipe = folder.resolve("tiny.yaml");
    Files.writeString(
        recipe,
        TrainerTest.yaml(1_000_000, "phantom").replace("spacing: [2, 2, 2]", "spacing: [6, 6, 6]")
            + "phantoms: {first: 1000, count: 1, heldOutFirst: 1, heldOutCount: 1}\n");
    Path out = folder.resolve("run");
    Path said = folder.resolve("said.txt");
    ProcessBuilder builder =
        new ProcessBuilder(ROOT.resolve("nmsw").toString(), "train", recipe.toString(), "--out", out.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    // The test runs inside the build: what the launcher would build is what was just packaged.
    builder.environment().put("NMSW_BUILD", "never");
    Process process = builder.start();
    try {
      awaitIteration(process, out.resolve("log.csv"), said);
      process.destroy();
      assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), "it does not end");
    } finally {
      process.destroyForcibly();
    }
    assertEquals(TERMINATED, process.exitValue(), Files.readString(said));
    assertFalse(Files.readString(said).contains("fatal error"), Files.readString(said));
    int iterations = Files.readAllLines(out.resolve("log.csv")).size() - 1;
    assertEquals(0, resume(recipe, out, iterations + 1));
    assertEquals(iterations + 1, Files.readAllLines(out.resolve("log.csv")).size() - 1);
  }

  /** Once there was one, the process goes from one straight to the next. */
  private static void awaitIteration(Process process, Path log, Path said)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!Files.exists(log) || Files.size(log) == 0) {
      assertTrue(process.isAlive(), "it ended: " + Files.readString(said));
      assertTrue(System.nanoTime() < end, "no iteration within " + LIMIT_SECONDS + " s");
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static int resume(Path recipe, Path out, int until) {
    return new CommandLine(new TrainCommand())
        .execute(recipe.toString(), "--out", out.toString(), "--resume", "--until", "" + until);
  }
}
