package nmsw.training;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.Int3;

/**
 * Makes padded samples from cases: window to [0, 1], symmetric padding (NMSW §1.1), and for training a random scale and
 * translation in one resampling followed by intensity changes (a part of NMSW §9). No flips: labels know left from right.
 *
 * @param windowLow HU that becomes 0
 * @param windowHigh HU that becomes 1
 * @param minimum smallest padded size per axis
 * @param multiple padded sizes are multiples of this
 */
record SampleMaker(
    double windowLow, double windowHigh, int minimum, int multiple, Augmentation augmentation) {

  /**
   * How much is varied.
   *
   * @param box most voxels along x, y, z of a sample; larger cases are cut, with probability 0.9, to a box around a voxel
   *     of a class drawn among those present, each as likely, so that small organs are seen as often as large ones;
   *     absent for whole cases
   * @param scale largest relative change of size per axis
   * @param translation largest shift per axis, voxels
   * @param shift largest shift of intensity, window units; probability 0.2
   * @param contrast largest relative change of intensity; probability 0.15
   * @param noise largest standard deviation of added noise, window units; probability 0.1
   * @param gamma largest exponent, the smallest being its inverse; probability 0.3; 1 for none
   */
  record Augmentation(
      List<Integer> box,
      double scale,
      double translation,
      double shift,
      double contrast,
      double noise,
      double gamma) {
    public Augmentation {
      if (box != null && (box.size() != 3 || box.stream().anyMatch(extent -> extent < 1))) {
        throw new IllegalArgumentException("augmentation box " + box + " is not three extents");
      }
    }

    static Augmentation none() {
      return new Augmentation(null, 0, 0, 0, 0, 0, 1);
    }
  }

  /** One axis of the resampling: source index below, weight of the one above, -1 where outside. */
  private record Axis(int[] below, float[] above) {
    static Axis of(int target, int source, double scale, double shift) {
      int[] below = new int[target];
      float[] above = new float[target];
      int before = Math.floorDiv(target - source, 2);
      double centre = (source - 1) / 2.0;
      for (int i = 0; i < target; i++) {
        double at = (i - before - centre) / scale + centre - shift;
        if (at < -0.5 || at > source - 0.5) {
          below[i] = -1;
        } else {
          double inside = Math.max(0, Math.min(source - 1, at));
          below[i] = Math.min((int) inside, Math.max(0, source - 2));
          above[i] = (float) (inside - below[i]);
        }
      }
      return new Axis(below, above);
    }
  }

  /** The case as inference sees it. */
  Sample plain(TrainingCase source) {
    return resample(source, new double[] {1, 1, 1}, new double[3]);
  }

  /** The case, varied. */
  Sample varied(TrainingCase source, RandomGenerator random) {
    double[] scale = new double[3];
    double[] shift = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      scale[axis] = 1 + symmetric(random, augmentation.scale());
      shift[axis] = symmetric(random, augmentation.translation());
    }
    Sample sample = resample(cut(source, random), scale, shift);
    changeIntensities(sample.image(), random);
    return sample;
  }

  private TrainingCase cut(TrainingCase source, RandomGenerator random) {
    if (augmentation.box() == null || random.nextDouble() >= 0.9) {
      return source;
    }
    int voxel = voxelOfDrawnClass(source.labels(), random);
    Int3 size = source.size();
    int[] at = {voxel / (size.y() * size.z()), voxel / size.z() % size.y(), voxel % size.z()};
    int[] start = new int[3];
    int[] extent = new int[3];
    for (int axis = 0; axis < 3; axis++) {
      extent[axis] = Math.min(augmentation.box().get(axis), size.get(axis));
      int first = Math.max(0, at[axis] - extent[axis] + 1);
      int last = Math.min(at[axis], size.get(axis) - extent[axis]);
      start[axis] = random.nextInt(first, last + 1);
    }
    return source.box(
        new Int3(start[0], start[1], start[2]), new Int3(extent[0], extent[1], extent[2]));
  }

  /** A voxel of one of the classes present, the background not counted; any voxel if there is none. */
  private static int voxelOfDrawnClass(byte[] labels, RandomGenerator random) {
    int[] counts = new int[256];
    for (byte label : labels) {
      counts[label & 0xff]++;
    }
    int[] present = IntStream.range(1, counts.length).filter(c -> counts[c] > 0).toArray();
    if (present.length == 0) {
      return random.nextInt(labels.length);
    }
    int drawn = present[random.nextInt(present.length)];
    int left = random.nextInt(counts[drawn]);
    int voxel = 0;
    while ((labels[voxel] & 0xff) != drawn || left-- > 0) {
      voxel++;
    }
    return voxel;
  }

  private static double symmetric(RandomGenerator random, double largest) {
    return largest * (2 * random.nextDouble() - 1);
  }

  private Sample resample(TrainingCase source, double[] scale, double[] shift) {
    Int3 from = source.size();
    Int3 size = new Int3(padded(from.x()), padded(from.y()), padded(from.z()));
    Axis ax = Axis.of(size.x(), from.x(), scale[0], shift[0]);
    Axis ay = Axis.of(size.y(), from.y(), scale[1], shift[1]);
    Axis az = Axis.of(size.z(), from.z(), scale[2], shift[2]);
    float[] window = new float[source.hounsfield().length];
    for (int v = 0; v < window.length; v++) {
      double value = (source.hounsfield()[v] - windowLow) / (windowHigh - windowLow);
      window[v] = (float) Math.max(0, Math.min(1, value));
    }
    float[] image = new float[(int) size.product()];
    byte[] labels = new byte[image.length];
    int stepX = from.x() > 1 ? from.y() * from.z() : 0;
    int stepY = from.y() > 1 ? from.z() : 0;
    int stepZ = from.z() > 1 ? 1 : 0;
    int at = 0;
    for (int x = 0; x < size.x(); x++) {
      for (int y = 0; y < size.y(); y++) {
        for (int z = 0; z < size.z(); z++, at++) {
          if (ax.below[x] < 0 || ay.below[y] < 0 || az.below[z] < 0) {
            image[at] = Sample.PADDING;
            continue;
          }
          int v = (ax.below[x] * from.y() + ay.below[y]) * from.z() + az.below[z];
          float wx = ax.above[x];
          float wy = ay.above[y];
          float wz = az.above[z];
          float near = plane(window, v, stepY, stepZ, wy, wz);
          float far = wx == 0 ? near : plane(window, v + stepX, stepY, stepZ, wy, wz);
          image[at] = near + wx * (far - near);
          labels[at] =
              source.labels()[
                  v
                      + (wx >= 0.5f ? stepX : 0)
                      + (wy >= 0.5f ? stepY : 0)
                      + (wz >= 0.5f ? stepZ : 0)];
        }
      }
    }
    return new Sample(source.id(), size, image, labels);
  }

  private static float plane(float[] values, int v, int stepY, int stepZ, float wy, float wz) {
    float near = values[v] + wz * (values[v + stepZ] - values[v]);
    if (wy == 0) {
      return near;
    }
    float far = values[v + stepY] + wz * (values[v + stepY + stepZ] - values[v + stepY]);
    return near + wy * (far - near);
  }

  private int padded(int extent) {
    int least = Math.max(minimum, extent);
    return (least + multiple - 1) / multiple * multiple;
  }

  private void changeIntensities(float[] image, RandomGenerator random) {
    double shift = random.nextDouble() < 0.2 ? symmetric(random, augmentation.shift()) : 0;
    double contrast =
        random.nextDouble() < 0.15 ? 1 + symmetric(random, augmentation.contrast()) : 1;
    double gamma =
        random.nextDouble() < 0.3
            ? Math.exp(symmetric(random, Math.log(augmentation.gamma())))
            : 1;
    double noise = random.nextDouble() < 0.1 ? random.nextDouble() * augmentation.noise() : 0;
    if (shift == 0 && contrast == 1 && gamma == 1 && noise == 0) {
      return;
    }
    for (int v = 0; v < image.length; v++) {
      if (image[v] == Sample.PADDING) {
        continue;
      }
      double value = image[v];
      if (gamma != 1) {
        value = Math.pow(value, gamma);
      }
      value = value * contrast + shift;
      if (noise > 0) {
        value += noise * random.nextGaussian();
      }
      image[v] = (float) value;
    }
  }
}
