package nmsw.segmentation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The forms of {@code model.yaml} that there have been. Format 2 states its number and describes two networks
 * under {@code global} and {@code local}. Format 1 states none and has U-Nets only: {@code backbone: unet},
 * {@code globalChannels} and {@code localChannels}. Both are read, the newest is written.
 */
final class ManifestFormat {
  static final int CURRENT = 2;

  private static final String FORMAT = "format";
  private static final String BACKBONE = "backbone";

  private ManifestFormat() {}

  /**
   * The manifest in the current form; an older one is changed in place.
   *
   * @throws IllegalArgumentException if it is no mapping, or of a format that is not known
   */
  static ObjectNode current(JsonNode root) {
    if (!(root instanceof ObjectNode manifest)) {
      throw new IllegalArgumentException("describes no model");
    }
    JsonNode format = manifest.get(FORMAT);
    if (format == null) {
      upgrade(manifest);
    } else if (!format.isInt() || format.intValue() != CURRENT) {
      throw new IllegalArgumentException(
          FORMAT + " " + format + " is unknown; this version reads 2, and 1, which states no format");
    }
    return manifest;
  }

  private static void upgrade(ObjectNode manifest) {
    JsonNode backbone = manifest.remove(BACKBONE);
    if (backbone == null || !backbone.asText().equals("unet")) {
      throw new IllegalArgumentException(
          BACKBONE + " must be unet in a manifest without '" + FORMAT + ": " + CURRENT + "'");
    }
    manifest.set("global", unet(manifest, "globalChannels"));
    manifest.set("local", unet(manifest, "localChannels"));
    manifest.put(FORMAT, CURRENT);
  }

  private static ObjectNode unet(ObjectNode manifest, String key) {
    JsonNode channels = manifest.remove(key);
    if (channels == null || !channels.isArray()) {
      throw new IllegalArgumentException(
          key + " must list numbers in a manifest without '" + FORMAT + ": " + CURRENT + "'");
    }
    ObjectNode network = manifest.objectNode().put(BACKBONE, "unet");
    network.set("channels", channels);
    return network;
  }
}
