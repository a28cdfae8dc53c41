package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import nmsw.segmentation.nn.Golden;
import nmsw.segmentation.nn.Int3;
import org.junit.jupiter.api.Test;

class GaussianWeightTest {
  @Test
  void matchesGolden() {
    JsonNode golden = Golden.read("gaussian.json");

    Golden.assertClose(golden.path("p8"), map(Int3.cube(8)), 1e-6, "p8");
    Golden.assertClose(golden.path("p6_5_4"), map(new Int3(6, 5, 4)), 1e-6, "p6_5_4");
    GaussianWeight weight = new GaussianWeight(Int3.cube(128));
    for (JsonNode sample : golden.path("p128_samples")) {
      Int3 i = Golden.triple(sample.path("i"));
      assertEquals(sample.path("w").asDouble(), weight.at(i.x(), i.y(), i.z()), 1e-6);
    }
    double sum = 0;
    int atFloor = 0;
    for (double w : map(Int3.cube(128))) {
      sum += w;
      atFloor += w == GaussianWeight.FLOOR ? 1 : 0;
    }
    assertEquals(golden.path("p128_sum").asDouble(), sum, 1e-2);
    assertEquals(golden.path("p128_fraction_at_floor").asDouble(), atFloor / 0x1p21, 1e-5);
  }

  private static double[] map(Int3 patch) {
    GaussianWeight weight = new GaussianWeight(patch);
    double[] map = new double[(int) patch.product()];
    int n = 0;
    for (int x = 0; x < patch.x(); x++) {
      for (int y = 0; y < patch.y(); y++) {
        for (int z = 0; z < patch.z(); z++) {
          map[n++] = weight.at(x, y, z);
        }
      }
    }
    return map;
  }
}
