package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the fuzz target for {@code -Dfuzz.seconds=N} (20 unless said otherwise) in a heap of 256 MiB, starting from the
 * inputs that stand beside it in the test resources. What it finds belongs there, under a name that says what it is.
 */
class NiftiFuzzIT {
  private static final int SECONDS = Integer.getInteger("fuzz.seconds", 20);
  private static final Pattern RUNS = Pattern.compile("Done (\\d+) runs");

  @TempDir Path folder;

  @Test
  void findsNothing() throws Exception {
    Path log = folder.resolve("log.txt");
    Process fuzzer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                "-Djava.io.tmpdir=" + folder, "-cp", System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer", "--target_class=" + NiftiFuzzTest.class.getName(),
                "--instrumentation_includes=nmsw.volume.**", "-max_total_time=" + SECONDS, "-max_len=8192",
                "-rss_limit_mb=0", "-timeout=10")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean ended = fuzzer.waitFor(SECONDS + 120, TimeUnit.SECONDS);
    fuzzer.destroyForcibly();
    String output = Files.readString(log);
    assertTrue(ended, () -> "does not end:\n" + output);
    assertEquals(0, fuzzer.exitValue(), () -> output);
    Matcher runs = RUNS.matcher(output);
    assertTrue(runs.find() && Long.parseLong(runs.group(1)) > 1000, () -> "hardly ran:\n" + output);
    System.out.println("NIfTI: " + runs.group() + ", nothing found");
  }
}
