package nmsw.segmentation;

import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.volume.Vec3;

/**
 * What a model is, without its weights.
 *
 * @param name and {@code version}: letters, digits and {@code . _ -}, at most 64 characters
 * @param global the network that looks at the whole volume at low resolution
 * @param local the network that looks at patches
 * @param spacing mm along x, y, z of the volumes that it takes
 * @param windowLow HU that becomes 0
 * @param windowHigh HU that becomes 1
 * @param patch voxels of a patch
 * @param overlap share of a patch that its neighbour overlaps
 * @param rate down-sampling of the global network's input
 * @param patches how many patches the local network looks at unless told otherwise
 * @param aggregation how both networks' logits are fused
 * @param compat what is done as the public code does it
 * @param method what its networks were trained for
 */
public record ModelDescription(
    String name,
    String version,
    Architecture global,
    Architecture local,
    Vec3 spacing,
    double windowLow,
    double windowHigh,
    Int3 patch,
    double overlap,
    Int3 rate,
    int patches,
    Aggregation aggregation,
    Compat compat,
    Method method) {
  private static final String IDENTIFIER = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
  private static final int MAX_PATCH = 512;
  private static final int MAX_RATE = 16;
  private static final int MAX_PATCHES = 10_000;
  private static final int MAX_FIXED_SIZE = 2048;
  private static final long MAX_PARAMETERS = 1_000_000_000;

  public ModelDescription {
    requireIdentifier("name", name);
    requireIdentifier("version", version);
    require(global != null, "global: the network is missing");
    require(local != null, "local: the network is missing");
    requireRange("spacing", Math.min(spacing.x(), Math.min(spacing.y(), spacing.z())), 0.1, 20);
    requireRange("spacing", Math.max(spacing.x(), Math.max(spacing.y(), spacing.z())), 0.1, 20);
    requireRange("window", windowLow, -32768, 32767);
    requireRange("window", windowHigh, -32768, 32767);
    require(windowLow < windowHigh, "window " + windowLow + " to " + windowHigh + " is empty");
    requireRange("overlap", overlap, 0, 0.95);
    requireRange("patches", patches, 1, MAX_PATCHES);
    int divisor = local.divisor();
    for (int axis = 0; axis < 3; axis++) {
      requireRange("rate", rate.get(axis), 1, MAX_RATE);
      requireRange("patch", patch.get(axis), divisor, MAX_PATCH);
      require(
          patch.get(axis) % divisor == 0,
          "patch " + patch + " is not a multiple of " + divisor + " as the local network needs");
    }
    Int3 multiple = rate.times(Int3.cube(global.divisor()));
    compat.fixedSize().ifPresent(size -> requireFixedSize(size, patch, multiple));
  }

  /** Trained as {@link Method#NMSW}. */
  public ModelDescription(
      String name,
      String version,
      Architecture global,
      Architecture local,
      Vec3 spacing,
      double windowLow,
      double windowHigh,
      Int3 patch,
      double overlap,
      Int3 rate,
      int patches,
      Aggregation aggregation,
      Compat compat) {
    this(
        name, version, global, local, spacing, windowLow, windowHigh, patch, overlap, rate, patches,
        aggregation, compat, Method.NMSW);
  }

  /** As before, without anything of {@link Compat}. */
  public ModelDescription(
      String name,
      String version,
      Architecture global,
      Architecture local,
      Vec3 spacing,
      double windowLow,
      double windowHigh,
      Int3 patch,
      double overlap,
      Int3 rate,
      int patches,
      Aggregation aggregation) {
    this(
        name, version, global, local, spacing, windowLow, windowHigh, patch, overlap, rate, patches,
        aggregation, Compat.NONE);
  }

  /** The fixed size must suit both networks, for nothing is padded any more after it. */
  private static void requireFixedSize(Int3 size, Int3 patch, Int3 multiple) {
    for (int axis = 0; axis < 3; axis++) {
      requireRange("compat.fixedSize", size.get(axis), patch.get(axis), MAX_FIXED_SIZE);
      require(
          size.get(axis) % multiple.get(axis) == 0,
          "compat.fixedSize " + size + " is not a multiple of " + multiple
              + " (rate times what the global network needs)");
    }
  }

  /**
   * @param classes background included
   * @throws IllegalArgumentException if the network would be absurdly large
   */
  public NmswNet net(int classes) {
    NmswNet net = new NmswNet(global.backbone(classes), local.backbone(classes));
    long count = net.global().parameterCount() + net.local().parameterCount();
    require(
        count <= MAX_PARAMETERS,
        "global and local have " + count + " parameters; allowed are " + MAX_PARAMETERS);
    return net;
  }

  static void requireIdentifier(String key, String value) {
    require(
        value != null && value.matches(IDENTIFIER),
        key + " '" + value + "' must be 1 to 64 letters, digits or . _ - and not begin with a sign");
  }

  private static void requireRange(String key, double value, double least, double most) {
    require(
        value >= least && value <= most, key + " " + value + " is not in " + least + " to " + most);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
