package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nmsw.segmentation.nn.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceChoiceTest {
  private static final List<String> CUDA_BUILD = List.of("cpu", "cu121");
  private static final CudaState.Gpu AMPERE = new CudaState.Gpu(0, Optional.of(86), 24L << 30, 23L << 30);
  private static final CudaState.Gpu TURING = new CudaState.Gpu(1, Optional.of(75), 8L << 30, 8L << 30);

  private static CudaState state(
      Integer runtime, List<String> natives, boolean usable, CudaState.Gpu... gpus) {
    return new CudaState(
        Optional.ofNullable(runtime), natives, usable, List.of(gpus), Path.of("/natives"));
  }

  private static final CudaState TWO_GPUS = state(12040, CUDA_BUILD, true, AMPERE, TURING);
  private static final CpuState PLAIN = new CpuState(Set.of("avx2", "avx512f"));
  private static final CpuState SAPPHIRE_RAPIDS = new CpuState(Set.of("avx2", "avx512_bf16", "amx_bf16"));

  private static DeviceChoice choice(DeviceRequest request, CudaState cuda) throws IOException {
    return DeviceChoice.of(request, PrecisionRequest.AUTO, cuda, PLAIN);
  }

  @ParameterizedTest
  @CsvSource({"auto,auto", "cpu,cpu", "cuda,cuda:0", "cuda:0,cuda:0", "cuda:3,cuda:3"})
  void requestsAreReadAndWritten(String text, String written) {
    assertEquals(written, DeviceRequest.parse(text).toString());
    assertEquals(DeviceRequest.parse(text), DeviceRequest.parse(written));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "gpu", "CUDA", "cuda:", "cuda:-1", "cuda:1000", "cuda:0 ", "cpu:0"})
  void anythingElseIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> DeviceRequest.parse(text));
  }

  @Test
  void aGpuIsTakenWhereItCanBeUsed() throws IOException {
    DeviceChoice auto = choice(DeviceRequest.AUTO, TWO_GPUS);
    assertEquals(Device.gpu(0), auto.device());
    assertEquals(Form.FAST_BF16, auto.precision().form());
    assertTrue(auto.reason().contains("8.6"), auto.reason());
    DeviceChoice second = choice(DeviceRequest.parse("cuda:1"), TWO_GPUS);
    assertEquals("cuda:1", DeviceChoice.name(second.device()));
    assertEquals(Form.FAST, second.precision().form(), "7.5 has no bfloat16");
  }

  @Test
  void anUnknownCapabilityComputesInFloat32() throws IOException {
    CudaState unknown = state(12010, CUDA_BUILD, true, new CudaState.Gpu(0, Optional.empty(), 1, 1));
    assertEquals(Form.FAST, choice(DeviceRequest.AUTO, unknown).precision().form());
  }

  @Test
  void leftOpenTheCpuComputesInBfloat16WhereItHasInstructionsForIt() throws IOException {
    DeviceChoice plain = DeviceChoice.of(DeviceRequest.CPU, PrecisionRequest.AUTO, TWO_GPUS, PLAIN);
    assertEquals(
        new PrecisionChoice(Form.FAST, "the CPU has no instructions for bfloat16", false),
        plain.precision());
    DeviceChoice modern =
        DeviceChoice.of(DeviceRequest.CPU, PrecisionRequest.AUTO, TWO_GPUS, SAPPHIRE_RAPIDS);
    assertEquals(
        new PrecisionChoice(Form.FAST_BF16, "the CPU has instructions for bfloat16", false),
        modern.precision());
    CudaState none = state(null, CUDA_BUILD, false);
    DeviceChoice fallen = DeviceChoice.of(DeviceRequest.AUTO, PrecisionRequest.AUTO, none, SAPPHIRE_RAPIDS);
    assertEquals(modern.precision(), fallen.precision(), "the CPU in place of a GPU");
  }

  @Test
  void thePrecisionThatIsAskedForIsTaken() throws IOException {
    for (DeviceRequest device : List.of(DeviceRequest.CPU, DeviceRequest.AUTO, DeviceRequest.parse("cuda:1"))) {
      for (CpuState cpu : List.of(PLAIN, SAPPHIRE_RAPIDS)) {
        PrecisionChoice f32 = DeviceChoice.of(device, PrecisionRequest.F32, TWO_GPUS, cpu).precision();
        assertEquals(new PrecisionChoice(Form.FAST, "as configured", false), f32);
        PrecisionChoice bf16 = DeviceChoice.of(device, PrecisionRequest.BF16, TWO_GPUS, cpu).precision();
        assertEquals(Form.FAST_BF16, bf16.form());
      }
    }
  }

  @Test
  void bfloat16ThatIsEmulatedIsTold() throws IOException {
    assertEquals(
        new PrecisionChoice(
            Form.FAST_BF16, "as configured; the CPU has no instructions for bfloat16", true),
        DeviceChoice.of(DeviceRequest.CPU, PrecisionRequest.BF16, TWO_GPUS, PLAIN).precision());
    assertEquals(
        new PrecisionChoice(
            Form.FAST_BF16, "as configured; the GPU has no instructions for bfloat16", true),
        DeviceChoice.of(DeviceRequest.parse("cuda:1"), PrecisionRequest.BF16, TWO_GPUS, PLAIN).precision());
    assertFalse(
        DeviceChoice.of(DeviceRequest.AUTO, PrecisionRequest.BF16, TWO_GPUS, PLAIN).precision().emulated());
  }

  @ParameterizedTest
  @CsvSource({"auto,AUTO", "f32,F32", "bf16,BF16"})
  void precisionsAreReadAndWritten(String text, PrecisionRequest request) {
    assertEquals(request, PrecisionRequest.parse(text));
    assertEquals(text, request.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "AUTO", "F32", "fp32", "f16", "bf16 "})
  void otherPrecisionsAreRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> PrecisionRequest.parse(text));
  }

  @Test
  void theCpuIsTakenWhenAskedFor() throws IOException {
    assertEquals(Device.cpu(), choice(DeviceRequest.CPU, TWO_GPUS).device());
  }

  @Test
  void aGpuThatIsNotThereIsRefused() {
    IOException refusal =
        assertThrows(IOException.class, () -> choice(DeviceRequest.parse("cuda:2"), TWO_GPUS));
    assertEquals("there is no device cuda:2: the last one is cuda:1", refusal.getMessage());
  }

  @Test
  void everyObstacleSaysWhatToDo() throws IOException {
    assertObstacle(state(12040, List.of("cpu"), false, AMPERE), "NMSW_CUDA=1");
    assertObstacle(state(null, CUDA_BUILD, false), "libcudart.so was not found");
    assertObstacle(state(12040, CUDA_BUILD, false), "nvidia-smi");
    assertObstacle(state(11080, CUDA_BUILD, false, AMPERE), "CUDA runtime 11.8");
    assertObstacle(state(12010, CUDA_BUILD, false, AMPERE), "driver");
  }

  private static void assertObstacle(CudaState state, String advice) throws IOException {
    DeviceChoice auto = choice(DeviceRequest.AUTO, state);
    assertEquals(Device.cpu(), auto.device());
    assertTrue(auto.reason().contains(advice), auto.reason());
    IOException refusal =
        assertThrows(IOException.class, () -> choice(DeviceRequest.parse("cuda"), state));
    assertTrue(refusal.getMessage().startsWith("device cuda:0 cannot be used: "), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(advice), refusal.getMessage());
  }

  /** Holds on every machine: what is read is consistent with what the engine then does. */
  @Test
  void thisMachineIsRead() throws IOException {
    CudaState here = CudaState.read();
    assertTrue(here.natives().contains("cpu"), here.natives().toString());
    assertTrue(here.libraries().toFile().isDirectory(), here.libraries().toString());
    Compute compute = Compute.on(DeviceRequest.AUTO, PrecisionRequest.AUTO);
    assertEquals(here.obstacle().isEmpty(), compute.device().isGpu());
  }

  @Test
  void threadsAreTheEnginesOfOtherThreadsToo() throws InterruptedException {
    int before = JniUtils.getNumThreads();
    int[] seen = new int[1];
    try {
      Compute.useThreads(before + 1);
      Thread other = new Thread(() -> seen[0] = JniUtils.getNumThreads());
      other.start();
      other.join();
    } finally {
      Compute.useThreads(before);
    }
    assertEquals(before + 1, seen[0]);
  }
}
