package nmsw.training;

import static nmsw.training.GoldenVectors.assertClose;
import static nmsw.training.GoldenVectors.data;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
import org.junit.jupiter.api.Test;

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
    logits.setRequiresGradient(true);
    int classes = (int) logits.getShape().get(1);
    try (NDManager step = logits.getManager().newSubManager();
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NmswLoss.Target target = NmswLoss.Target.of(step, labels, classes, DataType.FLOAT64);
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
