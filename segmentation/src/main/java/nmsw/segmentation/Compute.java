package nmsw.segmentation;

import ai.djl.Device;
import ai.djl.engine.Engine;
import nmsw.segmentation.nn.Form;

/**
 * What networks run on.
 *
 * @param device CPU or GPU
 * @param form layout and precision of the networks
 */
public record Compute(Device device, Form form) {
  private static final String OFFLINE = "ai.djl.offline";
  private static final String NO_TRACKING = "OPT_OUT_TRACKING";

  /**
   * The first GPU if the engine sees one, else the CPU; float32, channels-last.
   *
   * <p>The GPU path has not been run on hardware yet.
   */
  public static Compute best() {
    return on(engine().getGpuCount() > 0 ? Device.gpu(0) : Device.cpu());
  }

  public static Compute cpu() {
    return on(Device.cpu());
  }

  private static Compute on(Device device) {
    engine();
    return new Compute(device, Form.FAST);
  }

  public Compute with(Form other) {
    return new Compute(device, other);
  }

  /** Loads the engine with its calls home switched off. */
  private static Engine engine() {
    for (String property : new String[] {OFFLINE, NO_TRACKING}) {
      if (System.getProperty(property) == null) {
        System.setProperty(property, "true");
      }
    }
    return Engine.getEngine("PyTorch");
  }
}
