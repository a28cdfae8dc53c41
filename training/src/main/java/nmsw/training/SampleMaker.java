package nmsw.training;

import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.Int3;

/**
 * Makes padded samples from cases: window to [0, 1], symmetric padding (NMSW §1.1), and for training the augmentations of
 * NMSW §9, those in space in one resampling.
 *
 * @param windowLow HU that becomes 0
 * @param windowHigh HU that becomes 1
 * @param minimum smallest padded size per axis
 * @param multiple padded sizes are multiples of this
 * @param fixedSize of every sample, in place of the two before; null for none
 */
record SampleMaker(
    double windowLow,
    double windowHigh,
    int minimum,
    int multiple,
    Int3 fixedSize,
    Augmentation augmentation) {

  /** The case as inference sees it. */
  Sample plain(TrainingCase source) {
    return resample(source, Deformation.identity());
  }

  /** The case, varied. */
  Sample varied(TrainingCase source, RandomGenerator random) {
    Deformation deformation = Deformation.random(augmentation, random);
    Sample sample = resample(cut(source, random), deformation);
    new Intensities(sample.image(), sample.size()).vary(augmentation, random);
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

  Sample resample(TrainingCase source, Deformation deformation) {
    Int3 from = source.size();
    int[] extent = new int[3];
    int[] before = new int[3];
    for (int axis = 0; axis < 3; axis++) {
      int had = from.get(axis);
      extent[axis] = fixedSize == null ? padded(had) : fixedSize.get(axis);
      // As inference does: padding is symmetric, a crop keeps half of what is wanted before the middle.
      before[axis] =
          extent[axis] >= had ? (extent[axis] - had) / 2 : extent[axis] / 2 - had / 2;
    }
    Int3 size = new Int3(extent[0], extent[1], extent[2]);
    double[][] tables =
        deformation.tables(size, from, new Int3(before[0], before[1], before[2]));
    float[] window = windowed(source.hounsfield());
    float[] image = new float[(int) size.product()];
    byte[] labels = new byte[image.length];
    int[] steps = {
      from.x() > 1 ? from.y() * from.z() : 0, from.y() > 1 ? from.z() : 0, from.z() > 1 ? 1 : 0
    };
    int at = 0;
    for (int x = 0; x < size.x(); x++) {
      for (int y = 0; y < size.y(); y++) {
        double rowX = tables[0][3 * x] + tables[1][3 * y];
        double rowY = tables[0][3 * x + 1] + tables[1][3 * y + 1];
        double rowZ = tables[0][3 * x + 2] + tables[1][3 * y + 2];
        for (int z = 0; z < size.z(); z++, at++) {
          double px = rowX + tables[2][3 * z];
          double py = rowY + tables[2][3 * z + 1];
          double pz = rowZ + tables[2][3 * z + 2];
          if (isOutside(px, from.x()) || isOutside(py, from.y()) || isOutside(pz, from.z())) {
            image[at] = Sample.PADDING;
            continue;
          }
          px = Math.max(0, Math.min(from.x() - 1, px));
          py = Math.max(0, Math.min(from.y() - 1, py));
          pz = Math.max(0, Math.min(from.z() - 1, pz));
          int ix = Math.min((int) px, Math.max(0, from.x() - 2));
          int iy = Math.min((int) py, Math.max(0, from.y() - 2));
          int iz = Math.min((int) pz, Math.max(0, from.z() - 2));
          float wx = (float) (px - ix);
          float wy = (float) (py - iy);
          float wz = (float) (pz - iz);
          int v = (ix * from.y() + iy) * from.z() + iz;
          float near = plane(window, v, steps[1], steps[2], wy, wz);
          float far = wx == 0 ? near : plane(window, v + steps[0], steps[1], steps[2], wy, wz);
          image[at] = near + wx * (far - near);
          labels[at] =
              source.labels()[
                  v
                      + (wx >= 0.5f ? steps[0] : 0)
                      + (wy >= 0.5f ? steps[1] : 0)
                      + (wz >= 0.5f ? steps[2] : 0)];
        }
      }
    }
    return new Sample(source.id(), size, image, labels, source.unannotated());
  }

  /** More than half a voxel beyond the centre of the first or last one. */
  private static boolean isOutside(double position, int extent) {
    return position < -0.5 || position > extent - 0.5;
  }

  private float[] windowed(short[] hounsfield) {
    float[] window = new float[hounsfield.length];
    for (int v = 0; v < window.length; v++) {
      double value = (hounsfield[v] - windowLow) / (windowHigh - windowLow);
      window[v] = (float) Math.max(0, Math.min(1, value));
    }
    return window;
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
}
