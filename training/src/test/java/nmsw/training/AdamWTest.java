package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.List;
import java.util.Map;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors.Tensor;
import org.junit.jupiter.api.Test;

class AdamWTest {
  private static final ParameterSpec.Init INIT = new ParameterSpec.Init(0, 1);

  /** The update written out in scalars: moments, bias correction, epsilon after the root, decoupled decay. */
  @Test
  void updatesAsTheFormulaSays() {
    double rate = 0.1;
    double decay = 0.5;
    float[] gradient = {0.3f, -0.02f};
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = parameters(manager);
        AdamW optimiser = new AdamW(manager, parameters, LearningRates.equal(2), AdamW.Settings.of(decay, 100))) {
      double[] value = {1, 1};
      double[] m = new double[2];
      double[] v = new double[2];
      for (int step = 1; step <= 3; step++) {
        backward(manager, parameters, gradient);
        optimiser.update(step, rate, 1);
        for (int i = 0; i < 2; i++) {
          double g = gradient[i];
          m[i] = 0.9 * m[i] + 0.1 * g;
          v[i] = 0.999 * v[i] + 0.001 * g * g;
          double change =
              m[i] / (1 - Math.pow(0.9, step))
                  / (Math.sqrt(v[i] / (1 - Math.pow(0.999, step))) + 1e-8);
          value[i] = value[i] * (i == 0 ? 1 - rate * decay : 1) - rate * change;
        }
        assertEquals(value[0], parameters.get("weight").toFloatArray()[0], 1e-5);
        assertEquals(value[1], parameters.get("bias").toFloatArray()[0], 1e-5);
      }
    }
  }

  @Test
  void clipsTheGlobalNormAndReportsItUnclipped() {
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = parameters(manager);
        AdamW optimiser = new AdamW(manager, parameters, LearningRates.equal(2), AdamW.Settings.of(0, 1))) {
      backward(manager, parameters, new float[] {30, 40});
      assertEquals(50, optimiser.update(1, 0.1, 1), 1e-3);
      assertEquals(0.1 * 0.6, optimiser.first().get(0).toFloatArray()[0], 1e-5);
      assertEquals(0.1 * 0.8, optimiser.first().get(1).toFloatArray()[0], 1e-5);
    }
  }

  @Test
  void aBrokenGradientChangesNothingAndIsCleared() {
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = parameters(manager);
        AdamW optimiser = new AdamW(manager, parameters, LearningRates.equal(2), AdamW.Settings.of(0.1, 1))) {
      backward(manager, parameters, new float[] {Float.NaN, 1});
      assertFalse(Double.isFinite(optimiser.update(1, 0.1, 1)));
      assertArrayEquals(new float[] {1}, parameters.get("weight").toFloatArray());
      backward(manager, parameters, new float[] {3, 4});
      assertEquals(5, optimiser.update(1, 0.1, 1), 1e-5);
    }
  }

  @Test
  void aFactorChangesTheRateAndAFrozenParameterKeepsItsBits() {
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = parameters(manager)) {
      LearningRates rates =
          LearningRates.of(parameters.specs(), List.of("wei"), Map.of("b", 0.25, "bi", 0.5));
      assertEquals(List.of(0.0, 0.5), rates.factors(), "the longest beginning counts");
      parameters.get("weight").setRequiresGradient(false);
      try (AdamW optimiser =
          new AdamW(manager, parameters, rates, AdamW.Settings.of(0.5, 100))) {
        backward(manager, parameters, new float[] {3, 4});
        assertEquals(4, optimiser.update(1, 0.1, 1), 1e-5, "norm without the frozen one");
        assertEquals(1, parameters.get("weight").toFloatArray()[0], 0);
        // The first step of Adam is the rate, whatever the gradient.
        assertEquals(1 - 0.5 * 0.1, parameters.get("bias").toFloatArray()[0], 1e-6);
      }
    }
  }

  @Test
  void gradientsOfSeveralSamplesAreAveraged() {
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = parameters(manager);
        AdamW optimiser =
            new AdamW(manager, parameters, LearningRates.equal(2), AdamW.Settings.of(0, 4))) {
      backward(manager, parameters, new float[] {3, 0});
      backward(manager, parameters, new float[] {3, 8});
      assertEquals(5, optimiser.update(1, 0.1, 2), 1e-5, "norm of the mean");
      assertEquals(0.1 * 3 * 4 / 5, optimiser.first().get(0).toFloatArray()[0], 1e-5, "clipped");
      backward(manager, parameters, new float[] {3, 4});
      assertEquals(5, optimiser.update(2, 0.1, 1), 1e-5, "gradients start at zero again");
    }
  }

  private static Parameters parameters(NDManager manager) {
    List<ParameterSpec> specs =
        List.of(
            new ParameterSpec("weight", new Shape(1, 1), INIT, true),
            new ParameterSpec("bias", new Shape(1), INIT, false));
    Parameters parameters =
        Parameters.of(
            manager,
            specs,
            Map.of(
                "weight", new Tensor(new Shape(1, 1), new float[] {1}),
                "bias", new Tensor(new Shape(1), new float[] {1})));
    parameters.arrays().forEach(array -> array.setRequiresGradient(true));
    return parameters;
  }

  /** Gives the two parameters these gradients. */
  private static void backward(NDManager manager, Parameters parameters, float[] gradient) {
    try (NDManager step = manager.newSubManager();
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDArray weight = step.create(new float[] {gradient[0]}, new Shape(1, 1));
      NDArray bias = step.create(new float[] {gradient[1]});
      NDArray sum =
          weight.mul(parameters.get("weight")).sum().add(bias.mul(parameters.get("bias")).sum());
      collector.backward(sum);
    }
  }
}
