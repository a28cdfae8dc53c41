package nmsw.segmentation.checkpoint;

import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names in MONAI's SwinUNETR: {@code swinViT.layers1.0.blocks.0.attn.qkv, encoder1, decoder5, out}. The table of
 * positions' indices that it stores with each block is what our network computes; it is compared.
 */
final class SwinUnetrNames {
  private static final Pattern BLOCK = Pattern.compile("s(\\d)\\.b(\\d+)\\.(\\w+)");
  private static final Pattern MERGE = Pattern.compile("s(\\d)\\.merge\\.(\\w+)");
  private static final Pattern CONVOLUTION = Pattern.compile("(enc|dec)(\\d+)\\.w([123t])");
  private static final Pattern INDEX =
      Pattern.compile("swinViT\\.layers\\d\\.0\\.blocks\\.\\d+\\.attn\\.relative_position_index");

  private SwinUnetrNames() {}

  /**
   * @param parameter our name, such as {@code s0.b1.qkv_w}, {@code dec5.wt} or {@code out.b}
   */
  static String tensor(String parameter) {
    Matcher block = BLOCK.matcher(parameter);
    if (block.matches()) {
      return layer(block.group(1)) + "blocks." + block.group(2) + "." + part(block.group(3));
    }
    Matcher merge = MERGE.matcher(parameter);
    if (merge.matches()) {
      return layer(merge.group(1)) + "downsample." + mergePart(merge.group(2));
    }
    Matcher convolution = CONVOLUTION.matcher(parameter);
    if (convolution.matches()) {
      String number = convolution.group(2);
      String kind = convolution.group(3);
      if (kind.equals("t")) {
        return "decoder" + number + ".transp_conv.conv.weight";
      }
      boolean encoder = convolution.group(1).equals("enc");
      String convolutions = encoder ? "encoder" + number + ".layer" : "decoder" + number + ".conv_block";
      return convolutions + ".conv" + kind + ".conv.weight";
    }
    return switch (parameter) {
      case "embed.w" -> "swinViT.patch_embed.proj.weight";
      case "embed.b" -> "swinViT.patch_embed.proj.bias";
      case "out.w" -> "out.conv.conv.weight";
      case "out.b" -> "out.conv.conv.bias";
      default -> throw new IllegalArgumentException("no Swin-UNETR parameter " + parameter);
    };
  }

  /** How a tensor that is no parameter is checked; empty for one that is unknown. */
  static Optional<Naming.Known> other(String tensor, int window) {
    return INDEX.matcher(tensor).matches()
        ? Optional.of(source -> requireIndices(tensor, source, window))
        : Optional.empty();
  }

  private static void requireIndices(String name, TensorSource source, int window) throws IOException {
    int voxels = window * window * window;
    if (source.shape().size() != (long) voxels * voxels) {
      throw new ImportRefusal(
          name + " has shape " + source.shape() + "; windows of " + window + " have " + voxels + " voxels");
    }
    float[] found = source.read();
    int width = 2 * window - 1;
    for (int from = 0, at = 0; from < voxels; from++) {
      for (int to = 0; to < voxels; to++, at++) {
        int x = from / (window * window) - to / (window * window) + window - 1;
        int y = from / window % window - to / window % window + window - 1;
        int z = from % window - to % window + window - 1;
        int expected = (x * width + y) * width + z;
        if (found[at] != expected) {
          throw new ImportRefusal(
              name + " holds " + (long) found[at] + " for voxels " + from + " and " + to + ", not " + expected);
        }
      }
    }
  }

  private static String layer(String stage) {
    return "swinViT.layers" + (Integer.parseInt(stage) + 1) + ".0.";
  }

  private static String part(String part) {
    return switch (part) {
      case "n1w" -> "norm1.weight";
      case "n1b" -> "norm1.bias";
      case "qkv_w" -> "attn.qkv.weight";
      case "qkv_b" -> "attn.qkv.bias";
      case "table" -> "attn.relative_position_bias_table";
      case "proj_w" -> "attn.proj.weight";
      case "proj_b" -> "attn.proj.bias";
      case "n2w" -> "norm2.weight";
      case "n2b" -> "norm2.bias";
      case "fc1_w" -> "mlp.linear1.weight";
      case "fc1_b" -> "mlp.linear1.bias";
      case "fc2_w" -> "mlp.linear2.weight";
      case "fc2_b" -> "mlp.linear2.bias";
      default -> throw new IllegalArgumentException("no part " + part + " of a transformer block");
    };
  }

  private static String mergePart(String part) {
    return switch (part) {
      case "nw" -> "norm.weight";
      case "nb" -> "norm.bias";
      case "w" -> "reduction.weight";
      default -> throw new IllegalArgumentException("no part " + part + " of a merging layer");
    };
  }
}
