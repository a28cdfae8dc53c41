package nmsw.segmentation.checkpoint;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names in the published MedNeXt: {@code stem, enc_block_0.0.conv1, down_0, bottleneck, up_3, out_0}. */
final class MedNeXtNames {
  private static final Pattern BLOCK =
      Pattern.compile("(?<stage>[a-z]+)(?<level>\\d*)(?<number>\\.\\d+)?\\.(?<part>[a-z0-9]+)");

  /** A scalar that no layer uses, and the outputs of lower levels that only deep supervision uses. */
  private static final Pattern OTHER =
      Pattern.compile("dummy_tensor|out_[1-9]\\.conv_out\\.(weight|bias)");

  private MedNeXtNames() {}

  static boolean isOther(String tensor) {
    return OTHER.matcher(tensor).matches();
  }

  /**
   * @param parameter our name, such as {@code e0.2.dw}, {@code u3.wr} or {@code out.b}
   */
  static String tensor(String parameter) {
    Matcher matcher = BLOCK.matcher(parameter);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("no MedNeXt parameter " + parameter);
    }
    String level = matcher.group("level");
    String number = matcher.group("number") == null ? "" : matcher.group("number");
    String part = matcher.group("part");
    return switch (matcher.group("stage")) {
      case "stem" -> "stem." + ends(part);
      case "out" -> "out_0.conv_out." + ends(part);
      case "e" -> "enc_block_" + level + number + "." + part(part);
      case "dec" -> "dec_block_" + level + number + "." + part(part);
      case "bott" -> "bottleneck" + number + "." + part(part);
      case "d" -> "down_" + level + "." + part(part);
      case "u" -> "up_" + level + "." + part(part);
      default -> throw new IllegalArgumentException("no MedNeXt parameter " + parameter);
    };
  }

  private static String ends(String part) {
    return switch (part) {
      case "w" -> "weight";
      case "b" -> "bias";
      default -> throw new IllegalArgumentException("no part " + part + " of stem and out");
    };
  }

  private static String part(String part) {
    return switch (part) {
      case "dw" -> "conv1.weight";
      case "dwb" -> "conv1.bias";
      case "gw" -> "norm.weight";
      case "gb" -> "norm.bias";
      case "w2" -> "conv2.weight";
      case "b2" -> "conv2.bias";
      case "w3" -> "conv3.weight";
      case "b3" -> "conv3.bias";
      case "wr" -> "res_conv.weight";
      case "br" -> "res_conv.bias";
      default -> throw new IllegalArgumentException("no part " + part + " of a MedNeXt block");
    };
  }
}
