package nmsw.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.ScriptModule;

/** A convolution on the engine's device: whether it is right, and how fast. */
public final class EngineTrial {
  private static final int KERNEL = 3;
  private static final int TIMED_RUNS = 5;

  private final Compute compute;

  public EngineTrial(Compute compute) {
    this.compute = compute;
  }

  /**
   * Largest difference between the engine's float32 convolution and the same sum in Java, relative to the
   * largest value: about 1e-6 on a CPU, up to 1e-3 on a GPU that rounds its factors to TF32.
   */
  public double largestDifference() {
    int channels = 6;
    int size = 9;
    SplittableRandom random = new SplittableRandom(1);
    float[] x = uniform(random, channels * size * size * size);
    float[] w = uniform(random, channels * channels * KERNEL * KERNEL * KERNEL);
    double[] expected = convolution(x, w, channels, size);
    float[] found = run(Form.EXACT, "r", x, w, channels, size, 1).values();
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      // Not a number stays one here, and does not pass for a small difference.
      difference = Math.max(difference, Math.abs(expected[i] - found[i]));
    }
    return difference / largest;
  }

  /** GFLOP/s of a convolution of 32 to 32 channels over 64 x 64 x 64 voxels (14.5 GFLOP); median of five. */
  public double gigaflops(Form form) {
    int channels = 32;
    int size = 64;
    SplittableRandom random = new SplittableRandom(2);
    float[] x = uniform(random, channels * size * size * size);
    float[] w = uniform(random, channels * channels * KERNEL * KERNEL * KERNEL);
    // The sum is what is fetched: a GPU has to finish for it.
    double[] seconds = run(form, "torch.sum(r)", x, w, channels, size, TIMED_RUNS + 1).seconds();
    double[] warm = Arrays.copyOfRange(seconds, 1, seconds.length);
    Arrays.sort(warm);
    double operations = 2.0 * w.length * size * size * size;
    return operations / warm[warm.length / 2] / 1e9;
  }

  private record Run(float[] values, double[] seconds) {}

  private Run run(Form form, String result, float[] x, float[] w, int channels, int size, int runs) {
    EngineGate gate = EngineGate.ofProcess();
    gate.enter();
    boolean gradients = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try (NDManager manager = NDManager.newBaseManager(compute.device());
        ScriptModule module = ScriptModule.compile(manager, script(form, result))) {
      NDArray input = manager.create(x, new Shape(1, channels, size, size, size));
      NDArray weight = manager.create(w, new Shape(channels, channels, KERNEL, KERNEL, KERNEL));
      double[] seconds = new double[runs];
      float[] values = {};
      for (int i = 0; i < runs; i++) {
        long start = System.nanoTime();
        values = module.call("forward", List.of(input), List.of(weight), false).get(0).toFloatArray();
        seconds[i] = (System.nanoTime() - start) / 1e9;
      }
      return new Run(values, seconds);
    } finally {
      JniUtils.setGradMode(gradients);
      gate.leave();
    }
  }

  private static String script(Form form, String result) {
    boolean half = form.bytesPerValue() == 2;
    String prepare = half ? "torch.to(%s, 15)" : "%s";
    prepare = form.channelsLast() ? "torch.contiguous(" + prepare + ", memory_format=3)" : prepare;
    return """
        def forward(self: __torch__.Net, x: Tensor, p: List[Tensor]) -> Tensor:
          a = %s
          b = %s
          c = torch.conv3d(a, b, None, [1, 1, 1], [1, 1, 1], [1, 1, 1], 1)
          r = torch.to(c, 6)
          return %s
      """
        .formatted(prepare.formatted("x"), prepare.formatted("p[0]"), result);
  }

  private static float[] uniform(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (2 * random.nextDouble() - 1);
    }
    return values;
  }

  /** Convolution with zeros around, in double precision. */
  private static double[] convolution(float[] x, float[] w, int channels, int size) {
    double[] result = new double[x.length];
    int at = 0;
    for (int out = 0; out < channels; out++) {
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          for (int k = 0; k < size; k++) {
            result[at++] = oneVoxel(x, w, channels, size, out, new int[] {i, j, k});
          }
        }
      }
    }
    return result;
  }

  private static double oneVoxel(
      float[] x, float[] w, int channels, int size, int out, int[] voxel) {
    double sum = 0;
    for (int in = 0; in < channels; in++) {
      for (int tap = 0; tap < KERNEL * KERNEL * KERNEL; tap++) {
        int i = voxel[0] + tap / 9 - 1;
        int j = voxel[1] + tap / 3 % 3 - 1;
        int k = voxel[2] + tap % 3 - 1;
        if (i >= 0 && j >= 0 && k >= 0 && i < size && j < size && k < size) {
          double weight = w[(out * channels + in) * KERNEL * KERNEL * KERNEL + tap];
          sum += weight * x[((in * size + i) * size + j) * size + k];
        }
      }
    }
    return sum;
  }
}
