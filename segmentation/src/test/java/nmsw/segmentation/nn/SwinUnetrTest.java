package nmsw.segmentation.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import nmsw.segmentation.nn.SwinUnetr.Merging;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SwinUnetrTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({"14, 15703304", "17, 15703379", "25, 15703579", "27, 15703629"})
  void hasThePapersParameterCount(int classes, long count) {
    SwinUnetr net = SwinUnetr.ofPaper(classes);

    assertEquals(count, net.parameterCount());
    assertEquals(15_702_954L + 25L * classes, net.parameterCount());
    assertEquals(32, net.divisor());
    assertEquals(24, net.featureChannels());
    assertEquals(Merging.CORRECTED, net.merging());
  }

  @Test
  void parameterNamesAreUnique() {
    Set<String> names = new HashSet<>();
    SwinUnetr.ofPaper(3).parameters().forEach(spec -> assertTrue(names.add(spec.name()), spec.name()));
  }

  @Test
  void refusesDescriptionsThatMakeNoNetwork() {
    List<Integer> twos = List.of(2, 2, 2, 2);
    assertThrows(IllegalArgumentException.class, () -> new SwinUnetr(0, twos, twos, 7, 3));
    assertThrows(IllegalArgumentException.class, () -> new SwinUnetr(4, List.of(2, 2), twos, 7, 3));
    assertThrows(IllegalArgumentException.class, () -> new SwinUnetr(4, List.of(2, 0, 2, 2), twos, 7, 3));
    assertThrows(IllegalArgumentException.class, () -> new SwinUnetr(4, twos, List.of(2, 2, 2), 7, 3));
    assertThrows(IllegalArgumentException.class, () -> new SwinUnetr(4, twos, List.of(3, 2, 2, 2), 7, 3));
    assertThrows(IllegalArgumentException.class, () -> new SwinUnetr(4, twos, twos, 1, 3));
    assertThrows(IllegalArgumentException.class, () -> new SwinUnetr(4, twos, twos, 7, 1));
  }

  @Test
  void refusesInputThatItCannotHalve() {
    SwinUnetr net = tiny(Merging.CORRECTED);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 1);
        CompiledBackbone compiled = net.compile(manager, Form.FAST)) {
      NDArray odd = manager.zeros(new Shape(1, 1, 32, 48, 32));
      assertThrows(IllegalArgumentException.class, () -> compiled.train(odd, weights.arrays()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "swin_no_shift",
        "swin_no_shift_padded",
        "swin_shift_padded",
        "swin_window_larger_than_volume"
      })
  void transformerBlockMatchesGolden(String name) {
    JsonNode golden = Golden.read("layers_swin.json").path(name);
    int channels = golden.path("out").path("shape").get(3).asInt();
    int window = golden.path("window").get(0).asInt();
    int shift = golden.path("shift").get(0).asInt();
    SwinBlock block = new SwinBlock("", channels, golden.path("heads").asInt(), window, shift);
    checkLayer(golden, name, block.parameters(), window, Merging.CORRECTED, block::emit);
  }

  @ParameterizedTest
  @CsvSource({"patch_merging_correct, CORRECTED", "patch_merging_legacy_monai, LEGACY"})
  void mergingMatchesGolden(String name, Merging merging) {
    JsonNode golden = Golden.read("layers_swin.json").path(name);
    int channels = golden.path("inputs").get(0).path("shape").get(3).asInt();
    checkLayer(
        golden,
        name,
        SwinUnetr.merge("", channels),
        2,
        merging,
        (body, x) -> SwinUnetr.emitMerge(body, "", x));
  }

  private interface Emitter {
    String emit(ScriptBody body, String x);
  }

  /** Compares a layer as it is run without gradients and as it is trained, and all gradients. */
  private void checkLayer(
      JsonNode golden,
      String name,
      List<ParameterSpec> specs,
      int window,
      Merging merging,
      Emitter emitter) {
    List<NDArray> weights = new ArrayList<>();
    for (ParameterSpec spec : specs) {
      JsonNode value = golden.path("params").path(spec.name().substring(1));
      assertEquals(spec.shape(), Golden.shape(value), spec.name());
      weights.add(Golden.array(manager, value));
    }
    assertEquals(golden.path("params").size(), specs.size());
    NDArray x = Golden.array(manager, golden.path("inputs").get(0)).expandDims(0);
    NDArray upstream = Golden.array(manager, golden.path("dL_dout")).expandDims(0);
    ScriptBody body = new ScriptBody(Form.EXACT, specs);
    String result = emitter.emit(body, "x");
    String script =
        SwinScript.methods(window, merging)
            + SwinUnetr.weightMethods(Form.EXACT, specs)
            + """
              def run(self: __torch__.Net, x: Tensor, p: List[Tensor], train: bool) -> Tensor:
            """
            + body.text()
            + "    return " + result + "\n"
            + """
              def forward(self: __torch__.Net, x: Tensor, p: List[Tensor]) -> Tensor:
                return (self).run(x, (self).prepare(p, ), False, )
              def train(self: __torch__.Net, x: Tensor, p: List[Tensor]) -> Tensor:
                return (self).run(x, (self).layout(p, ), True, )
            """;
    try (ScriptModule module = ScriptModule.compile(manager, script)) {
      NDArray inferred = module.call("forward", List.of(x), weights, false).singletonOrThrow();
      Golden.assertClose(golden.path("out"), inferred.toDoubleArray(), 1e-9, name + " inferred");
      List<NDArray> leaves = new ArrayList<>(weights);
      leaves.add(x);
      leaves.forEach(leaf -> leaf.setRequiresGradient(true));
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDArray out = module.call("train", List.of(x), weights, true).singletonOrThrow();
        Golden.assertClose(golden.path("out"), out.toDoubleArray(), 1e-9, name + " in training");
        collector.backward(out.mul(upstream).sum());
        for (int i = 0; i < specs.size(); i++) {
          String parameter = specs.get(i).name().substring(1);
          Golden.assertClose(
              golden.path("grad_params").path(parameter),
              weights.get(i).getGradient().toDoubleArray(),
              1e-9,
              name + " gradient of " + parameter);
        }
        Golden.assertClose(
            golden.path("grad_inputs").get(0),
            x.getGradient().toDoubleArray(),
            1e-9,
            name + " gradient of the input");
      }
    }
  }

  /** Axes of 4 and 2 voxels at half resolution's stages are shorter than the window, of 7 they are not. */
  @ParameterizedTest
  @CsvSource({
    "EXACT, 64, 32, 96, 0", "FAST, 64, 32, 96, 1e-3", "FAST, 32, 32, 32, 1e-3", "FAST_BF16, 64, 32, 32, 0.3"
  })
  void everyFormComputesTheSameNetwork(Form form, int sizeX, int sizeY, int sizeZ, double tolerance) {
    SwinUnetr net = tiny(Merging.CORRECTED);
    Shape size = new Shape(1, 1, sizeX, sizeY, sizeZ);
    NDArray x = BackboneProbe.normal(manager, size, 1).toType(DataType.FLOAT32, false);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 7);
        CompiledBackbone exact = net.compile(manager, Form.EXACT);
        CompiledBackbone other = net.compile(manager, form)) {
      CompiledBackbone.Output expected = exact.infer(x, exact.prepare(manager, weights.arrays()));
      CompiledBackbone.Output output = other.infer(x, other.prepare(manager, weights.arrays()));

      assertEquals(new Shape(1, 5, sizeX, sizeY, sizeZ), output.logits().getShape());
      assertEquals(
          new Shape(1, net.featureChannels(), sizeX / 2, sizeY / 2, sizeZ / 2), output.feature().getShape());
      assertEquals(DataType.FLOAT32, output.logits().getDataType());
      double[] logits = BackboneProbe.doubles(expected.logits());
      assertTrue(
          Arrays.stream(logits).max().orElseThrow() - Arrays.stream(logits).min().orElseThrow() > 0.1,
          "logits that do not vary say nothing");
      Golden.assertClose(logits, BackboneProbe.doubles(output.logits()), tolerance, "logit");
      Golden.assertClose(
          BackboneProbe.doubles(expected.feature()),
          BackboneProbe.doubles(output.feature()),
          tolerance,
          "feature");
    }
  }

  /** A batch, so that windows of one volume must not take voxels of the other. */
  @Test
  void volumesOfABatchDoNotSeeEachOther() {
    SwinUnetr net = tiny(Merging.CORRECTED);
    NDArray both = BackboneProbe.normal(manager, new Shape(2, 1, 32, 32, 64), 1).toType(DataType.FLOAT32, false);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 7);
        CompiledBackbone compiled = net.compile(manager, Form.FAST)) {
      List<NDArray> prepared = compiled.prepare(manager, weights.arrays());
      double[] together = BackboneProbe.doubles(compiled.infer(both, prepared).logits().get("1:2"));
      double[] alone = BackboneProbe.doubles(compiled.infer(both.get("1:2"), prepared).logits());
      Golden.assertClose(alone, together, 1e-4, "logit of the second volume");
    }
  }

  @ParameterizedTest
  @EnumSource(value = Form.class, names = {"FAST_BF16", "TRAIN_BF16"}, mode = EnumSource.Mode.EXCLUDE)
  void gradientsReachEveryParameter(Form form) {
    SwinUnetr net = tiny(Merging.CORRECTED);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 7)) {
      // One volume of 32 voxels would leave one voxel at the bottom, whose instance norm is zero.
      NDArray x = BackboneProbe.normal(manager, new Shape(1, 1, 64, 32, 64), 1);
      NDArray w = BackboneProbe.normal(manager, new Shape(1, 5, 64, 32, 64), 2);
      List<NDArray> typed = new ArrayList<>();
      weights.arrays().forEach(weight -> typed.add(weight.toType(DataType.FLOAT64, true)));
      List<double[]> gradients = BackboneProbe.gradients(manager, net, form, typed, x, w);
      for (int i = 0; i < gradients.size(); i++) {
        String name = net.parameters().get(i).name();
        assertTrue(Arrays.stream(gradients.get(i)).allMatch(Double::isFinite), name);
        assertTrue(Arrays.stream(gradients.get(i)).anyMatch(g -> Math.abs(g) > 1e-9), name + " has no gradient");
      }
    }
  }

  private static SwinUnetr tiny(Merging merging) {
    return new SwinUnetr(4, List.of(2, 2, 1, 2), List.of(1, 2, 4, 2), 3, merging, 5);
  }
}
