package nmsw.segmentation.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.segmentation.nn.UNet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is accounted for and what is refused; that imported weights compute the right thing is tested by
 * {@code TorchCheckpointIT}.
 */
class ModelImportTest {
  @TempDir Path folder;

  private final NmswNet net = SmallModel.DESCRIPTION.net(3);

  /** Our own weights under our own names. */
  private Map<String, Tensor> weights() {
    return new LinkedHashMap<>(Parameters.initialValues(net.parameters(), 3));
  }

  private Path write(Map<String, Tensor> tensors) throws IOException {
    Path file = folder.resolve("weights.safetensors");
    Safetensors.write(file, tensors, Safetensors.Type.F32);
    return file;
  }

  private ModelImport.Imported whole(Map<String, Tensor> tensors, String mapping) throws IOException {
    return importer(mapping).whole(write(tensors));
  }

  private ModelImport importer(String mapping) throws IOException {
    Path yaml = Files.writeString(folder.resolve("mapping.yaml"), mapping);
    return new ModelImport(
        SmallModel.DESCRIPTION,
        SmallModel.labels(),
        mapping.isEmpty() ? NameMapping.none() : NameMapping.read(yaml));
  }

  private String refusal(Map<String, Tensor> tensors, String mapping) {
    return assertThrows(ImportRefusal.class, () -> whole(tensors, mapping)).getMessage();
  }

  private static Tensor tensor(int... shape) {
    long[] dimensions = Arrays.stream(shape).asLongStream().toArray();
    return new Tensor(new Shape(dimensions), new float[(int) new Shape(dimensions).size()]);
  }

  @Test
  void ownNamesAreTakenAsTheyAreBehindAnyPrefix() throws IOException {
    Map<String, Tensor> wrapped = new LinkedHashMap<>();
    weights().forEach((name, tensor) -> wrapped.put("module.net." + name, tensor));

    ModelImport.Imported imported = whole(wrapped, "");

    weights().forEach(
        (name, tensor) ->
            assertArrayEquals(tensor.values(), imported.bundle().weights().get(name).values(), name));
  }

  @Test
  void allProblemsAreToldAtOnceButNoMoreThanTwenty() {
    Map<String, Tensor> tensors = weights();
    tensors.remove("global.d1.b0");
    tensors.remove("head.w2");
    tensors.put("local.d0.w0", tensor(4, 2, 3, 3, 3));
    tensors.put("local.norm.running_mean", tensor(4));
    String message = refusal(tensors, "");
    assertTrue(message.startsWith("the import has 4 problems:"), message);
    assertTrue(message.contains("parameter global.d1.b0: there is no tensor global.d1.b0"), message);
    assertTrue(message.contains("parameter head.w2: there is no tensor head.w2"), message);
    assertTrue(
        message.contains(
            "tensor local.d0.w0 has shape (4, 2, 3, 3, 3), parameter local.d0.w0 (4, 1, 3, 3, 3)"),
        message);
    assertTrue(message.contains("tensor local.norm.running_mean (4) belongs to no parameter"), message);

    for (int i = 0; i < 30; i++) {
      tensors.put("more." + i, tensor(1));
    }
    assertTrue(refusal(tensors, "").endsWith("and 14 more"));
    assertEquals(22, refusal(tensors, "").lines().count());
  }

  @Test
  void valuesThatAreNotFiniteAreRefusedByName() {
    Map<String, Tensor> tensors = weights();
    tensors.get("local.d1.w0").values()[3] = Float.POSITIVE_INFINITY;

    String message = refusal(tensors, "");
    assertTrue(message.contains("weights.safetensors: tensor local.d1.w0 holds Infinity"), message);
  }

  @Test
  void oneNetworkIsNotTakenForTwo() throws IOException {
    Map<String, Tensor> one = new LinkedHashMap<>();
    weights().forEach(
        (name, tensor) -> {
          if (name.startsWith("global.")) {
            one.put(name.substring("global.".length()), tensor);
          }
        });

    String message = refusal(one, "");
    assertTrue(message.contains("holds one network"), message);
    assertTrue(message.contains("--global FILE --local FILE"), message);
  }

  @Test
  void aPrefixIsNeededWhereThereAreSeveralNetworks() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    weights().forEach(
        (name, tensor) ->
            tensors.put(name.replace("global.", "coarse.").replace("local.", "fine."), tensor));

    String message = refusal(tensors, "");
    assertTrue(
        message.contains("the global network (unet) may be any of those under 'coarse.', 'fine.'"), message);
    assertTrue(message.contains("give local: PREFIX in the mapping"), message);
    message = refusal(tensors, "global: coarse\nlocal: fine.\n");
    assertTrue(message.contains("not found under 'coarse'; there are networks under 'coarse.'"), message);

    ModelImport.Imported imported = whole(tensors, "global: coarse.\nlocal: fine.\n");
    assertArrayEquals(
        tensors.get("fine.d0.w0").values(), imported.bundle().weights().get("local.d0.w0").values());
  }

  @Test
  void namesThatNobodyKnowsAreGivenOneByOne() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    StringBuilder mapping = new StringBuilder("rename:\n");
    int number = 0;
    for (Map.Entry<String, Tensor> entry : weights().entrySet()) {
      tensors.put("t" + number, entry.getValue());
      mapping.append("  ").append(entry.getKey()).append(": t").append(number++).append('\n');
    }
    String message = refusal(tensors, "");
    assertTrue(
        message.contains(
            "the global network (unet) is not found: no tensor is named ...d0.w0 or"
                + " ...model.0.conv.unit0.conv.weight"),
        message);

    ModelImport.Imported imported = whole(tensors, mapping.toString());

    assertArrayEquals(
        weights().get("local.u1.wt").values(), imported.bundle().weights().get("local.u1.wt").values());
    assertTrue(imported.summary().contains("renamed by the mapping: " + number + " parameters"));
  }

  @Test
  void aSkipConnectionThatComesFirstIsMovedBehind() throws IOException {
    Map<String, Tensor> tensors = weights();
    float[] stored = tensors.get("local.u0.wt").values();
    int slice = stored.length / (10 + 6);

    float[] taken = whole(tensors, "skip: FIRST\n").bundle().weights().get("local.u0.wt").values();

    // (skip of 6, current of 10) becomes (current, skip).
    assertEquals(stored[6 * slice], taken[0]);
    assertEquals(stored[0], taken[10 * slice]);
    assertEquals(stored[stored.length - 1], taken[10 * slice - 1]);
  }

  @Test
  void whatIsIgnoredIsNamedInTheCard() throws IOException {
    Map<String, Tensor> tensors = weights();
    tensors.put("map.gauss", tensor(3));
    tensors.put("map.count", tensor(1));

    ModelImport.Imported imported = whole(tensors, "ignore: ['map.*']\n");

    String card = imported.bundle().card();
    assertTrue(card.contains("tensors left out: map.gauss, map.count"), card);
    assertFalse(card.contains("initialised"), card);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rename: {global.d9.w0: x}|rename: the network has no parameter global.d9.w0",
        "head: {w7: x}|head: the importance head has no parameter w7",
        "ignore: [nothing.*]|ignore: no tensor is named nothing.*",
        "rename: {class_weight: x}|parameter class_weight: there is no tensor x",
        "head: {w0: x}|parameter head.w0: there is no tensor x",
        "surprise: 1|surprise",
        "skip: MIDDLE|skip",
        "ignore: [~]|ignore has an empty entry",
        "global: [a]|global",
        "root: nowhere|holds no dictionary 'nowhere'",
        "'global: a.\nglobal: b.'|Duplicate",
        "- a|mapping.yaml"
      })
  void slipsInTheMappingAreRefused(String mapping, String said) {
    String message = refusal(weights(), mapping);
    assertTrue(message.contains(said), message);
  }

  @Test
  void namesInTheFileCannotForgeLines() {
    Map<String, Tensor> tensors = weights();
    tensors.put("x\n\u001b[2Jall is well", tensor(1));

    String message = refusal(tensors, "");
    assertTrue(message.contains("tensor x??[2Jall is well (1)"), message);
  }

  @Test
  void publishedNamesOfMedNeXtAreKnown() {
    Map<String, String> names =
        Map.of(
            "stem.w", "stem.weight",
            "e0.2.dw", "enc_block_0.2.conv1.weight",
            "e3.0.gb", "enc_block_3.0.norm.bias",
            "d1.wr", "down_1.res_conv.weight",
            "bott.3.b2", "bottleneck.3.conv2.bias",
            "u3.dwb", "up_3.conv1.bias",
            "u0.br", "up_0.res_conv.bias",
            "dec2.1.w3", "dec_block_2.1.conv3.weight",
            "out.b", "out_0.conv_out.bias");
    names.forEach((ours, theirs) -> assertEquals(theirs, MedNeXtNames.tensor(ours)));
    assertTrue(MedNeXtNames.isOther("dummy_tensor"));
    assertTrue(MedNeXtNames.isOther("out_4.conv_out.weight"));
    assertFalse(MedNeXtNames.isOther("out_0.conv_out.weight"));
  }

  @Test
  void everyNameOfAUNetHasOneOfMonais() {
    UNet paper = UNet.ofPaper(14);
    Naming monai = Naming.of(paper).get(1);

    assertEquals(paper.parameters().size(), Map.copyOf(inverse(monai.tensors())).size());
    assertEquals(
        "model.1.submodule.1.submodule.1.submodule.1.submodule.1.submodule.conv.unit0.conv.weight",
        monai.tensors().get("d5.w0"));
    assertEquals("model.2.1.conv.unit0.conv.bias", monai.tensors().get("u4.b"));
    assertEquals(Optional.empty(), Optional.ofNullable(monai.tensors().get("u4.a")));
  }

  private static Map<String, String> inverse(Map<String, String> names) {
    Map<String, String> inverse = new LinkedHashMap<>();
    names.forEach((ours, theirs) -> inverse.put(theirs, ours));
    return inverse;
  }
}
