package nmsw.scp.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import nmsw.segmentation.CudaState;
import org.junit.jupiter.api.Test;

class EngineChecksTest {
  private static final CudaState NO_GPU =
      new CudaState(Optional.empty(), List.of("cpu"), false, List.of(), Path.of("/natives"));
  private static final CudaState ONE_GPU =
      new CudaState(
          Optional.of(12040),
          List.of("cpu", "cu121"),
          true,
          List.of(new CudaState.Gpu(0, Optional.of(89), 24_000_000_000L, 23_500_000_000L)),
          Path.of("/natives"));

  private static Check check(EngineFacts facts, String name) {
    return EngineChecks.of(facts).stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }

  private static EngineFacts facts(CudaState cuda, String device, double difference, double speed) {
    return new EngineFacts("2.3.1", 4, cuda, device, difference, speed, OptionalDouble.of(2 * speed));
  }

  @Test
  void theCpuSaysWhyItIsNotAGpu() {
    EngineFacts facts = facts(NO_GPU, "cpu", 3e-7, 100);
    Check device = check(facts, "device");
    assertEquals(Check.State.GOOD, device.state());
    assertTrue(device.found().startsWith("cpu; no GPU because this build has no CUDA"), device.found());
    assertEquals(Check.State.GOOD, check(facts, "convolution").state());
    assertEquals("100 GFLOP/s in float32, 200 in bfloat16", check(facts, "speed").found());
  }

  @Test
  void gpusAreListed() {
    EngineFacts facts = facts(ONE_GPU, "cuda:0", 4e-4, 9000);
    assertEquals(
        "compute capability 8.9, 23.5 GB of 24.0 GB free", check(facts, "GPU cuda:0").found());
    assertEquals("cuda:0", check(facts, "device").found());
    assertEquals(Check.State.GOOD, check(facts, "convolution").state(), "TF32");
  }

  @Test
  void aWrongConvolutionIsWrong() {
    for (double difference : new double[] {1e-4, 1, Double.NaN, Double.POSITIVE_INFINITY}) {
      Check check = check(facts(NO_GPU, "cpu", difference, 100), "convolution");
      assertEquals(Check.State.WRONG, check.state(), check.found());
    }
    assertEquals(Check.State.WRONG, check(facts(ONE_GPU, "cuda:0", 0.1, 100), "convolution").state());
  }

  @Test
  void aSlowEngineIsNoted() {
    assertEquals(Check.State.NOTE, check(facts(NO_GPU, "cpu", 0, 3), "speed").state());
  }
}
