package nmsw.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.UNet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs Debian's python3-torch, which {@code ./nmsw test} installs. */
class ReferenceTorchIT {
  /** A torch whose networks take 25 s of a clock that does not run otherwise. */
  private static final String SLOW_TORCH =
      """
      import contextlib, time
      now = 0
      time.perf_counter = lambda: now
      set_num_threads = randn = lambda *args: 1
      no_grad = contextlib.nullcontext
      class Net:
          def prepare(self, weights):
              return weights
          def forward(self, x, weights):
              global now
              now += 25
      class jit:
          load = lambda script: Net()
      """;

  @TempDir Path folder;

  @Test
  void debiansTorchRunsOurScript() throws Exception {
    String said = time(new ReferenceTorch());
    assertTrue(said.matches("\\d+\\.\\d\\d s \\(best of 4\\)"), said);
  }

  @Test
  void noRunBeginsAfterAMinute() throws Exception {
    Files.writeString(folder.resolve("torch.py"), SLOW_TORCH);
    List<String> python = List.of("/usr/bin/env", "PYTHONPATH=" + folder, "/usr/bin/python3");
    assertEquals("25.00 s (best of 3)", time(new ReferenceTorch(python, Duration.ofMinutes(5))));
  }

  private static String time(ReferenceTorch torch) throws IOException, InterruptedException {
    return torch.time(new UNet(List.of(4, 8, 8), 2), Form.FAST, Int3.cube(16), 1);
  }
}
