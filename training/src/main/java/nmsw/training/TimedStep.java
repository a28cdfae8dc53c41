package nmsw.training;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import nmsw.segmentation.Method;
import nmsw.segmentation.nn.DifferentiableTopK;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.PatchGrid;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;

/**
 * Training steps to be measured: always the same made-up volume and the same noise, forward, NMSW eq. 7, backward, AdamW,
 * with the recipe's usual settings. {@link #program} does the same in PyTorch.
 */
public final class TimedStep implements AutoCloseable {
  private static final long SEED = 1;
  private static final double RATE = 3e-4;
  private static final double WEIGHT_DECAY = 1e-5;
  private static final double CLIP_NORM = 1;
  private static final double TAU = 2.0 / 3;

  /**
   * What a step takes.
   *
   * @param volume voxels, multiples of {@code rate} times the global network's divisor, and no less than {@code patch}
   * @param topK picked patches, at most as many as the grid has
   * @param randomPatches patches that enter the patch loss only
   * @param precision of the backbones
   * @param recomputation what of the local network's activations is not held for the way back
   */
  public record Task(
      NmswNet net,
      Int3 volume,
      int patch,
      double overlap,
      int rate,
      int topK,
      int randomPatches,
      TrainingPrecision precision,
      Recomputation recomputation) {}

  private final Task task;
  private final Sample sample;
  private final float[] uniforms;
  private final NDManager manager;
  private final Parameters parameters;
  private final AdamW optimiser;
  private final TrainingStep step;
  private int steps;

  /**
   * @param device that the networks run on
   */
  public TimedStep(Task task, Device device) {
    this.task = task;
    this.sample = sample(task.volume(), task.net().classes());
    this.uniforms = uniforms();
    this.manager = NDManager.newBaseManager(device);
    this.parameters = Parameters.initialise(manager, task.net().parameters(), SEED);
    LearningRates rates = LearningRates.equal(parameters.specs().size());
    this.optimiser =
        new AdamW(manager, parameters, rates, AdamW.Settings.of(WEIGHT_DECAY, CLIP_NORM));
    this.step =
        new TrainingStep(
            manager,
            task.net(),
            parameters,
            rates,
            new TrainingStep.Settings(
                task.patch(), task.overlap(), task.rate(), Method.NMSW, Sampler.GUMBEL, task.topK(),
                task.randomPatches(), TAU, DifferentiableTopK.Gradient.ST,
                task.precision(),
                task.recomputation(),
                NmswLoss.Weights.recommended()));
  }

  /** One step; the weights change. The total loss of eq. 7 before the update. */
  public double run() {
    NmswLoss.Terms terms = step.learn(sample, new GivenNumbers(uniforms));
    optimiser.update(++steps, RATE, 1);
    return terms.total();
  }

  /** Writes what the first step takes for {@link #program}. */
  public void write(Path file) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Parameters.initialValues(task.net().parameters(), SEED)
        .forEach((name, tensor) -> tensors.put("start/" + name, tensor));
    Int3 size = sample.size();
    Shape shape = new Shape(size.x(), size.y(), size.z());
    float[] labels = new float[sample.labels().length];
    for (int v = 0; v < labels.length; v++) {
      labels[v] = sample.labels()[v] & 0xff;
    }
    tensors.put("image", new Tensor(shape, sample.image()));
    tensors.put("labels", new Tensor(shape, labels));
    tensors.put("uniforms", new Tensor(new Shape(uniforms.length), uniforms));
    setting(tensors, "patch", task.patch());
    setting(tensors, "overlap", task.overlap());
    setting(tensors, "rate", task.rate());
    setting(tensors, "topK", task.topK());
    setting(tensors, "randomPatches", task.randomPatches());
    Safetensors.write(file, tensors, Safetensors.Type.F32);
  }

  private static void setting(Map<String, Tensor> tensors, String name, double value) {
    tensors.put("setting/" + name, new Tensor(new Shape(1), new float[] {(float) value}));
  }

  /** A Python program that does the same step of two U-Nets; its first lines tell how it is called. */
  public static String program() throws IOException {
    try (InputStream in = TimedStep.class.getResourceAsStream("training_step.py")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Waves and noise; the organs are blocks in the middle half of each axis. */
  private static Sample sample(Int3 size, int classes) {
    SplittableRandom noise = new SplittableRandom(SEED);
    float[] image = new float[(int) size.product()];
    byte[] labels = new byte[image.length];
    int v = 0;
    for (int x = 0; x < size.x(); x++) {
      for (int y = 0; y < size.y(); y++) {
        for (int z = 0; z < size.z(); z++, v++) {
          double wave = Math.sin(x * 0.05) * Math.cos(y * 0.04) + Math.sin(z * 0.06);
          image[v] = (float) (0.5 + 0.2 * wave + 0.1 * noise.nextDouble());
          if (inMiddle(x, size.x()) && inMiddle(y, size.y()) && inMiddle(z, size.z())) {
            labels[v] = (byte) (1 + (x / 16 + 3 * (y / 16) + 5 * (z / 16)) % (classes - 1));
          }
        }
      }
    }
    return new Sample("measured", size, image, labels);
  }

  private static boolean inMiddle(int at, int extent) {
    return at >= extent / 4 && at < extent - extent / 4;
  }

  /** One per cell for the noise, two per random patch. */
  private float[] uniforms() {
    int cells = PatchGrid.of(task.volume(), Int3.cube(task.patch()), task.overlap()).cells();
    SplittableRandom random = new SplittableRandom(SEED);
    float[] numbers = new float[cells + 2 * task.randomPatches()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextInt(1 << 24) / (float) (1 << 24);
    }
    return numbers;
  }

  @Override
  public void close() {
    step.close();
    optimiser.close();
    parameters.close();
    manager.close();
  }
}
