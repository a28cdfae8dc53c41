package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.random.RandomGenerator;
import nmsw.segmentation.nn.Int3;

/** Takes patches of one size out of samples. */
record PatchCutter(Int3 patch) {

  /**
   * Patches as one batch, [N, 1, x, y, z].
   *
   * @param factors that the first patches are multiplied by; further ones are not
   */
  NDArray images(NDManager manager, Sample sample, List<Int3> starts, double[] factors) {
    int voxels = (int) patch.product();
    float[] values = new float[starts.size() * voxels];
    for (int k = 0; k < starts.size(); k++) {
      float factor = k < factors.length ? (float) factors[k] : 1;
      sample.copyImage(starts.get(k), patch, factor, values, k * voxels);
    }
    return manager.create(values, new Shape(starts.size(), 1, patch.x(), patch.y(), patch.z()));
  }

  List<byte[]> labels(Sample sample, List<Int3> starts) {
    return starts.stream().map(start -> sample.labels(start, patch)).toList();
  }

  /**
   * A box around a foreground voxel or a background one, moved inside (NMSW §5, §12).
   *
   * @param foreground probability of the former
   */
  Int3 randomStart(Sample sample, double foreground, RandomGenerator random) {
    int voxel = randomVoxel(sample.labels(), random.nextDouble() < foreground, random);
    Int3 size = sample.size();
    return new Int3(
        inside(voxel / (size.y() * size.z()), patch.x(), size.x()),
        inside(voxel / size.z() % size.y(), patch.y(), size.y()),
        inside(voxel % size.z(), patch.z(), size.z()));
  }

  /** A voxel of the foreground or the background, any one if there is none. */
  private static int randomVoxel(byte[] labels, boolean foreground, RandomGenerator random) {
    int count = 0;
    for (byte label : labels) {
      count += label != 0 == foreground ? 1 : 0;
    }
    if (count == 0) {
      return random.nextInt(labels.length);
    }
    int left = random.nextInt(count);
    int voxel = 0;
    while (labels[voxel] != 0 != foreground || left-- > 0) {
      voxel++;
    }
    return voxel;
  }

  private static int inside(int centre, int box, int extent) {
    return Math.max(0, Math.min(extent - box, centre - box / 2));
  }
}
