package nmsw.segmentation.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class UNetTest {
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
  @CsvSource({"14, 26522045", "17, 26529746", "25, 26552658", "27, 26558926"})
  void hasThePapersParameterCount(int classes, long count) {
    UNet net = UNet.ofPaper(classes);

    assertEquals(count, net.parameterCount());
    assertEquals(26_492_533L + 27L * classes * classes + 1730L * classes, net.parameterCount());
    assertEquals(32, net.divisor());
    assertEquals(32, net.featureChannels());
  }

  @Test
  void parameterNamesAreUnique() {
    Set<String> names = new HashSet<>();
    UNet.ofPaper(3).parameters().forEach(spec -> assertTrue(names.add(spec.name()), spec.name()));
  }

  @Test
  void refusesDescriptionsThatMakeNoNetwork() {
    assertThrows(IllegalArgumentException.class, () -> new UNet(List.of(4, 4), 3));
    assertThrows(IllegalArgumentException.class, () -> new UNet(List.of(4, 0, 4), 3));
    assertThrows(IllegalArgumentException.class, () -> new UNet(List.of(4, 4, 4), 1));
  }

  @Test
  void refusesInputThatItCannotHalve() {
    UNet net = new UNet(List.of(2, 2, 2), 2);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 1);
        CompiledBackbone compiled = net.compile(manager, Form.FAST)) {
      NDArray odd = manager.zeros(new Shape(1, 1, 8, 6, 8));
      assertThrows(IllegalArgumentException.class, () -> compiled.train(odd, weights.arrays()));
    }
  }

  @Test
  void wholeNetworkMatchesGoldenInDoublePrecision() {
    JsonNode golden = Golden.read("unet_tiny.json");
    UNet net = tiny(golden);
    NDArray x = goldenInput(golden.path("input_shape"));
    try (CompiledBackbone compiled = net.compile(manager, Form.EXACT)) {
      CompiledBackbone.Output output =
          compiled.infer(x, compiled.prepare(manager, goldenWeights(net, golden.path("params"))));

      double[] logits = output.logits().toDoubleArray();
      assertSamples(golden.path("out_samples"), logits, 1e-9);
      assertSamples(
          golden.path("u1_samples(second_to_last_decoder_feature)"),
          output.feature().toDoubleArray(),
          1e-9);
      double sum = 0;
      double squares = 0;
      for (double value : logits) {
        sum += value;
        squares += value * value;
      }
      assertEquals(golden.path("out_sum").asDouble(), sum, 1e-5);
      assertEquals(golden.path("out_sumsq").asDouble(), squares, 1e-4);
    }
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void everyFormMatchesGoldenInItsOwnPrecision(Form form) {
    JsonNode golden = Golden.read("unet_tiny.json");
    UNet net = tiny(golden);
    NDArray x = goldenInput(golden.path("input_shape")).toType(DataType.FLOAT32, false);
    List<NDArray> weights = new ArrayList<>();
    for (NDArray weight : goldenWeights(net, golden.path("params"))) {
      weights.add(weight.toType(DataType.FLOAT32, false));
    }
    try (CompiledBackbone compiled = net.compile(manager, form)) {
      CompiledBackbone.Output output = compiled.infer(x, compiled.prepare(manager, weights));

      double tolerance = form.bytesPerValue() == 2 ? 0.25 : 2e-4;
      assertEquals(DataType.FLOAT32, output.logits().getDataType());
      assertSamples(golden.path("out_samples"), BackboneProbe.doubles(output.logits()), tolerance);
      assertSamples(
          golden.path("u1_samples(second_to_last_decoder_feature)"),
          BackboneProbe.doubles(output.feature()),
          tolerance);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "EXACT, 1, 1000000, 0",
    "FAST, 1, 1000000, 1e-4", "FAST, 2, 1000000, 1e-4", "FAST, 1, 1, 1e-4", "FAST, 1, 20000, 1e-4", "FAST, 2, 90000, 1e-4",
    "FAST_BF16, 1, 1000000, 0.2", "FAST_BF16, 1, 10000, 0.2"
  })
  void logitsBySlabsAreThoseOfTheWhole(Form form, int batch, long slabBytes, double tolerance) {
    UNet net = new UNet(List.of(4, 6, 8), 5);
    Shape shape = new Shape(batch, 1, 20, 12, 16);
    NDArray x = BackboneProbe.normal(manager, shape, 1).toType(DataType.FLOAT32, false);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 7);
        CompiledBackbone exact = net.compile(manager, Form.EXACT);
        CompiledBackbone slabs =
            new CompiledBackbone(net, ScriptModule.compile(manager, net.script(form, slabBytes)))) {
      double[] expected =
          BackboneProbe.doubles(exact.infer(x, exact.prepare(manager, weights.arrays())).logits());
      List<NDArray> prepared = slabs.prepare(manager, weights.arrays());
      CompiledBackbone.Output whole = slabs.infer(x, prepared);
      Golden.assertClose(expected, BackboneProbe.doubles(whole.logits()), tolerance, "logit");

      PendingLogits pending = slabs.begin(x, prepared);
      assertEquals(20, pending.planes());
      Golden.assertClose(
          BackboneProbe.doubles(whole.feature()), BackboneProbe.doubles(pending.feature()), 0, "feature");
      NDList parts = new NDList();
      for (int[] bounds : new int[][] {{0, 2}, {2, 8}, {8, 18}, {18, 20}}) {
        parts.add(pending.logits(manager, bounds[0], bounds[1]));
      }
      double[] joined = BackboneProbe.doubles(NDArrays.concat(parts, 2));
      Golden.assertClose(expected, joined, tolerance, "logit of a slab");
      assertThrows(IllegalArgumentException.class, () -> pending.logits(manager, 1, 4));
      assertThrows(IllegalArgumentException.class, () -> pending.logits(manager, 18, 22));
    }
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void preparedWeightsOutliveTheirOriginals(Form form) {
    UNet net = new UNet(List.of(4, 6, 8), 5);
    NDArray x = BackboneProbe.normal(manager, new Shape(1, 1, 8, 8, 8), 1).toType(DataType.FLOAT32, false);
    try (CompiledBackbone compiled = net.compile(manager, form)) {
      List<NDArray> prepared;
      try (Parameters weights = Parameters.initialise(manager, net.parameters(), 7)) {
        prepared = compiled.prepare(manager, weights.arrays());
      }
      double[] before = BackboneProbe.doubles(compiled.infer(x, prepared).logits());
      for (int i = 0; i < 5; i++) {
        System.gc();
        for (ParameterSpec spec : net.parameters()) {
          try (NDArray junk = manager.create(new float[(int) spec.size()], spec.shape())) {
            junk.addi(1e6f);
          }
        }
      }
      Golden.assertClose(before, BackboneProbe.doubles(compiled.infer(x, prepared).logits()), 0, "logits");
    }
  }

  @Test
  void encoderBlockMatchesGolden() {
    GoldenBlock.check(
        manager,
        "unet_down_stride2",
        UNet.encoder("", 2, 3, 2),
        (body, x) -> UNet.emitEncoder(body, "", x.get(0), 2, 3, 2));
  }

  @Test
  void lastEncoderBlockMatchesGolden() {
    GoldenBlock.check(
        manager,
        "unet_bottleneck_stride1_same_channels",
        UNet.encoder("", 3, 3, 1),
        (body, x) -> UNet.emitEncoder(body, "", x.get(0), 3, 3, 1));
  }

  @Test
  void decoderBlockMatchesGolden() {
    GoldenBlock.check(
        manager,
        "unet_up",
        UNet.decoder("", 4, 3, false),
        (body, x) -> UNet.emitDecoder(body, "", x.get(0), x.get(1), 3, false));
  }

  @Test
  void topDecoderBlockMatchesGolden() {
    GoldenBlock.check(
        manager,
        "unet_top",
        UNet.decoder("", 4, 3, true),
        (body, x) -> UNet.emitDecoder(body, "", x.get(0), x.get(1), 3, true));
  }

  @ParameterizedTest
  @CsvSource({"FLOAT64, 1e-9", "FLOAT32, 5e-3"})
  void bothTrainingFormsGiveTheSameGradients(DataType type, double tolerance) {
    UNet net = new UNet(List.of(4, 6, 8, 8), 5);
    try (Parameters weights = Parameters.initialise(manager, net.parameters(), 7)) {
      NDArray x = BackboneProbe.normal(manager, new Shape(2, 1, 32, 16, 24), 1).toType(type, false);
      NDArray w = BackboneProbe.normal(manager, new Shape(2, 5, 32, 16, 24), 2).toType(type, false);
      List<NDArray> typed = new ArrayList<>();
      weights.arrays().forEach(weight -> typed.add(weight.toType(type, true)));
      List<double[]> exact = BackboneProbe.gradients(manager, net, Form.EXACT, typed, x, w);
      List<double[]> fast = BackboneProbe.gradients(manager, net, Form.FAST, typed, x, w);
      for (int i = 0; i < exact.size(); i++) {
        double scale = 1e-3;
        for (double value : exact.get(i)) {
          scale = Math.max(scale, Math.abs(value));
        }
        String name = net.parameters().get(i).name();
        // A bias in front of an instance norm has no effect: its gradient is rounding noise.
        if (!name.matches(".*\\.(b0|b1|bt|b)") || name.equals("u2.b")) {
          for (int k = 0; k < exact.get(i).length; k++) {
            assertEquals(exact.get(i)[k], fast.get(i)[k], tolerance * scale, name + "[" + k + "]");
          }
        }
      }
    }
  }

  private static UNet tiny(JsonNode golden) {
    List<Integer> channels = new ArrayList<>();
    golden.path("channels").forEach(count -> channels.add(count.asInt()));
    return new UNet(channels, golden.path("classes").asInt());
  }

  private NDArray goldenInput(JsonNode shape) {
    int nx = shape.get(1).asInt();
    int ny = shape.get(2).asInt();
    int nz = shape.get(3).asInt();
    double[] x = new double[nx * ny * nz];
    int n = 0;
    for (int i = 0; i < nx; i++) {
      for (int j = 0; j < ny; j++) {
        for (int k = 0; k < nz; k++) {
          x[n++] =
              Math.sin(.37 * i + .11)
                  + Math.cos(.23 * j - .4) * Math.sin(.31 * k)
                  + .1 * Math.sin(.17 * i + .9 * j + .3 * k);
        }
      }
    }
    return manager.create(x, new Shape(1, 1, nx, ny, nz));
  }

  private List<NDArray> goldenWeights(UNet net, JsonNode params) {
    List<NDArray> weights = new ArrayList<>();
    for (ParameterSpec spec : net.parameters()) {
      String[] path = spec.name().split("\\.");
      JsonNode value = params.path(path[0]).path(path[1]);
      assertEquals(spec.shape(), Golden.shape(value), spec.name());
      weights.add(Golden.array(manager, value));
    }
    return weights;
  }

  private static void assertSamples(JsonNode samples, double[] values, double tolerance) {
    double[] expected = Golden.data(samples.path("value"));
    double[] actual = new double[expected.length];
    for (int i = 0; i < actual.length; i++) {
      actual[i] = values[samples.path("flat").get(i).asInt()];
    }
    Golden.assertClose(expected, actual, tolerance, "sample");
  }
}
