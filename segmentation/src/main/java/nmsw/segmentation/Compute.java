package nmsw.segmentation;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
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
   * The device asked for, in the form that suits it; says in the log which and why. A GPU computes in
   * bfloat16 from compute capability 8.0 on, in float32 below or where the capability is unknown.
   *
   * <p>The GPU path has not been run on hardware yet.
   *
   * @throws IOException if a GPU is asked for that cannot be used; the message says what to do
   */
  public static Compute on(DeviceRequest request) throws IOException {
    DeviceChoice choice = DeviceChoice.of(request, CudaState.read());
    Compute compute = new Compute(choice.device(), choice.form());
    LOG.info(
        "networks run on {} ({}), form {}, {} CPU threads",
        compute.deviceName(), choice.reason(), choice.form(), JniUtils.getNumThreads());
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
