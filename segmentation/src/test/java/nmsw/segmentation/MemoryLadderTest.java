package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nmsw.segmentation.nn.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ladder with a device that runs out of memory where a test wants it. */
class MemoryLadderTest {
  private static final Compute GPU = new Compute(Device.gpu(1), Form.FAST);
  private static final List<String> ALL =
      List.of(
          "cuda:1 FAST batch 4",
          "cuda:1 FAST batch 2",
          "cuda:1 FAST batch 1",
          "cuda:1 FAST_BF16 batch 1",
          "cpu FAST batch 1");

  private final List<String> tried = new ArrayList<>();

  /** Fails with what the engine says inside a script until the given number of attempts was made. */
  private Function<Attempt, String> failing(int times) {
    return attempt -> {
      tried.add(attempt.toString());
      if (tried.size() <= times) {
        throw new EngineException(
            "The following operation failed in the TorchScript interpreter.\nTraceback of TorchScript\n"
                + "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB.");
      }
      return "done";
    };
  }

  @Test
  void theFirstAttemptThatFitsIsTaken() {
    for (int failures = 0; failures < ALL.size(); failures++) {
      tried.clear();
      MemoryLadder ladder = new MemoryLadder(new Attempt(GPU, 4).ladder(true));
      assertEquals("done", ladder.run(failing(failures)));
      assertEquals(ALL.subList(0, failures + 1), tried);
    }
  }

  @Test
  void aDeviceWithoutHalfPrecisionSkipsIt() {
    List<String> ladder = new Attempt(GPU, 1).ladder(false).stream().map(Attempt::toString).toList();
    assertEquals(List.of("cuda:1 FAST batch 1", "cpu FAST batch 1"), ladder);
    Attempt half = new Attempt(GPU.with(Form.FAST_BF16), 1);
    assertEquals(List.of(half, new Attempt(new Compute(Device.cpu(), Form.FAST), 1)), half.ladder(true));
  }

  @Test
  void aCpuInHalfPrecisionHasNothingToFallBackToEither() {
    Attempt half = new Attempt(new Compute(Device.cpu(), Form.FAST_BF16), 1);
    assertEquals(List.of(half), half.ladder(false));
    assertEquals(List.of(half), half.ladder(true));
  }

  @Test
  void whenNothingFitsTheLastCauseIsTold() {
    MemoryLadder ladder = new MemoryLadder(new Attempt(GPU, 4).ladder(true));
    NotEnoughMemory failure = assertThrows(NotEnoughMemory.class, () -> ladder.run(failing(99)));
    assertEquals(ALL, tried);
    assertEquals("RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB.", failure.getMessage());
  }

  @Test
  void aPlanThatDoesNotFitGoesDownTheLadderToo() {
    MemoryLadder ladder = new MemoryLadder(new Attempt(GPU, 2).ladder(false));
    String result =
        ladder.run(
            attempt -> {
              tried.add(attempt.toString());
              if (attempt.compute().device().isGpu()) {
                throw new NotEnoughMemory("needs more");
              }
              return "done";
            });
    assertEquals("done", result);
    assertEquals(3, tried.size());
  }

  @Test
  void aCpuHasNothingButSmallerBatches() {
    Compute cpu = new Compute(Device.cpu(), Form.FAST);
    MemoryLadder ladder = new MemoryLadder(new Attempt(cpu, 2).ladder(false));
    NotEnoughMemory refusal = new NotEnoughMemory("volume needs more");
    NotEnoughMemory thrown =
        assertThrows(
            NotEnoughMemory.class,
            () ->
                ladder.run(
                    attempt -> {
                      tried.add(attempt.toString());
                      throw refusal;
                    }));
    assertSame(refusal, thrown);
    assertEquals(List.of("cpu FAST batch 2", "cpu FAST batch 1"), tried);
  }

  @Test
  void otherFailuresAreNotTriedAgain() {
    MemoryLadder ladder = new MemoryLadder(new Attempt(GPU, 4).ladder(true));
    EngineException broken = new EngineException("CUDA error: an illegal memory access was encountered");
    EngineException thrown =
        assertThrows(
            EngineException.class,
            () ->
                ladder.run(
                    attempt -> {
                      tried.add(attempt.toString());
                      throw broken;
                    }));
    assertSame(broken, thrown);
    assertEquals(1, tried.size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 7.79 GiB",
        "CUDA error: out of memory",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "[enforce fail at alloc_cpu.cpp:83] err == 0. DefaultCPUAllocator: can't allocate memory"
      })
  void allocatorsAreRecognised(String message) {
    assertTrue(MemoryLadder.isExhausted(new EngineException(message)));
    assertTrue(MemoryLadder.isExhausted(new EngineException("outer", new EngineException(message))));
    assertFalse(MemoryLadder.isExhausted(new EngineException("shape '[2]' is invalid")));
    assertFalse(MemoryLadder.isExhausted(new EngineException((String) null)));
  }

  /** The engine's own words, from an allocation that no machine can give. */
  @Test
  void theEnginesOwnRefusalIsRecognised() {
    Compute.cpu();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      EngineException refusal =
          assertThrows(EngineException.class, () -> manager.zeros(new Shape(1L << 55)));
      assertTrue(MemoryLadder.isExhausted(refusal), refusal.getMessage());
    }
  }
}
