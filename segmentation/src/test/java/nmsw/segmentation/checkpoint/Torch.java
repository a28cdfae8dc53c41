package nmsw.segmentation.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Runs a Python script of the test resources with Debian's python3-torch, and reads what it wrote. */
final class Torch {
  private static final Path SCRIPTS =
      Path.of("src/test/resources/nmsw/segmentation/checkpoint").toAbsolutePath();
  private static final int PATIENCE_S = 300;

  private Torch() {}

  static void run(String script, Path folder) throws IOException, InterruptedException {
    Path log = folder.resolve("python.log");
    Process process =
        new ProcessBuilder(
                "/usr/bin/python3", "-X", "utf8", SCRIPTS.resolve(script).toString(), folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS), "python3 does not end");
    } finally {
      process.destroyForcibly();
    }
    if (process.exitValue() != 0) {
      fail("python3-torch is needed (./nmsw test installs it):\n" + Files.readString(log));
    }
  }

  /** Little-endian float32. */
  static float[] floats(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    float[] values = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  static void assertClose(float[] expected, float[] actual, double tolerance, String what) {
    assertEquals(expected.length, actual.length, what);
    for (int i = 0; i < actual.length; i++) {
      double allowed = tolerance * Math.max(1, Math.abs(expected[i]));
      assertEquals(expected[i], actual[i], allowed, what + " at " + i);
    }
  }
}
