package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import nmsw.segmentation.Method;
import nmsw.segmentation.nn.DifferentiableTopK;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.segmentation.nn.UNet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A class that nobody looked for in a step: in each term of the loss it counts with the background. Both networks are zero but
 * for the same biases of their last layer, so every voxel has the same logits whatever is looked at and fused; and half of every
 * sample, of every patch and of the low resolution is class 1. So each term is a short formula.
 */
class UnannotatedClassesTest {
  private static final Int3 VOLUME = new Int3(16, 8, 16);
  private static final int PATCH = 8;
  private static final int RATE = 2;
  private static final int CLASSES = 3;
  private static final String BIAS = "u1.b";
  private static final double[] LOGITS = {0.25, -0.5, 0.75};

  /** Class 1 where z is 0 or 1 of every 4 voxels; nobody looked for class 2. */
  private static Sample sample() {
    byte[] labels = new byte[(int) VOLUME.product()];
    for (int v = 0; v < labels.length; v++) {
      labels[v] = (byte) (v % 4 < 2 ? 1 : 0);
    }
    return new Sample("case", VOLUME, new float[labels.length], labels, Set.of(2));
  }

  /** 0.8 of 1 - Dice of class 1, 0.2 of the cross-entropy of class 1 and of the two others together. */
  private static double term(double[] logits, double voxels) {
    double sum = Math.exp(logits[0]) + Math.exp(logits[1]) + Math.exp(logits[2]);
    double organ = Math.exp(logits[1]) / sum;
    double dice = (voxels * organ + 1e-5) / (voxels * organ + voxels / 2 + 1e-5);
    return 0.8 * (1 - dice) - 0.2 * (Math.log(organ) + Math.log(1 - organ)) / 2;
  }

  private static double slope(int logit, double voxels) {
    double[] above = LOGITS.clone();
    double[] below = LOGITS.clone();
    above[logit] += 1e-5;
    below[logit] -= 1e-5;
    return (term(above, voxels) - term(below, voxels)) / 2e-5;
  }

  @ParameterizedTest
  @EnumSource(Method.class)
  void countsWithTheBackgroundInEveryTerm(Method method) {
    NmswNet net = new NmswNet(new UNet(List.of(4, 3, 3), CLASSES), new UNet(List.of(3, 4, 4), CLASSES));
    LearningRates rates = LearningRates.equal(net.parameters().size());
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = Parameters.of(manager, net.parameters(), biases(net));
        TrainingStep step =
            new TrainingStep(
                manager,
                net,
                parameters,
                rates,
                new TrainingStep.Settings(
                    PATCH, 0.25, RATE, method, Sampler.GUMBEL, 3, 1, 2.0 / 3,
                    DifferentiableTopK.Gradient.ST, TrainingPrecision.F32, Recomputation.NOTHING, NmswLoss.Weights.recommended()))) {
      NmswLoss.Terms terms = step.learn(sample(), new SplittableRandom(3));
      double voxels = VOLUME.product();
      double low = voxels / (RATE * RATE * RATE);
      double patch = PATCH * PATCH * PATCH;
      assertEquals(method == Method.SW ? 0 : term(LOGITS, low), terms.low(), 1e-5, "low");
      assertEquals(method == Method.NMSW ? term(LOGITS, voxels) : 0, terms.high(), 1e-5, "high");
      assertEquals(term(LOGITS, patch), terms.patch(), 1e-5, "patch");
      // Both biases are the logits: their gradients together are the loss's.
      float[] ofLocal = gradient(parameters, NmswNet.LOCAL + BIAS);
      float[] ofGlobal =
          method == Method.SW ? new float[CLASSES] : gradient(parameters, NmswNet.GLOBAL + BIAS);
      for (int c = 0; c < CLASSES; c++) {
        double expected = slope(c, patch);
        expected += method == Method.SW ? 0 : slope(c, low);
        expected += method == Method.NMSW ? slope(c, voxels) : 0;
        assertEquals(expected, ofLocal[c] + ofGlobal[c], 1e-5, "logit " + c);
      }
    }
  }

  private static Map<String, Tensor> biases(NmswNet net) {
    Map<String, Tensor> values = new LinkedHashMap<>();
    for (ParameterSpec spec : net.parameters()) {
      float[] array = new float[(int) spec.shape().size()];
      if (spec.name().endsWith("." + BIAS)) {
        for (int c = 0; c < CLASSES; c++) {
          array[c] = (float) LOGITS[c];
        }
      }
      values.put(spec.name(), new Tensor(spec.shape(), array));
    }
    return values;
  }

  private static float[] gradient(Parameters parameters, String name) {
    try (NDArray gradient = parameters.get(name).getGradient()) {
      return gradient.toFloatArray();
    }
  }
}
