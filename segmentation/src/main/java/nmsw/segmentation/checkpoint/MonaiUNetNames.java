package nmsw.segmentation.checkpoint;

import nmsw.segmentation.nn.UNet;

/**
 * Names in MONAI's {@code UNet} with {@code num_res_units=2}, PReLU and instance norm without scale: each
 * level is {@code Sequential(down, SkipConnection(submodule), up)}, the bottom one a residual unit alone.
 */
final class MonaiUNetNames {
  private final int levels;

  MonaiUNetNames(UNet net) {
    levels = net.channels().size();
  }

  /**
   * @param parameter a name of {@link UNet#parameters()}, such as {@code d0.w0} or {@code u1.bt}
   */
  String tensor(String parameter) {
    int dot = parameter.indexOf('.');
    int block = Integer.parseInt(parameter.substring(1, dot));
    String part = parameter.substring(dot + 1);
    if (parameter.charAt(0) == 'd') {
      return level(block) + (block == levels - 1 ? "" : "0.") + down(part);
    }
    return level(levels - 2 - block) + "2." + up(part);
  }

  private static String level(int level) {
    return "model." + "1.submodule.".repeat(level);
  }

  private static String down(String part) {
    return switch (part) {
      case "w0" -> "conv.unit0.conv.weight";
      case "b0" -> "conv.unit0.conv.bias";
      case "a0" -> "conv.unit0.adn.A.weight";
      case "w1" -> "conv.unit1.conv.weight";
      case "b1" -> "conv.unit1.conv.bias";
      case "a1" -> "conv.unit1.adn.A.weight";
      case "wr" -> "residual.weight";
      case "br" -> "residual.bias";
      default -> throw new IllegalArgumentException("no encoder parameter " + part);
    };
  }

  private static String up(String part) {
    return switch (part) {
      case "wt" -> "0.conv.weight";
      case "bt" -> "0.conv.bias";
      case "at" -> "0.adn.A.weight";
      case "w" -> "1.conv.unit0.conv.weight";
      case "b" -> "1.conv.unit0.conv.bias";
      case "a" -> "1.conv.unit0.adn.A.weight";
      default -> throw new IllegalArgumentException("no decoder parameter " + part);
    };
  }
}
