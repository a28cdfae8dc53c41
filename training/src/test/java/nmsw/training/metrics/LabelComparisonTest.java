package nmsw.training.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import nmsw.training.GoldenVectors;
import org.junit.jupiter.api.Test;

class LabelComparisonTest {
  private static final double[] UNIT = {1, 1, 1};

  /** The golden shape's last axis is the fastest. */
  @Test
  void metricsEqualTheGoldenOnes() throws IOException {
    JsonNode golden = GoldenVectors.read("metrics.json");
    double[] shape = GoldenVectors.data(golden.path("shape"));
    int[] size = {(int) shape[2], (int) shape[1], (int) shape[0]};
    int cases = 0;
    for (JsonNode one : golden.path("cases")) {
      String name = one.path("name").asText() + " " + one.path("spacing");
      JsonNode masks = golden.path("masks").path(one.path("name").asText());
      byte[] predicted = mask(masks.path("pred_on"), size);
      byte[] truth = mask(masks.path("gt_on"), size);
      LabelComparison comparison = new LabelComparison(predicted, truth, size);
      double[] zyx = GoldenVectors.data(one.path("spacing"));
      SurfaceDistances surfaces =
          comparison.surfaces(1).distances(new double[] {zyx[2], zyx[1], zyx[0]});

      assertEquals(one.path("edge_pred").asInt(), surfaces.fromPrediction().length, name);
      assertEquals(one.path("edge_gt").asInt(), surfaces.fromTruth().length, name);
      assertEquals(value(one.path("dsc")), comparison.dice(1), 1e-11, name);
      assertEquals(value(one.path("nsd")), surfaces.nsd(one.path("tolerance").asDouble()), 1e-11, name);
      assertEquals(value(one.path("hd95_max_of_directions")), surfaces.hd95(), 1e-10, name);
      assertEquals(value(one.path("hd95_pooled")), surfaces.pooledHd95(), 1e-10, name);
      cases++;
    }
    assertEquals(30, cases);
  }

  private static double value(JsonNode number) {
    return switch (number.asText()) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      default -> number.asDouble();
    };
  }

  private static byte[] mask(JsonNode indices, int[] size) {
    byte[] mask = new byte[size[0] * size[1] * size[2]];
    for (double index : GoldenVectors.data(indices)) {
      mask[(int) index] = 1;
    }
    return mask;
  }

  @Test
  void theDistanceTransformIsExact() {
    Random random = new Random(5);
    for (int repeat = 0; repeat < 60; repeat++) {
      int[] size = {1 + random.nextInt(20), 1 + random.nextInt(9), 1 + random.nextInt(9)};
      double[] spacing = {0.5 + random.nextDouble(), 0.5 + random.nextDouble(), 5 * random.nextDouble() + 0.1};
      boolean[] sites = new boolean[size[0] * size[1] * size[2]];
      double density = random.nextDouble() * random.nextDouble();
      for (int v = 0; v < sites.length; v++) {
        sites[v] = random.nextDouble() < density;
      }
      int[] all = IntStream.range(0, sites.length).toArray();
      int[] voxels = IntStream.of(all).filter(v -> random.nextInt(4) == 0).toArray();
      int[] of = IntStream.of(all).filter(v -> sites[v]).toArray();
      for (int[] asked : List.of(all, voxels)) {
        double[] squares = DistanceTransform.squares(size, of, asked, spacing);
        for (int i = 0; i < asked.length; i++) {
          assertEquals(bruteForce(asked[i], size, sites, spacing), squares[i], 1e-9, "voxel " + asked[i]);
        }
      }
    }
  }

  private static double bruteForce(int from, int[] size, boolean[] sites, double[] spacing) {
    double nearest = Double.POSITIVE_INFINITY;
    for (int v = 0; v < sites.length; v++) {
      if (sites[v]) {
        double x = spacing[0] * (v % size[0] - from % size[0]);
        double y = spacing[1] * (v / size[0] % size[1] - from / size[0] % size[1]);
        double z = spacing[2] * (v / size[0] / size[1] - from / size[0] / size[1]);
        nearest = Math.min(nearest, x * x + y * y + z * z);
      }
    }
    return nearest;
  }

  @Test
  void classesAreComparedEachForItself() {
    byte[] truth = {0, 1, 1, 2, 2, 2, 0, 3};
    byte[] predicted = {0, 1, 2, 2, 2, 0, 0, 0};
    LabelComparison comparison = new LabelComparison(predicted, truth, new int[] {8, 1, 1});

    assertEquals(2.0 / 3, comparison.dice(1), 1e-12);
    assertEquals(4.0 / 6, comparison.dice(2), 1e-12);
    assertEquals(0, comparison.dice(3));
    assertTrue(Double.isNaN(comparison.dice(4)));
    assertEquals(3, comparison.trueVoxels(2));
    assertEquals(3, comparison.predictedVoxels(2));
    SurfaceDistances missed = comparison.surfaces(3).distances(UNIT);
    assertTrue(missed.isOneSided());
    assertEquals(0, missed.nsd(2));
    assertEquals(Double.POSITIVE_INFINITY, missed.hd95());
    assertTrue(comparison.surfaces(4).distances(UNIT).isEmpty());
    assertTrue(Double.isNaN(comparison.surfaces(4).distances(UNIT).hd95()));
    assertEquals(1, comparison.surfaces(2).distances(UNIT).fromTruth()[2]);
  }

  @Test
  void labelsMustFillTheVolume() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new LabelComparison(new byte[8], new byte[7], new int[] {2, 2, 2}));
  }
}
