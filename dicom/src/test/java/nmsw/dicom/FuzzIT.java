package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs each fuzz target for {@code -Dfuzz.seconds=N} (20 unless said otherwise) in a heap of 256 MiB, starting
 * from the inputs that stand beside it in the test resources. What it finds is told and belongs there, under a
 * name that says what it is: the unit tests run every one of those. Each is a process of one thread, so two run at a time.
 */
@Execution(ExecutionMode.CONCURRENT)
class FuzzIT {
  private static final int SECONDS = Integer.getInteger("fuzz.seconds", 20);
  private static final Pattern RUNS = Pattern.compile("Done (\\d+) runs");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nmsw.dicom.FileFuzzTest",
        "nmsw.dicom.DeflateFuzzTest",
        "nmsw.dicom.codec.RleFuzzTest",
        "nmsw.dicom.codec.JpegFuzzTest",
        "nmsw.dicom.codec.JpegLsFuzzTest",
        "nmsw.dicom.codec.J2kFuzzTest",
        "nmsw.dicom.json.DicomJsonFuzzTest",
        "nmsw.dicom.net.CommandSetFuzzTest",
        "nmsw.dicom.net.PduFuzzTest"
      })
  void findsNothing(String target) throws Exception {
    Path log = folder.resolve("log.txt");
    Process fuzzer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                "-cp", System.getProperty("java.class.path"), "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target, "--instrumentation_includes=nmsw.dicom.**", "-max_total_time=" + SECONDS,
                "-max_len=8192", "-rss_limit_mb=0", "-timeout=10")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean ended = fuzzer.waitFor(SECONDS + 120, TimeUnit.SECONDS);
    fuzzer.destroyForcibly();
    String output = Files.readString(log);
    assertTrue(ended, () -> target + " does not end:\n" + output);
    assertEquals(0, fuzzer.exitValue(), () -> target + ":\n" + output);
    Matcher runs = RUNS.matcher(output);
    assertTrue(runs.find() && Long.parseLong(runs.group(1)) > 1000, () -> target + " hardly ran:\n" + output);
    System.out.println(target + ": " + runs.group() + ", nothing found");
  }
}
