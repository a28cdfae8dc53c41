package nmsw.training;

import static nmsw.training.GoldenVectors.assertClose;
import static nmsw.training.GoldenVectors.data;
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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NmswLossTest {
  private static final NmswLoss.Weights COMPAT = NmswLoss.Weights.recommended();

  @Test
  void diceCeEqualsGoldenValuesAndGradients() throws IOException {
    for (JsonNode golden : GoldenVectors.read("dice_ce.json").path("cases")) {
      NmswLoss.Weights weights =
          new NmswLoss.Weights(
              golden.path("w_dice").asDouble(),
              golden.path("w_ce").asDouble(),
              0,
              golden.path("batch_dice").asBoolean(),
              false);
      try (NDManager manager = NDManager.newBaseManager();
          NmswLoss loss = new NmswLoss(manager, weights)) {
        NDArray logits = GoldenVectors.array(manager, golden.path("logits"));
        double value = differentiate(loss, logits, GoldenVectors.labels(golden.path("target")), false);
        assertEquals(golden.path("loss").asDouble(), value, 1e-9);
        assertClose(data(golden.path("grad")), logits.getGradient().toDoubleArray(), 1e-9, "gradient");
      }
    }
  }

  @Test
  void eq7EqualsGoldenValuesAndGradients() throws IOException {
    JsonNode golden = GoldenVectors.read("eq7.json");
    JsonNode expected = golden.path("maximise_entropy(recommended)");
    try (NDManager manager = NDManager.newBaseManager();
        NmswLoss loss = new NmswLoss(manager, COMPAT)) {
      double[] parts = new double[3];
      String[] names = {"low", "high", "patch"};
      for (int i = 0; i < 3; i++) {
        NDArray logits = GoldenVectors.array(manager, golden.path(names[i] + "_logits"));
        List<byte[]> labels = GoldenVectors.labels(golden.path("y_" + names[i]));
        parts[i] = differentiate(loss, logits, labels, false);
        assertClose(
            data(golden.path("grad_" + names[i])),
            logits.getGradient().toDoubleArray(),
            1e-9,
            names[i]);
      }
      double[] masked = data(golden.path("objectness_logits"));
      double[] background = data(golden.path("background"));
      for (int n = 0; n < masked.length; n++) {
        masked[n] += background[n] * golden.path("background_penalty").asDouble();
      }
      NmswLoss.Terms terms = loss.terms(parts[0], parts[1], parts[2], masked);
      assertEquals(expected.path("entropy").asDouble(), terms.entropy(), 1e-9);
      assertEquals(expected.path("total").asDouble(), terms.total(), 1e-9);
      assertClose(
          data(expected.path("grad_objectness")), loss.entropyGradient(masked), 1e-14, "objectness");
    }
  }

  @Test
  void absentClassesCanBeLeftOut() {
    try (NDManager manager = NDManager.newBaseManager();
        NmswLoss compat = new NmswLoss(manager, new NmswLoss.Weights(1, 0, 0, false, false));
        NmswLoss ignoring = new NmswLoss(manager, new NmswLoss.Weights(1, 0, 0, false, true))) {
      NDArray logits = manager.create(new double[] {-3, 3, 3, -3, -3, -3}, new Shape(1, 3, 2, 1, 1));
      List<byte[]> labels = List.of(new byte[] {1, 0});
      assertEquals(0, differentiate(ignoring, logits, labels, false), 0.01);
      assertEquals(0.5, differentiate(compat, logits, labels, false), 0.01);
    }
  }

  /**
   * Classes 2 and 4 were not annotated: they count with the background, against the loss written down for that, and its
   * differences. Class 3 is absent.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWasNotAnnotatedCountsWithTheBackground(boolean ignoreAbsent) {
    int classes = 5;
    int voxels = 12;
    Set<Integer> unannotated = Set.of(2, 4);
    NmswLoss.Weights weights = new NmswLoss.Weights(0.7, 0.3, 0, false, ignoreAbsent);
    SplittableRandom random = new SplittableRandom(11);
    double[] values = random.doubles(2L * classes * voxels, -4, 4).toArray();
    List<byte[]> labels = List.of(new byte[voxels], new byte[voxels]);
    for (int v = 0; v < voxels; v++) {
      labels.get(0)[v] = (byte) (v % 3 == 0 ? 1 : 0);
      labels.get(1)[v] = (byte) (v % 2);
    }
    try (NDManager manager = NDManager.newBaseManager();
        NmswLoss loss = new NmswLoss(manager, weights)) {
      NDArray logits = manager.create(values, new Shape(2, classes, 3, 2, 2));
      double value = differentiate(loss, logits, labels, unannotated, false);
      assertEquals(marginal(values, labels, classes, unannotated, weights), value, 1e-12);
      double[] gradient = logits.getGradient().toDoubleArray();
      double step = 1e-5;
      for (int i = 0; i < values.length; i++) {
        double[] above = values.clone();
        double[] below = values.clone();
        above[i] += step;
        below[i] -= step;
        double difference =
            marginal(above, labels, classes, unannotated, weights)
                - marginal(below, labels, classes, unannotated, weights);
        assertEquals(difference / (2 * step), gradient[i], 1e-9, "logit " + i);
      }
    }
  }

  /** In one sample after the other: 1 - Dice of each annotated class, - ln of the probability of what the label may mean. */
  private static double marginal(
      double[] logits, List<byte[]> labels, int classes, Set<Integer> unannotated, NmswLoss.Weights weights) {
    int voxels = labels.get(0).length;
    double crossEntropy = 0;
    List<Double> diceLosses = new ArrayList<>();
    for (int n = 0; n < labels.size(); n++) {
      double[][] p = new double[voxels][classes];
      for (int v = 0; v < voxels; v++) {
        double sum = 0;
        for (int c = 0; c < classes; c++) {
          p[v][c] = Math.exp(logits[(n * classes + c) * voxels + v]);
          sum += p[v][c];
        }
        double right = 0;
        for (int c = 0; c < classes; c++) {
          p[v][c] /= sum;
          boolean maybe = labels.get(n)[v] == 0 && unannotated.contains(c);
          right += maybe || labels.get(n)[v] == c ? p[v][c] : 0;
        }
        crossEntropy -= Math.log(right) / (voxels * labels.size());
      }
      for (int c = 1; c < classes; c++) {
        double common = 0;
        double both = 0;
        int count = 0;
        for (int v = 0; v < voxels; v++) {
          boolean is = labels.get(n)[v] == c;
          common += is ? p[v][c] : 0;
          both += p[v][c] + (is ? 1 : 0);
          count += is ? 1 : 0;
        }
        if (!unannotated.contains(c) && (count > 0 || !weights.ignoreAbsent())) {
          diceLosses.add(1 - (2 * common + 1e-5) / (both + 1e-5));
        }
      }
    }
    double dice = diceLosses.stream().mapToDouble(d -> d).average().orElse(0);
    return weights.dice() * dice + weights.crossEntropy() * crossEntropy;
  }

  /** Where nobody looked for the only other class, calling all of it that is no error. */
  @Test
  void whatWasNotAnnotatedIsNotLearnedAsBackground() {
    try (NDManager manager = NDManager.newBaseManager();
        NmswLoss loss = new NmswLoss(manager, COMPAT)) {
      List<byte[]> labels = List.of(new byte[] {0, 1});
      double[] sure = {-20, -9, -20, 9, 20, -9};
      NDArray logits = manager.create(sure, new Shape(1, 3, 2, 1, 1));
      assertEquals(0, differentiate(loss, logits, labels, Set.of(2), false), 1e-6);
      double[] gradient = logits.getGradient().toDoubleArray();
      assertEquals(0, gradient[4], 1e-9, "class 2 at the voxel that is called background");
      NDArray again = manager.create(sure, new Shape(1, 3, 2, 1, 1));
      assertTrue(differentiate(loss, again, labels, false) > 4, "as background it is a grave one");
      assertTrue(again.getGradient().toDoubleArray()[4] > 0.05);
    }
  }

  @Test
  void somethingMustHaveBeenAnnotated() {
    assertThrows(IllegalArgumentException.class, () -> new AnnotatedClasses(3, Set.of(1, 2)));
  }

  /** The engine's {@code mul(Number)} gave gradients from freed memory when the collector ran in between. */
  @Test
  void gradientsSurviveGarbageCollectionBeforeTheBackwardPass() throws IOException {
    JsonNode golden = GoldenVectors.read("dice_ce.json").path("cases").get(0);
    try (NDManager manager = NDManager.newBaseManager();
        NmswLoss loss = new NmswLoss(manager, COMPAT)) {
      for (int repetition = 0; repetition < 5; repetition++) {
        NDArray logits = GoldenVectors.array(manager, golden.path("logits"));
        differentiate(loss, logits, GoldenVectors.labels(golden.path("target")), true);
        assertClose(data(golden.path("grad")), logits.getGradient().toDoubleArray(), 1e-9, "gradient");
      }
    }
  }

  private static double differentiate(
      NmswLoss loss, NDArray logits, List<byte[]> labels, boolean collectGarbage) {
    return differentiate(loss, logits, labels, Set.of(), collectGarbage);
  }

  private static double differentiate(
      NmswLoss loss,
      NDArray logits,
      List<byte[]> labels,
      Set<Integer> unannotated,
      boolean collectGarbage) {
    logits.setRequiresGradient(true);
    int classes = (int) logits.getShape().get(1);
    try (NDManager step = logits.getManager().newSubManager();
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NmswLoss.Target target =
          NmswLoss.Target.of(
              step, labels, new AnnotatedClasses(classes, unannotated), DataType.FLOAT64);
      NDArray value = loss.diceCe(logits, target);
      if (collectGarbage) {
        overwriteFreedBuffers();
      }
      collector.backward(value);
      return value.getDouble();
    }
  }

  /** Frees what unreachable direct buffers hold and takes that memory again, filled with ones. */
  private static void overwriteFreedBuffers() {
    List<ByteBuffer> held = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      System.gc();
      for (int i = 0; i < 2000; i++) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(8 << (i % 3));
        while (buffer.hasRemaining()) {
          buffer.put((byte) 1);
        }
        held.add(buffer);
      }
    }
    assertEquals(6000, held.size());
  }
}
