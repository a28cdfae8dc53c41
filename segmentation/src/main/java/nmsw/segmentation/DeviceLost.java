package nmsw.segmentation;

import ai.djl.engine.EngineException;
import java.util.List;
import java.util.Locale;

/**
 * The GPU failed in a way that this process cannot get over: its CUDA context is broken, and whatever is computed on it from
 * now on fails as well. Only a new process has a new context.
 */
public final class DeviceLost extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * What the CUDA runtime says of the errors after which "the process must be terminated and relaunched" (CUDA Runtime
   * API, cudaError_t), and of a device that is not there any more.
   */
  private static final List<String> BROKEN =
      List.of(
          "an illegal memory access was encountered",
          "an illegal instruction was encountered",
          "misaligned address",
          "invalid program counter",
          "hardware stack error",
          "operation not supported on global/shared address space",
          "device-side assert triggered",
          "unspecified launch failure",
          "the launch timed out and was terminated",
          "uncorrectable ecc error encountered",
          "uncorrectable nvlink error detected",
          "no cuda-capable device is detected",
          "all cuda-capable devices are busy or unavailable");

  public DeviceLost(String message, Throwable cause) {
    super(message, cause);
  }

  /** What is to be thrown for an error of the engine: this, if that is what it says, else the error itself. */
  static RuntimeException of(EngineException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      for (String line : String.valueOf(cause.getMessage()).split("\\R")) {
        if (BROKEN.stream().anyMatch(line.toLowerCase(Locale.ROOT)::contains)) {
          return new DeviceLost(line.strip(), failure);
        }
      }
    }
    return failure;
  }
}
