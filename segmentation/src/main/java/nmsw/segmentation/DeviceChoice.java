package nmsw.segmentation;

import ai.djl.Device;
import java.io.IOException;
import java.util.Locale;

/**
 * The device that networks will run on, why, and in which precision.
 *
 * @param reason for the log
 */
record DeviceChoice(Device device, String reason, PrecisionChoice precision) {
  /**
   * @throws IOException if a GPU is asked for that cannot be used; the message says what to do
   */
  static DeviceChoice of(
      DeviceRequest request, PrecisionRequest precision, CudaState cuda, CpuState cpu)
      throws IOException {
    PrecisionChoice onCpu = PrecisionChoice.of(precision, cpu.bfloat16(), "CPU");
    if (request.kind() == DeviceRequest.Kind.CPU) {
      return new DeviceChoice(Device.cpu(), "as configured", onCpu);
    }
    String obstacle = cuda.obstacle().orElse(null);
    if (obstacle != null) {
      if (request.kind() == DeviceRequest.Kind.AUTO) {
        return new DeviceChoice(Device.cpu(), obstacle, onCpu);
      }
      throw new IOException(
          "device " + request + " cannot be used: " + obstacle + ". Or run with device cpu");
    }
    if (request.index() >= cuda.gpus().size()) {
      throw new IOException(
          "there is no device " + request + ": the last one is cuda:" + (cuda.gpus().size() - 1));
    }
    CudaState.Gpu gpu = cuda.gpus().get(request.index());
    String capability = gpu.capability().map(c -> c / 10 + "." + c % 10).orElse("unknown");
    return new DeviceChoice(
        Device.gpu(request.index()),
        String.format(
            Locale.ROOT,
            "compute capability %s, %.1f of %.1f GB free",
            capability, gpu.freeBytes() / 1e9, gpu.totalBytes() / 1e9),
        PrecisionChoice.of(precision, gpu.bfloat16(), "GPU"));
  }

  /** The device's name as operators write it. */
  static String name(Device device) {
    return device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu";
  }
}
