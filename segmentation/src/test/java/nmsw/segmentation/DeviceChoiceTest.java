package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
    DeviceChoice auto = DeviceChoice.of(DeviceRequest.AUTO, TWO_GPUS);
    assertEquals(Device.gpu(0), auto.device());
    assertEquals(Form.FAST_BF16, auto.form());
    assertTrue(auto.reason().contains("8.6"), auto.reason());
    DeviceChoice second = DeviceChoice.of(DeviceRequest.parse("cuda:1"), TWO_GPUS);
    assertEquals("cuda:1", DeviceChoice.name(second.device()));
    assertEquals(Form.FAST, second.form(), "7.5 has no bfloat16");
  }

  @Test
  void anUnknownCapabilityComputesInFloat32() throws IOException {
    CudaState unknown = state(12010, CUDA_BUILD, true, new CudaState.Gpu(0, Optional.empty(), 1, 1));
    assertEquals(Form.FAST, DeviceChoice.of(DeviceRequest.AUTO, unknown).form());
  }

  @Test
  void theCpuIsTakenWhenAskedFor() throws IOException {
    assertEquals(Device.cpu(), DeviceChoice.of(DeviceRequest.CPU, TWO_GPUS).device());
  }

  @Test
  void aGpuThatIsNotThereIsRefused() {
    IOException refusal =
        assertThrows(IOException.class, () -> DeviceChoice.of(DeviceRequest.parse("cuda:2"), TWO_GPUS));
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
    DeviceChoice auto = DeviceChoice.of(DeviceRequest.AUTO, state);
    assertEquals(Device.cpu(), auto.device());
    assertTrue(auto.reason().contains(advice), auto.reason());
    IOException refusal =
        assertThrows(IOException.class, () -> DeviceChoice.of(DeviceRequest.parse("cuda"), state));
    assertTrue(refusal.getMessage().startsWith("device cuda:0 cannot be used: "), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(advice), refusal.getMessage());
  }

  /** Holds on every machine: what is read is consistent with what the engine then does. */
  @Test
  void thisMachineIsRead() throws IOException {
    CudaState here = CudaState.read();
    assertTrue(here.natives().contains("cpu"), here.natives().toString());
    assertTrue(here.libraries().toFile().isDirectory(), here.libraries().toString());
    Compute compute = Compute.on(DeviceRequest.AUTO);
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
