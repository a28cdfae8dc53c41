package nmsw.segmentation.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import nmsw.segmentation.nn.MedNeXtBlock.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class MedNeXtTest {
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
  @CsvSource({"14, 17549360", "17, 17549459", "25, 17549723", "27, 17549789"})
  void hasThePapersParameterCount(int classes, long count) {
    MedNeXt net = MedNeXt.ofPaper(classes);

    assertEquals(count, net.paperParameterCount());
    assertEquals(count - 2, net.parameterCount());
    assertEquals(16, net.divisor());
    assertEquals(64, net.featureChannels());
  }

  @Test
  void parameterNamesAreUnique() {
    Set<String> names = new HashSet<>();
    MedNeXt.ofPaper(3).parameters().forEach(spec -> assertTrue(names.add(spec.name()), spec.name()));
  }

  @ParameterizedTest
  @MethodSource
  void refusesDescriptionsThatMakeNoNetwork(
      int channels, List<Integer> blocks, List<Integer> expansion, int kernel, int classes, String said) {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> new MedNeXt(channels, blocks, expansion, kernel, classes));
    assertTrue(refusal.getMessage().startsWith(said), refusal.getMessage());
  }

  static Stream<Arguments> refusesDescriptionsThatMakeNoNetwork() {
    List<Integer> ones = List.of(1, 1, 1, 1, 1);
    return Stream.of(
        arguments(4, List.of(1, 1, 1), List.of(1, 1, 1), 3, 3, "blocks"),
        arguments(4, List.of(1, 1, 1, 1), List.of(1, 1, 1, 1), 3, 3, "blocks"),
        arguments(4, List.of(1, 1, 0, 1, 1), ones, 3, 3, "blocks"),
        arguments(4, List.of(1, 1, 1000, 1, 1), ones, 3, 3, "blocks"),
        arguments(4, ones, List.of(1, 1, 1), 3, 3, "expansion"),
        arguments(4, ones, List.of(1, 1, 1, 1, -2), 3, 3, "expansion"),
        arguments(0, ones, ones, 3, 3, "channels"),
        arguments(1025, ones, ones, 3, 3, "channels"),
        arguments(4, ones, ones, 1, 3, "kernel"),
        arguments(4, ones, ones, 4, 3, "kernel"),
        arguments(4, ones, ones, 9, 3, "kernel"),
        arguments(4, ones, ones, 3, 1, "classes"));
  }

  @Test
  void blockMatchesGolden() {
    checkBlock("mednext_same", new MedNeXtBlock("", Kind.SAME, 3, 3, 2, 3));
  }

  @Test
  void blockThatHalvesMatchesGolden() {
    checkBlock("mednext_down", new MedNeXtBlock("", Kind.DOWN, 2, 4, 3, 3));
  }

  @Test
  void blockThatDoublesMatchesGolden() {
    checkBlock("mednext_up", new MedNeXtBlock("", Kind.UP, 4, 2, 3, 3));
  }

  private void checkBlock(String name, MedNeXtBlock block) {
    GoldenBlock.check(
        manager, name, block.parameters(), (body, x) -> block.emit(body, x.get(0)));
  }

  @ParameterizedTest
  @CsvSource({"EXACT, 3, 0", "FAST, 3, 1e-4", "FAST_BF16, 3, 0.1", "FAST, 5, 1e-4", "FAST, 7, 1e-4"})
  void everyFormComputesTheSameNetwork(Form form, int kernel, double tolerance) {
    MedNeXt net = tiny(kernel);
    NDArray x =
        BackboneProbe.normal(manager, new Shape(2, 1, 32, 16, 48), 1).toType(DataType.FLOAT32, false);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 7);
        CompiledBackbone exact = net.compile(manager, Form.EXACT);
        CompiledBackbone other = net.compile(manager, form)) {
      CompiledBackbone.Output expected = exact.infer(x, exact.prepare(manager, weights.arrays()));
      CompiledBackbone.Output output = other.infer(x, other.prepare(manager, weights.arrays()));

      assertEquals(new Shape(2, 5, 32, 16, 48), output.logits().getShape());
      assertEquals(new Shape(2, net.featureChannels(), 16, 8, 24), output.feature().getShape());
      assertEquals(DataType.FLOAT32, output.logits().getDataType());
      assertEquals(DataType.FLOAT32, output.feature().getDataType());
      double[] logits = BackboneProbe.doubles(expected.logits());
      assertTrue(spread(logits) > 0.1, "logits that do not vary say nothing");
      Golden.assertClose(logits, BackboneProbe.doubles(output.logits()), tolerance, "logit");
      Golden.assertClose(
          BackboneProbe.doubles(expected.feature()),
          BackboneProbe.doubles(output.feature()),
          tolerance,
          "feature");
    }
  }

  @Test
  void theSmallestInputHasOneVoxelAtTheBottom() {
    MedNeXt net = tiny(3);
    NDArray x = BackboneProbe.normal(manager, new Shape(1, 1, 8, 8, 8), 1).toType(DataType.FLOAT32, false);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 7);
        CompiledBackbone compiled = net.compile(manager, Form.FAST)) {
      CompiledBackbone.Output output =
          compiled.infer(x, compiled.prepare(manager, weights.arrays()));

      assertTrue(Arrays.stream(BackboneProbe.doubles(output.logits())).allMatch(Double::isFinite));
    }
  }

  @ParameterizedTest
  @EnumSource(value = Form.class, names = {"FAST_BF16", "TRAIN_BF16"}, mode = EnumSource.Mode.EXCLUDE)
  void gradientsReachEveryParameter(Form form) {
    MedNeXt net = tiny(3);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 7)) {
      NDArray x = BackboneProbe.normal(manager, new Shape(2, 1, 16, 16, 24), 1);
      NDArray w = BackboneProbe.normal(manager, new Shape(2, 5, 16, 16, 24), 2);
      List<NDArray> typed = new ArrayList<>();
      weights.arrays().forEach(weight -> typed.add(weight.toType(DataType.FLOAT64, true)));
      List<double[]> exact = BackboneProbe.gradients(manager, net, Form.EXACT, typed, x, w);
      List<double[]> gradients = BackboneProbe.gradients(manager, net, form, typed, x, w);
      for (int i = 0; i < gradients.size(); i++) {
        String name = net.parameters().get(i).name();
        double largest = Arrays.stream(gradients.get(i)).map(Math::abs).max().orElseThrow();
        assertTrue(Arrays.stream(gradients.get(i)).allMatch(Double::isFinite), name);
        // The norm that follows takes a depthwise convolution's bias away.
        if (name.endsWith(".dwb")) {
          assertEquals(0, largest, 1e-6, name);
        } else {
          assertTrue(largest > 1e-6, name + " has no gradient");
          Golden.assertClose(exact.get(i), gradients.get(i), 1e-8, name);
        }
      }
    }
  }

  /** By blocks, nothing but the sums' order differs; the input's gradient comes out too. */
  @Test
  void recomputedGradientsAreThoseOfTheWhole() {
    MedNeXt net = tiny(3);
    NDArray w = BackboneProbe.normal(manager, new Shape(2, 5, 16, 16, 24), 2);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 7);
        CompiledBackbone compiled = net.compile(manager, Form.EXACT)) {
      List<double[]> whole =
          gradients(weights, (x, own, collector) -> collector.backward(compiled.train(x, own).logits().mul(w).sum()));
      List<double[]> recomputed =
          gradients(weights, (x, own, collector) -> compiled.recomputeBackward(x, own, w, collector));

      assertEquals(net.parameters().size() + 1, recomputed.size());
      for (int i = 0; i < whole.size(); i++) {
        Golden.assertClose(whole.get(i), recomputed.get(i), 1e-10, "gradient " + i);
      }
      assertTrue(spread(whole.get(0)) > 1e-3, "an input without gradient says nothing");
    }
  }

  private interface WayBack {
    void run(NDArray x, List<NDArray> weights, GradientCollector collector);
  }

  /** Of the input, then of each weight. */
  private List<double[]> gradients(Parameters weights, WayBack way) {
    List<double[]> gradients = new ArrayList<>();
    try (NDManager step = manager.newSubManager()) {
      List<NDArray> leaves = new ArrayList<>();
      leaves.add(BackboneProbe.normal(step, new Shape(2, 1, 16, 16, 24), 1));
      for (NDArray weight : weights.arrays()) {
        NDArray leaf = weight.toType(DataType.FLOAT64, true);
        leaf.attach(step);
        leaves.add(leaf);
      }
      leaves.forEach(leaf -> leaf.setRequiresGradient(true));
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        way.run(leaves.get(0), leaves.subList(1, leaves.size()), collector);
      }
      for (NDArray leaf : leaves) {
        try (NDArray gradient = leaf.getGradient()) {
          gradients.add(BackboneProbe.doubles(gradient));
        }
      }
    }
    return gradients;
  }

  @Test
  void theOutputsWeightIsThatOfATransposedConvolution() {
    MedNeXt net = tiny(3);
    NDArray x = BackboneProbe.normal(manager, new Shape(1, 1, 8, 8, 8), 1).toType(DataType.FLOAT32, false);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 7);
        CompiledBackbone compiled = net.compile(manager, Form.EXACT)) {
      int out = weights.arrays().size() - 2;
      assertEquals(new Shape(4, 5, 1, 1, 1), weights.arrays().get(out).getShape());
      float[] onlyClassTwo = new float[20];
      for (int channel = 0; channel < 4; channel++) {
        onlyClassTwo[channel * 5 + 2] = 1;
      }
      weights.arrays().get(out).set(onlyClassTwo);
      weights.arrays().get(out + 1).set(new float[5]);
      double[] logits =
          BackboneProbe.doubles(
              compiled.infer(x, compiled.prepare(manager, weights.arrays())).logits());
      for (int c = 0; c < 5; c++) {
        double[] map = Arrays.copyOfRange(logits, 512 * c, 512 * (c + 1));
        if (c == 2) {
          assertTrue(spread(map) > 0);
        } else {
          assertArrayEquals(new double[512], map, "class " + c);
        }
      }
    }
  }

  private static MedNeXt tiny(int kernel) {
    return new MedNeXt(
        4, List.of(1, 2, 1, 1, 2, 1, 1), List.of(2, 1, 3, 2, 2, 3, 1), kernel, 5);
  }

  private static double spread(double[] values) {
    return Arrays.stream(values).max().orElseThrow() - Arrays.stream(values).min().orElseThrow();
  }
}
