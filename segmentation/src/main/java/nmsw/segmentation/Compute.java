package nmsw.segmentation;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.cuda.CudaUtils;
import java.io.IOException;
import java.lang.management.MemoryUsage;
import java.util.Optional;
import nmsw.segmentation.nn.Form;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What networks run on.
 *
 * @param device CPU or GPU
 * @param form layout and precision of the networks
 */
public record Compute(Device device, Form form) {
  private static final Logger LOG = LoggerFactory.getLogger(Compute.class);
  private static final String OFFLINE = "ai.djl.offline";
  private static final String NO_TRACKING = "OPT_OUT_TRACKING";

  /**
   * The device and the precision asked for; says in the log which and why. Where the precision is left open it
   * is bfloat16 on a GPU of compute capability 8.0 or higher and on a CPU with instructions for it, else
   * float32.
   *
   * @throws IOException if a GPU is asked for that cannot be used; the message says what to do
   */
  public static Compute on(DeviceRequest device, PrecisionRequest precision) throws IOException {
    DeviceChoice choice = DeviceChoice.of(device, precision, CudaState.read(), CpuState.read());
    Compute compute = new Compute(choice.device(), choice.precision().form());
    LOG.info(
        "networks run on {} ({}) in {} ({}), {} CPU threads",
        compute.deviceName(), choice.reason(), compute.precisionName(), choice.precision().reason(),
        JniUtils.getNumThreads());
    if (choice.precision().emulated()) {
      LOG.warn(
          "bf16 is emulated on {} and slower than f32: set compute.precision, or --precision, to auto or f32",
          compute.deviceName());
    }
    return compute;
  }

  public static Compute cpu() {
    engine();
    return new Compute(Device.cpu(), Form.FAST);
  }

  public Compute with(Form other) {
    return new Compute(device, other);
  }

  /** {@code cpu} or {@code cuda:N}. */
  public String deviceName() {
    return DeviceChoice.name(device);
  }

  /** {@code f32} or {@code bf16}. */
  public String precisionName() {
    return form.bytesPerValue() == 2 ? "bf16" : "f32";
  }

  /** Memory of the GPU, whatever process uses it; empty for the CPU. */
  public Optional<DeviceMemory> memory() {
    if (!device.isGpu()) {
      return Optional.empty();
    }
    MemoryUsage memory = CudaUtils.getGpuMemory(device);
    return Optional.of(new DeviceMemory(memory.getUsed(), memory.getMax()));
  }

  /**
   * Sets how many threads the engine spreads one operation over, for the whole process; threads that have
   * not used the engine yet follow.
   *
   * @param threads at least 1
   */
  public static void useThreads(int threads) {
    engine();
    JniUtils.setNumThreads(threads);
  }

  /** Loads the engine with its calls home switched off. */
  static Engine engine() {
    for (String property : new String[] {OFFLINE, NO_TRACKING}) {
      if (System.getProperty(property) == null) {
        System.setProperty(property, "true");
      }
    }
    EngineGate gate = EngineGate.ofProcess();
    gate.enter();
    try {
      return Engine.getEngine("PyTorch");
    } finally {
      gate.leave();
    }
  }
}
