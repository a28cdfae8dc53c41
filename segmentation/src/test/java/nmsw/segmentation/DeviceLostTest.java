package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import ai.djl.engine.EngineException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceLostTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA error: an illegal memory access was encountered",
        "CUDA error: device-side assert triggered",
        "CUDA error: unspecified launch failure",
        "CUDA error: uncorrectable ECC error encountered",
        "CUDA error: the launch timed out and was terminated"
      })
  void errorsThatLeaveTheContextBrokenAreRecognised(String message) {
    EngineException said =
        new EngineException(
            "The following operation failed in the TorchScript interpreter.\nRuntimeError: " + message
                + "\nCUDA kernel errors might be asynchronously reported at some other API call");
    DeviceLost lost = assertInstanceOf(DeviceLost.class, DeviceLost.of(said));
    assertEquals("RuntimeError: " + message, lost.getMessage());
    assertSame(said, lost.getCause());
    assertInstanceOf(DeviceLost.class, DeviceLost.of(new EngineException("outer", said)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA error: out of memory",
        "CUDA out of memory. Tried to allocate 20.00 MiB",
        "CUDA error: invalid configuration argument",
        "shape '[2]' is invalid"
      })
  void othersAreNot(String message) {
    EngineException said = new EngineException(message);
    assertSame(said, DeviceLost.of(said));
  }

  @Test
  void anErrorWithoutAMessageIsNot() {
    EngineException said = new EngineException((String) null);
    assertSame(said, DeviceLost.of(said));
  }
}
