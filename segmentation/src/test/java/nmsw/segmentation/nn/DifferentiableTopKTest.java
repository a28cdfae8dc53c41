package nmsw.segmentation.nn;

import static nmsw.segmentation.nn.Golden.assertClose;
import static nmsw.segmentation.nn.Golden.data;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.SplittableRandom;
import nmsw.segmentation.nn.DifferentiableTopK.Gradient;
import nmsw.segmentation.nn.DifferentiableTopK.Selection;
import org.junit.jupiter.api.Test;

class DifferentiableTopKTest {
  @Test
  void picksAndGradientsEqualTheGoldenOnes() {
    for (JsonNode golden : Golden.read("topk.json").path("cases")) {
      double tau = golden.path("tau").asDouble();
      int cells = golden.path("N").asInt();
      int count = golden.path("K").asInt();
      double penalty =
          golden.path("mask").asText().equals("inf")
              ? Double.NEGATIVE_INFINITY
              : BackgroundCells.PENALTY;
      double[] logits = data(golden.path("logits"));
      double[] background = data(golden.path("background"));
      for (int n = 0; n < cells; n++) {
        logits[n] += background[n] * BackgroundCells.PENALTY;
      }
      DifferentiableTopK paper = new DifferentiableTopK(tau, Gradient.PAPER, penalty);
      Selection selection = paper.select(logits, data(golden.path("gumbel")), count);
      assertClose(golden.path("idx"), toDoubles(selection.picks()), 0, "picks");
      double[] soft = new double[count * cells];
      for (int k = 0; k < count; k++) {
        System.arraycopy(selection.soft()[k], 0, soft, k * cells, cells);
        double z = data(golden.path("z"))[k * cells + selection.picks()[k]];
        assertEquals(z, selection.scale(k), 1e-10);
      }
      assertClose(golden.path("soft"), soft, 1e-10, "soft");

      double[] patches = data(golden.path("patches"));
      double[] upstream = data(golden.path("dL_dpatch"));
      double[][] products = new double[count][cells];
      for (int k = 0; k < count; k++) {
        for (int n = 0; n < cells; n++) {
          for (int v = 0; v < 6; v++) {
            products[k][n] += upstream[k * 6 + v] * patches[n * 6 + v];
          }
        }
      }
      assertClose(
          golden.path("grad_logits_paper"), paper.gradient(selection, products), 1e-9, "paper");
      DifferentiableTopK st = new DifferentiableTopK(tau, Gradient.ST, penalty);
      assertClose(golden.path("grad_logits_st"), st.gradient(selection, products), 1e-9, "st");

      int[] quiet = new DifferentiableTopK(tau, Gradient.ST).select(logits, new double[cells], count).picks();
      assertClose(golden.path("idx_inference_noise_off"), toDoubles(quiet), 0, "noise off");
    }
  }

  @Test
  void neverPicksACellTwiceAndAtMostAll() {
    DifferentiableTopK topK = new DifferentiableTopK(2.0 / 3, Gradient.ST);
    double[] noise = DifferentiableTopK.gumbel(5, new SplittableRandom(3));
    int[] picks = topK.select(new double[5], noise, 9).picks();
    assertEquals(5, picks.length);
    assertEquals(5, Arrays.stream(picks).distinct().count());
  }

  @Test
  void equalGeneratorsGiveEqualNoise() {
    double[] noise = DifferentiableTopK.gumbel(1000, new SplittableRandom(3));
    assertArrayEquals(noise, DifferentiableTopK.gumbel(1000, new SplittableRandom(3)));
    double mean = Arrays.stream(noise).average().orElseThrow();
    assertTrue(Math.abs(mean - 0.5772) < 0.15, "mean " + mean);
  }

  private static double[] toDoubles(int[] values) {
    return Arrays.stream(values).asDoubleStream().toArray();
  }
}
