package nmsw.segmentation.checkpoint;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a user says about the names in a checkpoint, where they can't be told by themselves. A YAML file;
 * every key may be left out.
 *
 * <pre>
 * root: state_dict            # keys of the dictionary that holds the tensors, joined by dots
 * global: global_net.         # what stands before the global network's names
 * local: local_net.
 * head: {w0: sampler.0.weight, b0: sampler.0.bias}
 * rename: {class_weight: aggregation.c, global.d0.w0: global_net.first.weight}
 * skip: FIRST                 # a U-Net's skip connection comes first where it is concatenated, or LAST
 * ignore: [aggregation.gaussian_map, "loss.*"]
 * </pre>
 *
 * @param root empty to search the whole file
 * @param global prefix of the global network's tensors, with its last dot; absent to look for it
 * @param local likewise
 * @param head tensor of each of the importance head's parameters {@code w0 b0 .. w3 b3}
 * @param rename tensor of any parameter by its full name
 * @param skip order of the concatenation in U-Net decoders; absent for that of the names found
 * @param ignore tensors that are no parameters; a {@code *} at the end stands for anything
 */
public record NameMapping(
    String root,
    Optional<String> global,
    Optional<String> local,
    Map<String, String> head,
    Map<String, String> rename,
    Optional<Skip> skip,
    List<String> ignore) {
  private static final int MAX_BYTES = 1 << 20;

  private static final ObjectMapper YAML =
      YAMLMapper.builder(
              YAMLFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(8).maxStringLength(4096).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Where a U-Net's decoder puts the encoder's output when it concatenates. */
  public enum Skip {
    /** (skip, current), as MONAI does. */
    FIRST,
    /** (current, skip), as NMSW §10.1. */
    LAST
  }

  /** The file's keys; null where left out. */
  private record Yaml(
      @JsonProperty("root") String root,
      @JsonProperty("global") String global,
      @JsonProperty("local") String local,
      @JsonProperty("head") Map<String, String> head,
      @JsonProperty("rename") Map<String, String> rename,
      @JsonProperty("skip") Skip skip,
      @JsonProperty("ignore") List<String> ignore) {}

  public NameMapping {
    head = Map.copyOf(head);
    rename = Map.copyOf(rename);
    ignore = List.copyOf(ignore);
  }

  /** Nothing said: everything is found by its name. */
  public static NameMapping none() {
    return new NameMapping(
        "", Optional.empty(), Optional.empty(), Map.of(), Map.of(), Optional.empty(), List.of());
  }

  /**
   * @throws ImportRefusal if the file has unknown keys or values of the wrong kind; the message names file
   *     and key
   */
  public static NameMapping read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new ImportRefusal(file + " is longer than " + MAX_BYTES + " bytes");
      }
      Yaml yaml = YAML.readValue(new String(bytes, StandardCharsets.UTF_8), Yaml.class);
      if (yaml == null) {
        return none();
      }
      requireValues(file, "head", yaml.head() == null ? List.of() : yaml.head().values());
      requireValues(file, "rename", yaml.rename() == null ? List.of() : yaml.rename().values());
      requireValues(file, "ignore", yaml.ignore() == null ? List.of() : yaml.ignore());
      return new NameMapping(
          yaml.root() == null ? "" : yaml.root(),
          Optional.ofNullable(yaml.global()),
          Optional.ofNullable(yaml.local()),
          yaml.head() == null ? Map.of() : yaml.head(),
          yaml.rename() == null ? Map.of() : yaml.rename(),
          Optional.ofNullable(yaml.skip()),
          yaml.ignore() == null ? List.of() : yaml.ignore());
    } catch (JsonMappingException e) {
      throw new ImportRefusal(file + ": " + e.getPathReference() + ": " + e.getOriginalMessage(), e);
    } catch (JsonProcessingException e) {
      throw new ImportRefusal(file + ": " + e.getOriginalMessage(), e);
    }
  }

  private static void requireValues(Path file, String key, Collection<String> values) throws ImportRefusal {
    if (values.stream().anyMatch(Objects::isNull)) {
      throw new ImportRefusal(file + ": " + key + " has an empty entry");
    }
  }

  /** Whether a tensor is listed as none of the network's. */
  boolean ignores(String tensor) {
    return ignore.stream().anyMatch(pattern -> matches(pattern, tensor));
  }

  static boolean matches(String pattern, String tensor) {
    return pattern.endsWith("*")
        ? tensor.startsWith(pattern.substring(0, pattern.length() - 1))
        : tensor.equals(pattern);
  }
}
