package nmsw.segmentation;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.segmentation.nn.Safetensors.Type;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;

/**
 * A model as it is handed over: a folder with {@code model.yaml}, {@code classes.csv}, {@code
 * weights.safetensors} and {@code card.md}.
 *
 * @param labels class i of the network is the class with index i; background (0) is not listed
 * @param card what it was trained on and how good it is, Markdown
 * @param weights all parameters of the network by name; values are not copied
 * @param parent the model whose weights its training began with
 */
public record ModelBundle(
    ModelDescription description,
    LabelTable labels,
    String card,
    Map<String, Tensor> weights,
    Optional<Parent> parent) {

  /**
   * The model that another was made of.
   *
   * @param weightsSha256 of its weights file, hexadecimal
   */
  public record Parent(
      @JsonProperty("name") String name,
      @JsonProperty("version") String version,
      @JsonProperty(WEIGHTS_SHA256) String weightsSha256) {
    private static final String DIGEST = "[0-9a-fA-F]{64}";

    public Parent {
      ModelDescription.requireIdentifier("parent.name", name);
      ModelDescription.requireIdentifier("parent.version", version);
      if (weightsSha256 == null || !weightsSha256.matches(DIGEST)) {
        throw new IllegalArgumentException("parent." + WEIGHTS_SHA256 + " is no SHA-256");
      }
    }
  }

  /** The manifest, without which a folder is no bundle. */
  public static final String MODEL = "model.yaml";

  public static final String CLASSES = "classes.csv";
  public static final String WEIGHTS = "weights.safetensors";
  public static final String CARD = "card.md";

  /** Beside a model's versions: the file that names the live one. */
  public static final String CURRENT = "current";

  private static final String WEIGHTS_SHA256 = "weightsSha256";
  private static final String COMPAT = "compat";
  private static final String METHOD = "method";
  private static final String PARENT = "parent";
  private static final int MAX_YAML_BYTES = 1 << 16;
  private static final int MAX_CARD_BYTES = 1 << 20;
  private static final long MAX_HEADER_BYTES = 8L << 20;

  private static final ObjectMapper YAML =
      YAMLMapper.builder(
              YAMLFactory.builder()
                  .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                  .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                  .disable(YAMLGenerator.Feature.USE_NATIVE_TYPE_ID)
                  .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(8).maxStringLength(4096).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.AUTO_DETECT_SETTERS)
          .build();

  /** The keys under {@code compat}; an empty fixed size is none. */
  private record CompatFile(
      @JsonProperty("downsampling") Downsampling downsampling,
      @JsonProperty("cellSampling") Compat.Cells cellSampling,
      @JsonProperty("backgroundCells") Compat.Background backgroundCells,
      @JsonProperty("fixedSize") List<Integer> fixedSize) {

    static CompatFile of(Compat c) {
      return new CompatFile(
          c.downsampling(),
          c.cellSampling(),
          c.backgroundCells(),
          c.fixedSize().map(size -> List.of(size.x(), size.y(), size.z())).orElse(List.of()));
    }

    Compat compat() {
      Optional<Int3> size = Optional.empty();
      if (!fixedSize.isEmpty()) {
        ModelFile.requireCount("compat.fixedSize", fixedSize, 3);
        size = Optional.of(new Int3(fixedSize.get(0), fixedSize.get(1), fixedSize.get(2)));
      }
      return new Compat(downsampling, cellSampling, backgroundCells, size);
    }
  }

  /** Adds what a manifest leaves out: the method, the parent, all of {@code compat}, or keys of it. */
  private static ObjectNode withDefaults(ObjectNode manifest) {
    if (!manifest.has(METHOD)) {
      manifest.set(METHOD, YAML.valueToTree(Method.NMSW));
    }
    if (!manifest.has(PARENT)) {
      manifest.putArray(PARENT);
    }
    if (!manifest.has(COMPAT)) {
      manifest.putObject(COMPAT);
    }
    if (manifest.get(COMPAT) instanceof ObjectNode given) {
      ObjectNode defaults = YAML.valueToTree(CompatFile.of(Compat.NONE));
      manifest.set(COMPAT, defaults.setAll(given));
    }
    return manifest;
  }

  /** The keys of {@code model.yaml}. */
  @JsonPropertyOrder({
    "format", "name", "version", "global", "local", "classes", "spacing", "window", "patch", "overlap",
    "rate", "patches", "aggregation", "compat", "method", "parent", "weightsSha256"
  })
  private record ModelFile(
      @JsonProperty("format") int format,
      @JsonProperty("name") String name,
      @JsonProperty("version") String version,
      @JsonProperty("global") Architecture global,
      @JsonProperty("local") Architecture local,
      @JsonProperty("classes") String classes,
      @JsonProperty("spacing") List<Double> spacing,
      @JsonProperty("window") List<Double> window,
      @JsonProperty("patch") List<Integer> patch,
      @JsonProperty("overlap") double overlap,
      @JsonProperty("rate") List<Integer> rate,
      @JsonProperty("patches") int patches,
      @JsonProperty("aggregation") Aggregation aggregation,
      @JsonProperty(COMPAT) @JsonInclude(JsonInclude.Include.NON_NULL) CompatFile compat,
      @JsonProperty(METHOD) @JsonInclude(JsonInclude.Include.NON_NULL) Method method,
      @JsonProperty(PARENT)
          @JsonInclude(JsonInclude.Include.NON_EMPTY)
          @JsonFormat(
              with = {
                JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY,
                JsonFormat.Feature.WRITE_SINGLE_ELEM_ARRAYS_UNWRAPPED
              })
          List<Parent> parent,
      @JsonProperty(WEIGHTS_SHA256) String weightsSha256) {

    static ModelFile of(ModelDescription d, Optional<Parent> parent, String weightsSha256) {
      return new ModelFile(
          ManifestFormat.CURRENT,
          d.name(),
          d.version(),
          d.global(),
          d.local(),
          CLASSES,
          List.of(d.spacing().x(), d.spacing().y(), d.spacing().z()),
          List.of(d.windowLow(), d.windowHigh()),
          List.of(d.patch().x(), d.patch().y(), d.patch().z()),
          d.overlap(),
          List.of(d.rate().x(), d.rate().y(), d.rate().z()),
          d.patches(),
          d.aggregation(),
          d.compat().equals(Compat.NONE) ? null : CompatFile.of(d.compat()),
          d.method() == Method.NMSW ? null : d.method(),
          parent.stream().toList(),
          weightsSha256);
    }

    Optional<Parent> onlyParent() {
      if (parent.size() > 1) {
        throw new IllegalArgumentException(PARENT + " must be one model");
      }
      return parent.stream().findFirst();
    }

    ModelDescription description() {
      requireCount("spacing", spacing, 3);
      requireCount("window", window, 2);
      requireCount("patch", patch, 3);
      requireCount("rate", rate, 3);
      if (!classes.equals(CLASSES)) {
        throw new IllegalArgumentException("classes '" + classes + "' must be " + CLASSES);
      }
      return new ModelDescription(
          name,
          version,
          global,
          local,
          new Vec3(spacing.get(0), spacing.get(1), spacing.get(2)),
          window.get(0),
          window.get(1),
          new Int3(patch.get(0), patch.get(1), patch.get(2)),
          overlap,
          new Int3(rate.get(0), rate.get(1), rate.get(2)),
          patches,
          aggregation,
          compat.compat(),
          method);
    }

    private static void requireCount(String key, List<?> values, int count) {
      if (values.size() != count || values.contains(null)) {
        throw new IllegalArgumentException(key + " must list " + count + " numbers");
      }
    }
  }

  /**
   * @throws IllegalArgumentException if the classes are not numbered 1..n or the weights are not those of
   *     the network
   */
  public ModelBundle {
    weights = Map.copyOf(weights);
    int classes = requireNumbered(labels).classes().size();
    Parameters.check(description.net(classes + 1).parameters(), weights);
  }

  /** Of no parent. */
  public ModelBundle(
      ModelDescription description, LabelTable labels, String card, Map<String, Tensor> weights) {
    this(description, labels, card, weights, Optional.empty());
  }

  private static LabelTable requireNumbered(LabelTable labels) {
    List<LabelClass> classes = labels.classes();
    if (classes.isEmpty()) {
      throw new IllegalArgumentException("a model needs at least one class");
    }
    for (int i = 0; i < classes.size(); i++) {
      if (classes.get(i).index() != i + 1) {
        throw new IllegalArgumentException(
            "class " + classes.get(i).name() + " has index " + classes.get(i).index()
                + "; a model's classes are numbered 1, 2, ...");
      }
    }
    return labels;
  }

  /** The most likely of all misfits, told before one parameter after the other is. */
  private static void requireClasses(Path path, Map<String, Tensor> weights, int classes)
      throws IOException {
    Tensor classWeight = weights.get(NmswNet.CLASS_WEIGHT);
    if (classWeight != null && classWeight.values().length != classes) {
      throw new IOException(
          path + ": " + NmswNet.CLASS_WEIGHT + " is for " + classWeight.values().length
              + " classes with the background, " + CLASSES + " lists " + (classes - 1)
              + " and the background");
    }
  }

  /**
   * What to note of this bundle in one that is made of it.
   *
   * @param folder that it was loaded from
   * @throws IOException if its weights can not be read
   */
  public Parent asParent(Path folder) throws IOException {
    return new Parent(description.name(), description.version(), sha256(folder.resolve(WEIGHTS)));
  }

  /** The network that the weights belong to. */
  public NmswNet net() {
    return description.net(labels.classes().size() + 1);
  }

  /**
   * Reads and checks a bundle.
   *
   * @throws IOException if a file is missing, wrong, or the weights are not those whose SHA-256 {@code
   *     model.yaml} states
   */
  public static ModelBundle load(Path folder) throws IOException {
    Path modelPath = folder.resolve(MODEL);
    Path weightsPath = folder.resolve(WEIGHTS);
    ModelFile file = parsed(modelPath, manifest -> manifest);
    ModelDescription description = named(modelPath, file::description);
    LabelTable labels = LabelTable.read(folder.resolve(CLASSES));
    named(folder.resolve(CLASSES), () -> requireNumbered(labels));
    NmswNet net = named(modelPath, () -> description.net(labels.classes().size() + 1));
    long parameters = net.parameters().stream().mapToLong(ParameterSpec::size).sum();
    long size = Files.size(weightsPath);
    if (size > 4 * parameters + MAX_HEADER_BYTES) {
      throw new IOException(
          weightsPath + ": " + size + " bytes are too many for " + parameters + " parameters");
    }
    String found = sha256(weightsPath);
    if (!found.equalsIgnoreCase(file.weightsSha256())) {
      throw new IOException(
          weightsPath + ": SHA-256 is " + found + ", " + MODEL + " says " + file.weightsSha256()
              + ": install the model again");
    }
    String card = text(folder.resolve(CARD), MAX_CARD_BYTES);
    Map<String, Tensor> weights = Safetensors.read(weightsPath);
    requireClasses(weightsPath, weights, net.classes());
    return named(weightsPath, () -> new ModelBundle(description, labels, card, weights, file.onlyParent()));
  }

  /**
   * Reads a {@code model.yaml} alone, for weights that are yet to come: {@code weightsSha256} may be left out
   * and is not looked at.
   *
   * @throws IOException if the file is missing or wrong; the message names the file and the key
   */
  public static ModelDescription readDescription(Path modelYaml) throws IOException {
    ModelFile file =
        parsed(
            modelYaml,
            manifest ->
                manifest.has(WEIGHTS_SHA256) ? manifest : manifest.put(WEIGHTS_SHA256, ""));
    return named(modelYaml, file::description);
  }

  /** A manifest of any known format, changed once it has the current form. */
  private static ModelFile parsed(Path yaml, UnaryOperator<ObjectNode> change) throws IOException {
    try {
      ObjectNode manifest = ManifestFormat.current(tree(text(yaml, MAX_YAML_BYTES)));
      return YAML.treeToValue(withDefaults(change.apply(manifest)), ModelFile.class);
    } catch (JsonMappingException e) {
      throw new IOException(yaml + ": " + key(e) + e.getOriginalMessage(), e);
    } catch (JsonProcessingException e) {
      throw new IOException(yaml + ": " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IOException(yaml + ": " + e.getMessage(), e);
    }
  }

  private interface Check<T> {
    T value();
  }

  /** What a check gives; its complaint gets the name of the file that it is about. */
  private static <T> T named(Path path, Check<T> check) throws IOException {
    try {
      return check.value();
    } catch (IllegalArgumentException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  /**
   * @throws IllegalArgumentException if it is no YAML; the message names the key, as far as one is reached
   */
  private static JsonNode tree(String yaml) throws IOException {
    try (JsonParser parser = YAML.createParser(yaml)) {
      try {
        return YAML.readTree(parser);
      } catch (JsonProcessingException e) {
        String key = parser.getParsingContext().pathAsPointer().toString().replaceFirst("^/", "");
        throw new IllegalArgumentException(
            (key.isEmpty() ? "" : key.replace('/', '.') + ": ") + e.getOriginalMessage(), e);
      }
    }
  }

  /** Where in the manifest the trouble is, such as {@code local.blocks[2]: }; empty if it is the whole. */
  private static String key(JsonMappingException e) {
    StringBuilder key = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      if (step.getFieldName() == null) {
        key.append('[').append(step.getIndex()).append(']');
      } else {
        key.append(key.isEmpty() ? "" : ".").append(step.getFieldName());
      }
    }
    return key.isEmpty() ? "" : key + ": ";
  }

  /**
   * The folder of a model's live version: {@code modelsDir/name/current} holds the version's name.
   *
   * @throws IOException if there is none, or what it holds is no version's name
   */
  public static Path currentFolder(Path modelsDir, String name) throws IOException {
    Path pointer = modelsDir.resolve(name).resolve(CURRENT);
    if (!Files.isRegularFile(pointer)) {
      throw new IOException("there is no model " + name + ": " + pointer + " should name its live version");
    }
    try {
      ModelDescription.requireIdentifier("model", name);
      String version = text(pointer, 256).strip();
      ModelDescription.requireIdentifier(pointer + ": version", version);
      return modelsDir.resolve(name).resolve(version);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * Reads the live version of a model.
   *
   * @throws IOException if there is none, or the bundle is wrong or another model's
   */
  public static ModelBundle current(Path modelsDir, String name) throws IOException {
    Path folder = currentFolder(modelsDir, name);
    ModelBundle bundle = load(folder);
    ModelDescription d = bundle.description();
    if (!d.name().equals(name) || !folder.endsWith(d.version())) {
      throw new IOException(folder + " holds " + d.name() + " " + d.version());
    }
    return bundle;
  }

  /** As {@link #save(Path, Type)}, weights as float32. */
  public void save(Path folder) throws IOException {
    save(folder, Type.F32);
  }

  /**
   * Writes the bundle into a folder; {@code model.yaml} last, so that a torn bundle has none.
   *
   * @param type of the stored weights; a narrower type than float32 rounds them
   */
  public void save(Path folder, Type type) throws IOException {
    Files.createDirectories(folder);
    Path weightsPath = folder.resolve(WEIGHTS);
    Map<String, Tensor> ordered = new LinkedHashMap<>();
    net().parameters().forEach(spec -> ordered.put(spec.name(), weights.get(spec.name())));
    Safetensors.write(weightsPath, ordered, type);
    labels.write(folder.resolve(CLASSES));
    Files.writeString(folder.resolve(CARD), card);
    ModelFile file = ModelFile.of(description, parent, sha256(weightsPath));
    Files.writeString(folder.resolve(MODEL), YAML.writeValueAsString(file));
  }

  private static String text(Path file, int maxBytes) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw new IOException(file + " is longer than " + maxBytes + " bytes");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /** SHA-256 of a file, hexadecimal, as {@code model.yaml} states it of the weights. */
  public static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
