package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** SIGKILL in the middle of an epoch: the resumed run's tables are those of a run that was never killed. */
class KillIT {
  private static final Path ROOT = Path.of(System.getProperty("nmsw.root"));
  private static final int KILLED = 137;
  private static final long LIMIT_SECONDS = 240;

  /** Epochs have seven iterations, validations come every 20, checkpoints every 100. */
  private static final int CASES = 7;

  private static final int ITERATIONS = 140;
  private static final int KILLED_AFTER = 115;

  @TempDir private Path folder;

  @Test
  void aKilledRunIsResumedToTheSameLossCurve() throws Exception {
    Path recipe = folder.resolve("tiny.yaml");
    Files.writeString(
        recipe,
        TrainerTest.yaml(ITERATIONS, "phantom").replace("spacing: [2, 2, 2]", "spacing: [12, 12, 12]")
            + "phantoms: {first: 1000, count: %d, heldOutFirst: 1, heldOutCount: 1}\n".formatted(CASES));
    Path killed = Files.createDirectories(folder.resolve("killed"));
    kill(recipe, killed);
    List<String> before = Files.readAllLines(killed.resolve("log.csv"));
    assertTrue(before.size() - 1 >= KILLED_AFTER && before.size() - 1 < ITERATIONS, before.size() + " lines");
    // A process can die between any two bytes; this one may have had luck.
    for (String table : List.of("log.csv", "validation.csv", "class-weights.csv")) {
      Files.writeString(killed.resolve(table), "12", StandardOpenOption.APPEND);
    }
    assertEquals(0, train(recipe, killed, "--resume"));

    Path whole = folder.resolve("whole");
    assertEquals(0, train(recipe, whole));
    assertArrayEquals(
        TrainerTest.withoutTimes(whole.resolve("log.csv")), TrainerTest.withoutTimes(killed.resolve("log.csv")));
    for (String same : List.of("validation.csv", "class-weights.csv", "evaluation.csv")) {
      assertEquals(Files.readAllLines(whole.resolve(same)), Files.readAllLines(killed.resolve(same)), same);
    }
    String until = lines(before, 0, KILLED_AFTER);
    assertEquals(until, lines(Files.readAllLines(killed.resolve("log.csv")), 0, KILLED_AFTER), "what was logged before");
    assertFalse(Files.exists(killed.resolve("checkpoint.bin.tmp")));
  }

  private static String lines(List<String> log, int from, int to) {
    return log.subList(from + 1, to + 1).stream()
        .map(line -> String.join(",", Arrays.copyOf(line.split(","), 9)))
        .reduce("", (a, b) -> a + b + "\n");
  }

  private void kill(Path recipe, Path out) throws IOException, InterruptedException {
    Path said = folder.resolve("said.txt");
    ProcessBuilder builder =
        new ProcessBuilder(
                ROOT.resolve("nmsw").toString(), "train", recipe.toString(), "--out", out.toString(), "--threads", "1")
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    // The test runs inside the build: what the launcher would build is what was just packaged.
    builder.environment().put("NMSW_BUILD", "never");
    try (WatchService changes = out.getFileSystem().newWatchService()) {
      out.register(changes, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
      Process process = builder.start();
      try {
        awaitIteration(process, changes, out.resolve("log.csv"), said);
      } finally {
        process.destroyForcibly();
      }
      assertEquals(KILLED, process.waitFor(), Files.readString(said));
    }
  }

  private static void awaitIteration(Process process, WatchService changes, Path log, Path said)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!Files.exists(log) || Files.readAllLines(log).size() <= KILLED_AFTER) {
      WatchKey key = changes.poll(1, TimeUnit.SECONDS);
      assertTrue(process.isAlive(), "it ended: " + Files.readString(said));
      assertTrue(System.nanoTime() < end, "no iteration " + KILLED_AFTER + " within " + LIMIT_SECONDS + " s");
      if (key != null) {
        key.pollEvents();
        key.reset();
      }
    }
  }

  private static int train(Path recipe, Path out, String... more) {
    CommandLine command = new CommandLine(new TrainCommand());
    String[] arguments = {recipe.toString(), "--out", out.toString(), "--threads", "1"};
    String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return command.execute(all);
  }
}
