package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs each fuzz target for {@code -Dfuzz.seconds=N} (20 unless said otherwise) in a heap of 256 MiB, starting
 * from the inputs that stand beside it in the test resources. What it finds is told and belongs there, under a
 * name that says what it is: the unit tests run every one of those. Each is a process of one thread, so two run at a time.
 */
class FuzzIT {
  private static final int SECONDS = Integer.getInteger("fuzz.seconds", 20);
  private static final Pattern RUNS = Pattern.compile("Done (\\d+) runs");

  private static final List<String> TARGETS =
      List.of(
          "nmsw.dicom.FileFuzzTest",
          "nmsw.dicom.DeflateFuzzTest",
          "nmsw.dicom.codec.RleFuzzTest",
          "nmsw.dicom.codec.JpegFuzzTest",
          "nmsw.dicom.codec.JpegLsFuzzTest",
          "nmsw.dicom.codec.J2kFuzzTest",
          "nmsw.dicom.json.DicomJsonFuzzTest",
          "nmsw.dicom.net.CommandSetFuzzTest",
          "nmsw.dicom.net.PduFuzzTest");

  @TempDir static Path folder;

  private static final ExecutorService TWO = Executors.newFixedThreadPool(2);
  private static final Map<String, Future<Outcome>> OUTCOMES = new HashMap<>();

  private record Outcome(boolean ended, int status, String output) {}

  @BeforeAll
  static void start() {
    for (String target : TARGETS) {
      OUTCOMES.put(target, TWO.submit(() -> run(target)));
    }
  }

  @AfterAll
  static void stop() {
    TWO.shutdownNow();
  }

  static List<String> targets() {
    return TARGETS;
  }

  @ParameterizedTest
  @MethodSource("targets")
  void findsNothing(String target) throws Exception {
    Outcome outcome = OUTCOMES.get(target).get();
    assertTrue(outcome.ended(), () -> target + " does not end:\n" + outcome.output());
    assertEquals(0, outcome.status(), () -> target + ":\n" + outcome.output());
    Matcher runs = RUNS.matcher(outcome.output());
    assertTrue(
        runs.find() && Long.parseLong(runs.group(1)) > 1000, () -> target + " hardly ran:\n" + outcome.output());
    System.out.println(target + ": " + runs.group() + ", nothing found");
  }

  private static Outcome run(String target) throws IOException, InterruptedException {
    Path own = Files.createDirectory(folder.resolve(target));
    Path log = own.resolve("log.txt");
    Process fuzzer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                "-cp", System.getProperty("java.class.path"), "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target, "--instrumentation_includes=nmsw.dicom.**", "-max_total_time=" + SECONDS,
                "-max_len=8192", "-rss_limit_mb=0", "-timeout=10")
            .directory(own.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      boolean ended = fuzzer.waitFor(SECONDS + 120, TimeUnit.SECONDS);
      fuzzer.destroyForcibly();
      return new Outcome(ended, fuzzer.waitFor(), Files.readString(log));
    } finally {
      fuzzer.destroyForcibly();
    }
  }
}
