package nmsw.training.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import nmsw.segmentation.ModelBundle;

/**
 * Where a version comes from, as far as its files tell; weights are not read.
 *
 * @param parent name and version of the model whose weights its training began with
 * @param data fingerprint of the cases that it learned from, the beginning of their SHA-256
 * @param measured whether it came with an evaluation
 */
record Provenance(Optional<String> parent, Optional<String> data, boolean measured) {
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final int SHORT = 12;

  /**
   * @param version its folder
   * @throws IOException if a file is no YAML; the message names it
   */
  static Provenance of(Path version) throws IOException {
    JsonNode given = tree(version.resolve(ModelBundle.MODEL)).path("parent");
    JsonNode parent = given.isArray() ? given.path(0) : given;
    String data = text(tree(version.resolve(ModelRegistry.TRAINING)), "dataSha256");
    return new Provenance(
        optional((text(parent, "name") + " " + text(parent, "version")).strip()),
        optional(data.substring(0, Math.min(SHORT, data.length()))),
        Files.exists(version.resolve(ModelRegistry.EVALUATION)));
  }

  private static JsonNode tree(Path yaml) throws IOException {
    if (!Files.exists(yaml)) {
      return YAML.missingNode();
    }
    try {
      return YAML.readTree(yaml.toFile());
    } catch (JsonProcessingException e) {
      throw new IOException(yaml + ": " + e.getOriginalMessage(), e);
    }
  }

  private static String text(JsonNode node, String key) {
    return node.path(key).asText("");
  }

  private static Optional<String> optional(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }
}
