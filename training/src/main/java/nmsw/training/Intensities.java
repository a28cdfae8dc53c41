package nmsw.training;

import java.util.List;
import java.util.random.RandomGenerator;
import nmsw.segmentation.nn.Int3;

/**
 * Augmentations of a sample's intensities (NMSW §9: 1 and 4 to 9, in this order). Padding stays padding; where a filter
 * reaches into it, it counts as air, which is what surrounds a body.
 */
final class Intensities {
  private static final double SHIFT = 0.2;
  private static final double NOISE = 0.1;
  private static final double SMOOTHING = 0.2;
  private static final double CONTRAST = 0.15;
  private static final double LOW_RESOLUTION = 0.25;
  private static final double INVERTED_GAMMA = 0.1;
  private static final double GAMMA = 0.3;
  private static final float AIR = 0;

  private final float[] image;
  private final Int3 size;
  private final boolean[] padding;

  /**
   * @param image window units, z fastest; is changed
   */
  Intensities(float[] image, Int3 size) {
    this.image = image;
    this.size = size;
    this.padding = new boolean[image.length];
    for (int v = 0; v < image.length; v++) {
      padding[v] = image[v] == Sample.PADDING;
    }
  }

  /** Draws what is done, and does it. */
  void vary(Augmentation augmentation, RandomGenerator random) {
    if (drawn(SHIFT, augmentation.shift() > 0, random)) {
      change(1, augmentation.shift() * (2 * random.nextDouble() - 1));
    }
    if (drawn(NOISE, augmentation.noise() > 0, random)) {
      addNoise(augmentation.noise() * random.nextDouble(), random);
    }
    if (drawn(SMOOTHING, augmentation.smoothing().get(1) > 0, random)) {
      smooth(
          new double[] {
            between(augmentation.smoothing(), random),
            between(augmentation.smoothing(), random),
            between(augmentation.smoothing(), random)
          });
    }
    if (drawn(CONTRAST, augmentation.contrast() > 0, random)) {
      change(1 + augmentation.contrast() * (2 * random.nextDouble() - 1), 0);
    }
    if (drawn(LOW_RESOLUTION, augmentation.lowResolution() < 1, random)) {
      lower(between(List.of(augmentation.lowResolution(), 1.0), random));
    }
    if (drawn(INVERTED_GAMMA, isGamma(augmentation.invertedGamma()), random)) {
      gamma(between(augmentation.invertedGamma(), random), true);
    }
    if (drawn(GAMMA, isGamma(augmentation.gamma()), random)) {
      gamma(between(augmentation.gamma(), random), false);
    }
  }

  /** What is off draws as much, so that switching one augmentation on leaves whether others are done as it was. */
  private static boolean drawn(double probability, boolean on, RandomGenerator random) {
    return random.nextDouble() < probability && on;
  }

  private static boolean isGamma(List<Double> range) {
    return range.get(0) != 1 || range.get(1) != 1;
  }

  private static double between(List<Double> range, RandomGenerator random) {
    return range.get(0) + (range.get(1) - range.get(0)) * random.nextDouble();
  }

  /** Multiplies, then adds. */
  void change(double factor, double shift) {
    for (int v = 0; v < image.length; v++) {
      if (!padding[v]) {
        image[v] = (float) (image[v] * factor + shift);
      }
    }
  }

  void addNoise(double deviation, RandomGenerator random) {
    for (int v = 0; v < image.length; v++) {
      if (!padding[v]) {
        image[v] += (float) (deviation * random.nextGaussian());
      }
    }
  }

  /**
   * A Gaussian filter, cut off at four sigma; the image goes on beyond its borders as it is there.
   *
   * @param sigma along x, y, z, voxels
   */
  void smooth(double[] sigma) {
    padWithAir();
    int[] strides = {size.y() * size.z(), size.z(), 1};
    for (int axis = 0; axis < 3; axis++) {
      if (sigma[axis] > 0) {
        smooth(size.get(axis), strides[axis], kernel(sigma[axis]));
      }
    }
    pad();
  }

  private static float[] kernel(double sigma) {
    int radius = (int) Math.ceil(4 * sigma);
    float[] kernel = new float[2 * radius + 1];
    double sum = 0;
    for (int i = -radius; i <= radius; i++) {
      sum += Math.exp(-i * i / (2 * sigma * sigma));
    }
    for (int i = -radius; i <= radius; i++) {
      kernel[i + radius] = (float) (Math.exp(-i * i / (2 * sigma * sigma)) / sum);
    }
    return kernel;
  }

  private void smooth(int extent, int stride, float[] kernel) {
    int radius = kernel.length / 2;
    float[] line = new float[extent + 2 * radius];
    for (int l = 0; l < image.length / extent; l++) {
      int first = l / stride * stride * extent + l % stride;
      for (int i = 0; i < line.length; i++) {
        line[i] = image[first + stride * Math.max(0, Math.min(extent - 1, i - radius))];
      }
      for (int i = 0; i < extent; i++) {
        float sum = 0;
        for (int tap = 0; tap < kernel.length; tap++) {
          sum += kernel[tap] * line[i + tap];
        }
        image[first + stride * i] = sum;
      }
    }
  }

  /** Nearest neighbour down by a factor, linear up again. */
  void lower(double factor) {
    padWithAir();
    Axis ax = Axis.of(size.x(), factor);
    Axis ay = Axis.of(size.y(), factor);
    Axis az = Axis.of(size.z(), factor);
    float[] source = image.clone();
    int at = 0;
    for (int x = 0; x < size.x(); x++) {
      for (int y = 0; y < size.y(); y++) {
        int r00 = (ax.below[x] * size.y() + ay.below[y]) * size.z();
        int r01 = (ax.below[x] * size.y() + ay.above[y]) * size.z();
        int r10 = (ax.above[x] * size.y() + ay.below[y]) * size.z();
        int r11 = (ax.above[x] * size.y() + ay.above[y]) * size.z();
        for (int z = 0; z < size.z(); z++) {
          int b = az.below[z];
          int a = az.above[z];
          float w = az.weight[z];
          float c0 =
              mix(
                  mix(source[r00 + b], source[r00 + a], w),
                  mix(source[r01 + b], source[r01 + a], w),
                  ay.weight[y]);
          float c1 =
              mix(
                  mix(source[r10 + b], source[r10 + a], w),
                  mix(source[r11 + b], source[r11 + a], w),
                  ay.weight[y]);
          image[at++] = mix(c0, c1, ax.weight[x]);
        }
      }
    }
    pad();
  }

  private static float mix(float below, float above, float weight) {
    return below + weight * (above - below);
  }

  /** Per voxel along an axis the two source voxels that were kept around it, and the weight of the one above. */
  private record Axis(int[] below, int[] above, float[] weight) {
    static Axis of(int extent, double factor) {
      int kept = (int) Math.max(1, Math.round(extent * factor));
      Axis axis = new Axis(new int[extent], new int[extent], new float[extent]);
      for (int i = 0; i < extent; i++) {
        double at = Math.max(0, Math.min(kept - 1, (i + 0.5) * kept / extent - 0.5));
        int low = (int) at;
        axis.below[i] = (int) ((long) low * extent / kept);
        axis.above[i] = (int) ((long) Math.min(kept - 1, low + 1) * extent / kept);
        axis.weight[i] = (float) (at - low);
      }
      return axis;
    }
  }

  /**
   * ((x - min) / range)^exponent * range + min, then mean and standard deviation as before.
   *
   * @param inverted whether -x takes the place of x
   */
  void gamma(double exponent, boolean inverted) {
    double sign = inverted ? -1 : 1;
    double[] before = moments();
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (int v = 0; v < image.length; v++) {
      if (!padding[v]) {
        min = Math.min(min, sign * image[v]);
        max = Math.max(max, sign * image[v]);
      }
    }
    double range = max - min;
    if (!(range > 0)) {
      return;
    }
    for (int v = 0; v < image.length; v++) {
      if (!padding[v]) {
        double share = (sign * image[v] - min) / (range + 1e-7);
        image[v] = (float) (sign * (Math.pow(share, exponent) * range + min));
      }
    }
    double[] after = moments();
    double factor = before[1] / (after[1] + 1e-8);
    change(factor, before[0] - factor * after[0]);
  }

  /** Mean and standard deviation. */
  private double[] moments() {
    double sum = 0;
    double squares = 0;
    int count = 0;
    for (int v = 0; v < image.length; v++) {
      if (!padding[v]) {
        sum += image[v];
        squares += (double) image[v] * image[v];
        count++;
      }
    }
    double mean = sum / count;
    return new double[] {mean, Math.sqrt(Math.max(0, squares / count - mean * mean))};
  }

  private void padWithAir() {
    fillPadding(AIR);
  }

  private void pad() {
    fillPadding(Sample.PADDING);
  }

  private void fillPadding(float value) {
    for (int v = 0; v < image.length; v++) {
      if (padding[v]) {
        image[v] = value;
      }
    }
  }
}
