package nmsw.segmentation;

import ai.djl.Device;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.nn.Form;

/**
 * One way to run a segmentation.
 *
 * @param batch patches that the local network takes at once
 */
public record Attempt(Compute compute, int batch) {
  public Attempt {
    if (batch < 1) {
      throw new IllegalArgumentException("batch of " + batch);
    }
  }

  /**
   * This way and those that take less memory of the device, in the order in which they are tried: smaller
   * batches and, on a GPU, half the precision unless it is that already, then the CPU in float32.
   *
   * @param halfPrecision whether the device computes in bfloat16
   */
  List<Attempt> ladder(boolean halfPrecision) {
    List<Attempt> ladder = new ArrayList<>();
    for (int size = batch; size >= 1; size /= 2) {
      ladder.add(new Attempt(compute, size));
    }
    if (compute.device().isGpu()) {
      if (halfPrecision && compute.form() == Form.FAST) {
        ladder.add(new Attempt(compute.with(Form.FAST_BF16), 1));
      }
      ladder.add(new Attempt(new Compute(Device.cpu(), Form.FAST), 1));
    }
    return List.copyOf(ladder);
  }

  @Override
  public String toString() {
    return compute.deviceName() + " " + compute.form() + " batch " + batch;
  }
}
