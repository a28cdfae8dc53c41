package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import nmsw.volume.SliceStack;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM while the engine computes: the process ends as told, and does not crash. */
class StopIT {
  private static final int TERMINATED = 143;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** A thread within a network's native code. */
  private static final Pattern IN_A_NETWORK =
      Pattern.compile("PyTorchLibrary\\.moduleRunMethod\\(Native Method\\)(?s:(?!\\n\\n).)*Segmenter\\$Run");

  @TempDir static Path shared;
  @TempDir Path folder;

  @BeforeAll
  static void series() throws IOException {
    SliceStack stack =
        PhantomSeries.identified(AbdomenPhantom.standardStack(224, 224, 100, 1.95, 1.95, 4.2), 1);
    PhantomSeries.write(shared, new AbdomenPhantom(1), stack, 1);
  }

  @RepeatedTest(5)
  void segmentStops() throws Exception {
    stop("segment", shared.toString(), "--out", folder.resolve("out").toString());
  }

  @Test
  void demoStops() throws Exception {
    stop("demo", "--ct", shared.toString(), "--out", folder.resolve("out").toString());
  }

  @Test
  void serveStopsWhileItWarmsUp() throws Exception {
    Path config = folder.resolve("node.yaml");
    Files.writeString(config, ServeProcess.config(folder, 0, "PACS@127.0.0.1:1", "abdomen-phantom"));
    stop("serve", "--config", config.toString());
  }

  private void stop(String... word) throws IOException, InterruptedException {
    Path log = folder.resolve("log.txt");
    ProcessBuilder builder =
        new ProcessBuilder(Stream.concat(Stream.of(ServeProcess.ROOT.resolve("nmsw").toString()), Stream.of(word)).toList())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("NMSW_BUILD", "never");
    Process process = builder.start();
    try {
      Peers.await(LIMIT, word[0] + " to run a network", () -> computes(process, log));
      process.destroy();
      assertTrue(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), "it does not end");
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(log);
    assertEquals(TERMINATED, process.exitValue(), said);
    assertTrue(said.contains("what the engine computes now is awaited"), said);
    assertFalse(said.contains("fatal error") || said.contains(" ERROR "), said);
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(), files.filter(file -> file.getFileName().toString().startsWith("hs_err")).toList());
    }
  }

  private static boolean computes(Process process, Path log) {
    try {
      if (!process.isAlive()) {
        throw new AssertionError("it ended with " + process.exitValue() + ":\n" + Files.readString(log));
      }
      String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
      Peers.Output threads = Peers.run(LIMIT, List.of(jcmd, "" + process.pid(), "Thread.print"));
      return IN_A_NETWORK.matcher(threads.text()).find();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
