package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The golden file of {@link TrainingStepTest} is what the oracle gives; needs Debian's python3-torch, which {@code ./nmsw test} installs. */
class TrainingStepIT {
  private static final int PATIENCE_S = 300;

  @TempDir Path folder;

  @Test
  void theOracleGivesTheGoldenFile() throws IOException, InterruptedException {
    Path script = Files.writeString(folder.resolve("training_step.py"), TimedStep.program());
    Path made = folder.resolve("golden.safetensors");
    Path log = folder.resolve("python.log");
    Process process =
        new ProcessBuilder("/usr/bin/python3", "-X", "utf8", script.toString(), "golden", made.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS), "python3 does not end");
    } finally {
      process.destroyForcibly();
    }
    assertEquals(0, process.exitValue(), () -> "python3-torch is needed (./nmsw test installs it); see " + log);
    Map<String, Tensor> expected = Safetensors.read(TrainingStepTest.golden());
    Map<String, Tensor> actual = Safetensors.read(made);
    assertEquals(expected.keySet(), actual.keySet());
    // The C library's sines and the order of sums differ from machine to machine in the last digits of float64.
    expected.forEach(
        (name, tensor) -> assertArrayEquals(tensor.values(), actual.get(name).values(), 1e-6f, name));
  }
}
