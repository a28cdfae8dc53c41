package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelBundleTest {
  @TempDir Path folder;

  private final ModelBundle bundle = TinyModel.bundle();
  private Path saved;

  @BeforeEach
  void save() throws IOException {
    saved = folder.resolve("tiny").resolve("1.0");
    bundle.save(saved);
  }

  @Test
  void whatIsSavedIsLoaded() throws IOException {
    ModelBundle loaded = ModelBundle.load(saved);

    assertEquals(bundle.description(), loaded.description());
    assertEquals(bundle.labels(), loaded.labels());
    assertEquals(bundle.card(), loaded.card());
    assertEquals(bundle.weights().keySet(), loaded.weights().keySet());
    bundle
        .weights()
        .forEach(
            (name, tensor) ->
                assertArrayEquals(tensor.values(), loaded.weights().get(name).values(), name));
  }

  @Test
  void savingTwiceGivesTheSameBytes() throws IOException {
    Path again = folder.resolve("again");
    ModelBundle.load(saved).save(again);

    for (String file : new String[] {"model.yaml", "weights.safetensors", "classes.csv", "card.md"}) {
      assertEquals(-1, Files.mismatch(saved.resolve(file), again.resolve(file)), file);
    }
  }

  @Test
  void currentNamesTheLiveVersion() throws IOException {
    Files.writeString(folder.resolve("tiny").resolve("current"), "1.0\n");

    assertEquals("1.0", ModelBundle.current(folder, "tiny").description().version());
  }

  @Test
  void currentCannotLeaveTheModelsFolder() throws IOException {
    Files.writeString(folder.resolve("tiny").resolve("current"), "../tiny/1.0");

    IOException refusal =
        assertThrows(IOException.class, () -> ModelBundle.current(folder, "tiny"));
    assertTrue(refusal.getMessage().contains("../tiny/1.0"), refusal.getMessage());
    assertThrows(IOException.class, () -> ModelBundle.current(folder, "../x"));
    assertThrows(IOException.class, () -> ModelBundle.current(folder, "absent"));
  }

  @Test
  void currentMustHoldTheVersionItSays() throws IOException {
    bundle.save(folder.resolve("tiny").resolve("2.0"));
    Files.writeString(folder.resolve("tiny").resolve("current"), "2.0");

    assertThrows(IOException.class, () -> ModelBundle.current(folder, "tiny"));
  }

  @Test
  void changedWeightsAreRefused() throws IOException {
    Path weights = saved.resolve("weights.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);

    IOException refusal = assertThrows(IOException.class, () -> ModelBundle.load(saved));
    assertTrue(refusal.getMessage().contains("SHA-256"), refusal.getMessage());
  }

  @ParameterizedTest
  @MethodSource
  void wrongDescriptionsAreRefused(String from, String to, String said) throws IOException {
    Path file = saved.resolve("model.yaml");
    String text = Files.readString(file);
    assertTrue(text.contains(from), text);
    Files.writeString(file, text.replace(from, to));

    IOException refusal = assertThrows(IOException.class, () -> ModelBundle.load(saved));
    assertTrue(refusal.getMessage().contains("model.yaml"), refusal.getMessage());
    assertTrue(refusal.getMessage().toLowerCase().contains(said.toLowerCase()), refusal.getMessage());
  }

  static Stream<Arguments> wrongDescriptionsAreRefused() {
    return Stream.of(
        arguments("patches: 3", "patches: 3\nsurprise: 1", "surprise"),
        arguments("patches: 3", "patches: 3\npatches: 4", "patches"),
        arguments("patches: 3", "patches: 0", "patches"),
        arguments("patches: 3", "patches: 3.5", "patches"),
        arguments("patches: 3", "", "patches"),
        arguments("overlap: 0.5", "overlap: 1.0", "overlap"),
        arguments("overlap: 0.5", "overlap: .nan", "overlap"),
        arguments("backbone: unet", "backbone: nnunet", "nnunet"),
        arguments("backbone: unet", "backbone: !!javax.script.ScriptEngineManager []", "backbone"),
        arguments("name: tiny", "name: ../tiny", "name"),
        arguments("aggregation: NORMALISED_CW", "aggregation: MAGIC", "aggregation"),
        arguments("classes: classes.csv", "classes: ../classes.csv", "classes"),
        arguments("name: tiny", "name: [[[[[[[[[[[[1]]]]]]]]]]]]", "name"),
        arguments("name: tiny", "name: &a [*a]", "name"),
        arguments("format: 2", "format: 3", "format 3"),
        arguments("format: 2", "format: two", "format"),
        arguments("format: 2\n", "", "backbone must be unet"),
        arguments("global:\n", "globe:\n", "global"),
        arguments("global:\n", "global: 5\nrest:\n", "global"),
        arguments("  - 8\n", "  - 8.5\n", "local.channels[2]"),
        arguments("  - 8\n", "  - ~\n", "local: Cannot construct"),
        arguments("  - 8\n", "  - -8\n", "channels: -8 is not in 1 to 4096"),
        arguments("  - 8\n", "  - 8\n  kernel: 3\n", "local.kernel"),
        arguments("  - 4\n  - 4\n  - 8\n", "  - 4\n", "channels lists 1 levels"),
        arguments("  channels:\n  - 4\n  - 4\n  - 8\n", "", "local.channels: Missing"),
        arguments("  - 4\n  - 4\n  - 8\n", "  - 4096\n  - 4096\n  - 4096\n", "local have"),
        arguments("- 16\n- 16\n- 16\n", "- 16\n- 16\n- 18\n", "patch 16x16x18"));
  }

  @Test
  void theKeyInTroubleIsNamedInFull() throws IOException {
    Path file = saved.resolve("model.yaml");
    Files.writeString(
        file,
        Files.readString(file).replace("local:\n  backbone: unet", "local:\n  backbone: transunet"));

    IOException refusal = assertThrows(IOException.class, () -> ModelBundle.load(saved));
    assertTrue(
        refusal.getMessage().startsWith(file + ": local: Could not resolve type id 'transunet'"),
        refusal.getMessage());
  }

  @ParameterizedTest
  @MethodSource
  void wrongMedNeXtsAreRefused(String from, String to, String said) throws IOException {
    String mednext =
        "  backbone: mednext\n  channels: 4\n  blocks: [1, 1, 1, 1, 1]\n"
            + "  expansion: [2, 2, 2, 2, 2]\n  kernel: 3\n";
    assertTrue(mednext.contains(from), from);
    Path file = saved.resolve("model.yaml");
    String text = Files.readString(file);
    int at = text.indexOf("local:\n") + "local:\n".length();
    String rest = text.substring(text.indexOf("classes:"));
    Files.writeString(file, text.substring(0, at) + mednext.replace(from, to) + rest);

    IOException refusal = assertThrows(IOException.class, () -> ModelBundle.load(saved));
    assertTrue(refusal.getMessage().startsWith(file + ": local"), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
  }

  static Stream<Arguments> wrongMedNeXtsAreRefused() {
    return Stream.of(
        arguments("  kernel: 3\n", "", "kernel"),
        arguments("  kernel: 3\n", "  kernel: 4\n", "kernel 4 is even"),
        arguments("blocks: [1, 1, 1, 1, 1]", "blocks: [1, 1, 1, 1]", "blocks lists 4 levels"),
        arguments("blocks: [1, 1, 1, 1, 1]", "blocks: [1, 1, -1, 1, 1]", "blocks: -1 is not in 1 to 32"),
        arguments("blocks: [1, 1, 1, 1, 1]", "blocks: [1, 1, 1e9, 1, 1]", "blocks[2]"),
        arguments("expansion: [2, 2, 2, 2, 2]", "expansion: [2, 2, 2]", "expansion lists 3 levels"),
        arguments("channels: 4", "channels: 99999999999", "channels"),
        arguments("channels: 4", "channels: 4096", "channels: 4096 is not in 1 to 1024"),
        arguments("channels: 4", "channels: [4, 8]", "channels"));
  }

  @Test
  void formatOneIsReadAsWhatItMeans() throws IOException {
    Path file = saved.resolve("model.yaml");
    String text = Files.readString(file);
    String networks = text.substring(text.indexOf("global:"), text.indexOf("classes:"));
    String old = "backbone: unet\nglobalChannels: [4, 6, 6]\nlocalChannels: [4, 4, 8]\n";
    String formatOne = text.replace("format: 2\n", "").replace(networks, old);
    Files.writeString(file, formatOne);

    assertEquals(bundle.description(), ModelBundle.load(saved).description());

    for (String key : List.of("backbone: unet", "globalChannels: [4, 6, 6]", "localChannels: [4, 4, 8]")) {
      Files.writeString(file, formatOne.replace(key, ""));
      IOException refusal = assertThrows(IOException.class, () -> ModelBundle.load(saved));
      assertTrue(refusal.getMessage().contains("model.yaml: " + key.split(":")[0]), refusal.getMessage());
    }
    Files.writeString(file, formatOne.replace("[4, 4, 8]", "[4, 4, -8]"));
    IOException refusal = assertThrows(IOException.class, () -> ModelBundle.load(saved));
    assertTrue(refusal.getMessage().contains("local: "), refusal.getMessage());
  }

  @Test
  void whatThePublicCodeDoesDifferentlyIsPartOfTheManifest() throws IOException {
    ModelDescription d = bundle.description();
    Compat all =
        new Compat(
            Downsampling.TRILINEAR,
            Compat.Cells.RESIZE,
            Compat.Background.NEAREST_VOXEL,
            Optional.of(new Int3(32, 24, 16)));
    ModelDescription described =
        new ModelDescription(
            d.name(), d.version(), d.global(), d.local(), d.spacing(), d.windowLow(), d.windowHigh(),
            d.patch(), d.overlap(), d.rate(), d.patches(), d.aggregation(), all);
    Path folder = saved.resolveSibling("compat");
    new ModelBundle(described, bundle.labels(), "", bundle.weights()).save(folder);
    assertEquals(described, ModelBundle.load(folder).description());
    assertFalse(Files.readString(saved.resolve("model.yaml")).contains("compat"), "nothing to say");

    Path file = saved.resolve("model.yaml");
    String plain = Files.readString(file);
    Files.writeString(file, plain + "compat: {cellSampling: CENTRE}\n");
    assertEquals(
        new Compat(
            Downsampling.BLOCK_MEAN, Compat.Cells.CENTRE, Compat.Background.FOOTPRINT, Optional.empty()),
        ModelBundle.load(saved).description().compat());
    for (String wrong :
        List.of(
            "{cellsampling: CENTRE}",
            "{cellSampling: MIDDLE}",
            "{cellSampling: null}",
            "{fixedSize: [32, 32]}",
            "{fixedSize: [32, 32, 20]}",
            "{fixedSize: [32, 32, 8]}",
            "{fixedSize: [32, 32, 100000000]}",
            "all",
            "null")) {
      Files.writeString(file, plain + "compat: " + wrong + "\n");
      IOException refusal = assertThrows(IOException.class, () -> ModelBundle.load(saved), wrong);
      assertTrue(refusal.getMessage().contains("compat"), refusal.getMessage());
    }
  }

  @Test
  void methodAndParentAreKeptAndLeftOutWhereThereIsNothingToSay() throws IOException {
    String plain = Files.readString(saved.resolve("model.yaml"));
    assertFalse(plain.contains("method") || plain.contains("parent"), plain);
    ModelDescription d = bundle.description();
    ModelDescription baseline =
        new ModelDescription(
            d.name(), d.version(), d.global(), d.local(), d.spacing(), d.windowLow(), d.windowHigh(),
            d.patch(), d.overlap(), d.rate(), d.patches(), d.aggregation(), Compat.NONE, Method.SW);
    ModelBundle.Parent parent = bundle.asParent(saved);
    assertTrue(plain.contains(parent.weightsSha256()), plain);
    Path folder = saved.resolveSibling("child");
    new ModelBundle(baseline, bundle.labels(), "", bundle.weights(), Optional.of(parent)).save(folder);
    ModelBundle loaded = ModelBundle.load(folder);
    assertEquals(baseline, loaded.description());
    assertEquals(Optional.of(parent), loaded.parent());
    String manifest = Files.readString(folder.resolve("model.yaml"));
    assertTrue(manifest.contains("method: sw"), manifest);
    for (String wrong :
        List.of("{name: tiny}", "{name: '/', version: '1', weightsSha256: ''}", "[{}, {}]", "null")) {
      Files.writeString(saved.resolve("model.yaml"), plain + "parent: " + wrong + "\n");
      IOException refusal = assertThrows(IOException.class, () -> ModelBundle.load(saved), wrong);
      assertTrue(refusal.getMessage().contains("parent"), refusal.getMessage());
    }
  }

  @Test
  void aBaselineRefusesSelectionsThatItDidNotLearn() {
    ModelDescription d = bundle.description();
    for (Method method : Method.values()) {
      ModelDescription model =
          new ModelDescription(
              d.name(), d.version(), d.global(), d.local(), d.spacing(), d.windowLow(), d.windowHigh(),
              d.patch(), d.overlap(), d.rate(), d.patches(), d.aggregation(), Compat.NONE, method);
      assertEquals(method.own().toString(), SelectionRequest.own(model).name());
      for (SelectionRequest.Kind kind : SelectionRequest.Kind.values()) {
        SelectionRequest request = new SelectionRequest(kind, Optional.empty(), 0);
        boolean learned =
            switch (method) {
              case NMSW -> true;
              case RF -> kind != SelectionRequest.Kind.TOP_K;
              case SW -> kind == SelectionRequest.Kind.SLIDING_WINDOW;
            };
        if (learned) {
          assertEquals(kind.toString(), request.of(model).name());
        } else {
          String said = assertThrows(IllegalArgumentException.class, () -> request.of(model)).getMessage();
          assertTrue(said.contains("baseline") && said.contains(kind.toString()), said);
        }
      }
    }
  }

  @Test
  void theNetworksMayBeOfDifferentKinds() throws IOException {
    ModelDescription d = bundle.description();
    Architecture mednext =
        new Architecture.MedNeXt(4, List.of(1, 1, 1, 1, 1), List.of(2, 3, 2, 1, 2), 5);
    ModelDescription mixed =
        new ModelDescription(
            d.name(), d.version(), d.global(), mednext, d.spacing(), d.windowLow(), d.windowHigh(),
            d.patch(), d.overlap(), d.rate(), d.patches(), d.aggregation());
    Map<String, Tensor> weights;
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = Parameters.initialise(manager, mixed.net(5).parameters(), 3)) {
      weights = parameters.tensors();
    }
    Path folder = saved.resolveSibling("mixed");
    new ModelBundle(mixed, bundle.labels(), "", weights).save(folder);

    ModelBundle loaded = ModelBundle.load(folder);
    assertEquals(mixed, loaded.description());
    assertEquals("mednext", loaded.net().local().name());
    try (Segmenter segmenter = new Segmenter(loaded, Compute.cpu())) {
      SegmentationResult result = segmenter.segment(TinyModel.volume(30, 20, 24), ProgressListener.NONE);
      assertEquals(d.patches(), result.patches().size());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "~", "[]", "tiny", "# nothing"})
  void aModelFileWithoutAModelIsRefused(String text) throws IOException {
    Files.writeString(saved.resolve("model.yaml"), text);

    assertTrue(refusal().contains("model.yaml"), refusal());
    IOException description =
        assertThrows(IOException.class, () -> ModelBundle.readDescription(saved.resolve("model.yaml")));
    assertTrue(description.getMessage().contains("model.yaml"), description.getMessage());
  }

  @Test
  void aDescriptionAloneNeedsNoSum() throws IOException {
    Path file = saved.resolve("model.yaml");
    String text = Files.readString(file);
    assertEquals(bundle.description(), ModelBundle.readDescription(file));
    Files.writeString(file, text.replaceAll("weightsSha256: .*", ""));
    assertEquals(bundle.description(), ModelBundle.readDescription(file));
    Files.writeString(file, text.replace("patches: 3", "patches: 3.5"));
    IOException refusal = assertThrows(IOException.class, () -> ModelBundle.readDescription(file));
    assertTrue(refusal.getMessage().contains("patches"), refusal.getMessage());
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void weightsThatAreNotFiniteAreRefused(float value) throws IOException {
    Map<String, Tensor> weights = Safetensors.read(saved.resolve("weights.safetensors"));
    weights.get("local.d1.w0").values()[7] = value;
    store(weights);

    String said = "weights.safetensors: parameter local.d1.w0 holds " + value + " at element 7";
    assertTrue(refusal().endsWith(said), refusal());
  }

  @Test
  void weightsOfAnotherShapeAreRefused() throws IOException {
    Map<String, Tensor> weights = Safetensors.read(saved.resolve("weights.safetensors"));
    weights.put("global.d0.b0", new Tensor(new Shape(5), new float[5]));
    store(weights);
    assertTrue(refusal().contains("weights.safetensors: parameter global.d0.b0 has shape (5)"), refusal());

    weights.remove("global.d0.b0");
    store(weights);
    assertTrue(refusal().endsWith("parameter global.d0.b0 is missing"), refusal());
  }

  @Test
  void weightsThatAreCutShortAreRefusedEvenWithTheirOwnSum() throws IOException {
    Path file = saved.resolve("weights.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 4));
    stateSum();
    assertTrue(refusal().contains("weights.safetensors: tensor "), refusal());

    Files.write(file, Arrays.copyOf(bytes, 100));
    stateSum();
    assertTrue(refusal().contains("weights.safetensors: header of "), refusal());
  }

  @Test
  void tooLargeWeightsAreRefusedBeforeTheyAreRead() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(saved.resolve("weights.safetensors").toFile(), "rw")) {
      file.setLength(1L << 40);
    }

    assertTrue(refusal().contains("1099511627776 bytes are too many"), refusal());
  }

  @Test
  void classesThatAreMissingAreNoticed() throws IOException {
    TinyModel.labels(3).write(saved.resolve("classes.csv"));
    assertTrue(
        refusal().contains("class_weight is for 5 classes with the background, classes.csv lists 3"),
        refusal());

    Path csv = saved.resolve("classes.csv");
    TinyModel.labels(4).write(csv);
    List<String> lines = Files.readAllLines(csv);
    Files.write(csv, List.of(lines.get(0), lines.get(1), lines.get(3), lines.get(4)));
    assertTrue(refusal().contains("classes.csv: class organ3 has index 3"), refusal());

    Files.write(csv, lines.subList(0, 1));
    assertTrue(refusal().contains("classes.csv: a model needs at least one class"), refusal());
  }

  private String refusal() {
    return assertThrows(IOException.class, () -> ModelBundle.load(saved)).getMessage();
  }

  /** Replaces the weights and states their SHA-256, as somebody would who wants them loaded. */
  private void store(Map<String, Tensor> weights) throws IOException {
    Safetensors.write(saved.resolve("weights.safetensors"), weights, Safetensors.Type.F32);
    stateSum();
  }

  private void stateSum() throws IOException {
    byte[] bytes = Files.readAllBytes(saved.resolve("weights.safetensors"));
    String sum;
    try {
      sum = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
    Path file = saved.resolve("model.yaml");
    Files.writeString(
        file, Files.readString(file).replaceAll("weightsSha256: .*", "weightsSha256: \"" + sum + "\""));
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    Files.delete(saved.resolve("card.md"));

    IOException refusal = assertThrows(IOException.class, () -> ModelBundle.load(saved));
    assertTrue(refusal.getMessage().contains("card.md"), refusal.getMessage());
  }

  @Test
  void weightsMustBeThoseOfTheNetwork() {
    Map<String, Tensor> weights = new HashMap<>(bundle.weights());
    weights.put("local.extra", new Tensor(new Shape(1), new float[1]));
    assertThrows(
        IllegalArgumentException.class,
        () -> new ModelBundle(bundle.description(), bundle.labels(), "", weights));
    weights.remove("local.extra");
    weights.put("class_weight", new Tensor(new Shape(4), new float[4]));
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> new ModelBundle(bundle.description(), bundle.labels(), "", weights));
    assertTrue(refusal.getMessage().contains("class_weight"), refusal.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> new ModelBundle(bundle.description(), TinyModel.labels(3), "", bundle.weights()));
  }
}
