package nmsw.segmentation.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ImportanceHeadTest {
  private NDManager manager;
  private ImportanceHead head;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    head = ImportanceHead.compile(manager);
  }

  @AfterEach
  void close() {
    head.close();
    manager.close();
  }

  @Test
  void compatLogitsAndMaskMatchGolden() {
    JsonNode golden = Golden.read("objectness.json");
    Int3 counts = Golden.triple(golden.path("grid"));
    NDArray feature = Golden.array(manager, golden.path("feature")).expandDims(0);
    List<NDArray> weights = new ArrayList<>();
    for (int layer = 0; layer < 4; layer++) {
      weights.add(Golden.array(manager, golden.path("weights").get(layer)));
      weights.add(Golden.array(manager, golden.path("biases").get(layer)));
    }
    CellSampling sampling = CellSampling.compat(counts, new Int3(10, 10, 6));

    double[] logits = head.objectness(feature, sampling, weights, false).toDoubleArray();

    Golden.assertClose(golden.path("logits"), logits, 1e-9, "objectness");
    boolean[] background =
        BackgroundCells.compat(
            argmax(golden.path("low_logits")), new Int3(20, 20, 12), counts);
    double[] expected = Golden.data(golden.path("cell_background_reference_nearest"));
    for (int cell = 0; cell < expected.length; cell++) {
      assertEquals(expected[cell] == 1, background[cell], "cell " + cell);
      logits[cell] += background[cell] ? BackgroundCells.PENALTY : 0;
    }
    Golden.assertClose(golden.path("masked_logits"), logits, 1e-9, "masked");
  }

  @Test
  void compatSamplingIsGoldensTrilinearResize() {
    JsonNode golden = Golden.read("resample.json");
    NDArray feature = Golden.array(manager, golden.path("feat")).expandDims(0);
    List<NDArray> matrices =
        CellSampling.compat(new Int3(7, 5, 3), new Int3(10, 8, 6))
            .arrays(manager, DataType.FLOAT64);

    double[] sampled = new double[2 * 7 * 5 * 3];
    double[] f = feature.toDoubleArray();
    double[][] w = matrices.stream().map(NDArray::toDoubleArray).toArray(double[][]::new);
    for (int n = 0; n < sampled.length; n++) {
      int c = n / 105;
      int i = n / 15 % 7;
      int j = n / 3 % 5;
      int k = n % 3;
      for (int v = 0; v < 480; v++) {
        sampled[n] +=
            w[0][i * 10 + v / 48] * w[1][j * 8 + v / 6 % 8] * w[2][k * 6 + v % 6] * f[c * 480 + v];
      }
    }
    Golden.assertClose(
        golden.path("feat_to_grid_7_5_3_trilinear"), sampled, 1e-9, "resized feature");
  }

  @Test
  void footprintMeanIsTheMeanOfTheCoveredFeature() {
    PatchGrid grid = PatchGrid.of(new Int3(48, 24, 30), new Int3(24, 24, 12), 0.5);
    Int3 size = new Int3(8, 4, 5);
    List<NDArray> matrices =
        CellSampling.footprintMean(grid, size).arrays(manager, DataType.FLOAT64);

    assertArrayEquals(
        new double[] {.25, .25, .25, .25, 0, 0, 0, 0},
        Arrays.copyOf(matrices.get(0).toDoubleArray(), 8),
        1e-12);
    assertArrayEquals(new double[] {.25, .25, .25, .25}, matrices.get(1).toDoubleArray(), 1e-12);
    // Patches of 12 voxels at 0, 6, 12, 18 over feature voxels of 6.
    assertArrayEquals(
        new double[] {.5, .5, 0, 0, 0, 0, .5, .5, 0, 0, 0, 0, .5, .5, 0, 0, 0, 0, .5, .5},
        matrices.get(2).toDoubleArray(),
        1e-12);
  }

  @Test
  void centreSamplingReadsThePatchCentre() {
    PatchGrid grid = PatchGrid.of(new Int3(48, 48, 48), new Int3(16, 16, 16), 0.5);
    double[] ramp = new double[24];
    Arrays.setAll(ramp, i -> i + 0.5);
    double[] w =
        CellSampling.centre(grid, Int3.cube(24)).arrays(manager, DataType.FLOAT64).get(0)
            .toDoubleArray();
    for (int cell = 0; cell < 5; cell++) {
      double position = 0;
      for (int v = 0; v < 24; v++) {
        position += w[cell * 24 + v] * ramp[v];
      }
      assertEquals((grid.starts(0)[cell] + 8) / 2.0, position, 1e-12);
    }
  }

  @Test
  void hasTheSpecifiedParameterCount() {
    long count =
        ImportanceHead.parameters(32).stream().mapToLong(ParameterSpec::size).sum();

    assertEquals(819, count);
  }

  @Test
  void clipsFromAboveOnly() {
    NDArray feature = manager.ones(new Shape(1, 2, 2, 2, 2));
    List<NDArray> weights = new ArrayList<>();
    for (ParameterSpec spec : ImportanceHead.parameters(2)) {
      weights.add(manager.full(spec.shape(), 10f));
    }
    CellSampling sampling = CellSampling.compat(Int3.cube(1), Int3.cube(2));

    assertEquals(70f, head.objectness(feature, sampling, weights, false).getFloat(0));
    weights.set(6, manager.full(new Shape(1, 1), -10f));
    assertTrue(head.objectness(feature, sampling, weights, false).getFloat(0) < -1000);
  }

  @Test
  void gradientReachesFeatureAndWeights() {
    NDArray feature = manager.randomNormal(new Shape(1, 4, 6, 6, 6));
    List<NDArray> weights = new ArrayList<>();
    try (Parameters parameters = Parameters.initialise(manager, ImportanceHead.parameters(4), 3)) {
      weights.addAll(parameters.arrays());
      weights.forEach(weight -> weight.setRequiresGradient(true));
      feature.setRequiresGradient(true);
      PatchGrid grid = PatchGrid.of(Int3.cube(24), Int3.cube(12), 0.5);
      CellSampling sampling = CellSampling.footprintMean(grid, Int3.cube(6));
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDArray logits = head.objectness(feature, sampling, weights, true);
        assertEquals(new Shape(27), logits.getShape());
        collector.backward(logits.get(0));
      }
      float[] gradient = feature.getGradient().toFloatArray();
      assertTrue(gradient[0] != 0, "inside the footprint of cell 0");
      assertEquals(0, gradient[215], "outside of it");
      assertTrue(weights.get(0).getGradient().abs().sum().getFloat() > 0);
    }
  }

  @Test
  void refusesFeatureOfAnotherSize() {
    CellSampling sampling = CellSampling.compat(Int3.cube(1), Int3.cube(2));
    NDArray feature = manager.ones(new Shape(1, 2, 2, 2, 3));

    assertThrows(
        IllegalArgumentException.class,
        () -> head.objectness(feature, sampling, List.of(), false));
  }

  @Test
  void backgroundIsDecidedOverTheWholeFootprint() {
    PatchGrid grid = PatchGrid.of(new Int3(32, 16, 16), Int3.cube(16), 0.5);
    Int3 size = new Int3(8, 4, 4);
    byte[] labels = new byte[8 * 4 * 4];
    labels[(3 * 4 + 3) * 4 + 3] = 7;

    assertArrayEquals(
        new boolean[] {false, false, true}, BackgroundCells.byFootprint(labels, size, grid, 2));
    boolean[] dropped = BackgroundCells.byFootprint(labels, size, grid, 3);
    for (boolean background : dropped) {
      assertFalse(background);
    }
  }

  private static byte[] argmax(JsonNode logits) {
    double[] values = Golden.data(logits);
    int classes = logits.path("shape").get(0).asInt();
    int voxels = values.length / classes;
    byte[] labels = new byte[voxels];
    for (int v = 0; v < voxels; v++) {
      for (int c = 1; c < classes; c++) {
        if (values[c * voxels + v] > values[labels[v] * voxels + v]) {
          labels[v] = (byte) c;
        }
      }
    }
    return labels;
  }
}
