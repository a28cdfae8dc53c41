package nmsw.training;

import java.util.Set;
import nmsw.segmentation.nn.Int3;

/**
 * What one training step sees: a padded image in window units ([0, 1], padding -0.1) and its labels, both z fastest.
 *
 * @param image not copied
 * @param labels not copied
 * @param unannotated classes that may be anywhere in the background, since nobody looked for them
 */
record Sample(String id, Int3 size, float[] image, byte[] labels, Set<Integer> unannotated) {
  /** Value of voxels outside the patient's box; below the window, so that it is not mistaken for air (NMSW §1.1). */
  static final float PADDING = -0.1f;

  Sample {
    unannotated = Set.copyOf(unannotated);
  }

  /** All classes were annotated. */
  Sample(String id, Int3 size, float[] image, byte[] labels) {
    this(id, size, image, labels, Set.of());
  }

  /** Mean over blocks of {@code rate} voxels per axis: the global network's input (NMSW §2). */
  float[] lowImage(int rate) {
    Int3 low = size.dividedBy(Int3.cube(rate));
    float[] sums = new float[(int) low.product()];
    for (int x = 0, v = 0; x < size.x(); x++) {
      for (int y = 0; y < size.y(); y++) {
        int row = (x / rate * low.y() + y / rate) * low.z();
        for (int z = 0; z < size.z(); z++, v++) {
          sums[row + z / rate] += image[v];
        }
      }
    }
    float share = 1f / (rate * rate * rate);
    for (int v = 0; v < sums.length; v++) {
      sums[v] *= share;
    }
    return sums;
  }

  /** The most frequent label of each block of {@code rate} voxels per axis. */
  byte[] lowLabels(int rate) {
    Int3 low = size.dividedBy(Int3.cube(rate));
    byte[] result = new byte[(int) low.product()];
    byte[] block = new byte[rate * rate * rate];
    int at = 0;
    for (int x = 0; x < low.x(); x++) {
      for (int y = 0; y < low.y(); y++) {
        for (int z = 0; z < low.z(); z++) {
          int n = 0;
          for (int i = 0; i < rate; i++) {
            for (int j = 0; j < rate; j++) {
              int from = ((x * rate + i) * size.y() + y * rate + j) * size.z() + z * rate;
              System.arraycopy(labels, from, block, n, rate);
              n += rate;
            }
          }
          result[at++] = mostFrequent(block);
        }
      }
    }
    return result;
  }

  private static byte mostFrequent(byte[] block) {
    byte best = block[0];
    int most = 0;
    for (int i = 0; i < block.length && most <= block.length / 2; i++) {
      int count = 0;
      for (byte label : block) {
        if (label == block[i]) {
          count++;
        }
      }
      if (count > most) {
        most = count;
        best = block[i];
      }
    }
    return best;
  }

  /** Copies the image values of a box times a factor into {@code target}. */
  void copyImage(Int3 start, Int3 box, float factor, float[] target, int offset) {
    int at = offset;
    for (int x = 0; x < box.x(); x++) {
      for (int y = 0; y < box.y(); y++) {
        int from = index(start.x() + x, start.y() + y, start.z());
        for (int z = 0; z < box.z(); z++) {
          target[at++] = factor * image[from + z];
        }
      }
    }
  }

  /** The labels of a box. */
  byte[] labels(Int3 start, Int3 box) {
    byte[] result = new byte[(int) box.product()];
    int at = 0;
    for (int x = 0; x < box.x(); x++) {
      for (int y = 0; y < box.y(); y++) {
        System.arraycopy(
            labels, index(start.x() + x, start.y() + y, start.z()), result, at, box.z());
        at += box.z();
      }
    }
    return result;
  }

  /** Sum over a box of the image times the values of {@code factors} from {@code offset} on. */
  double product(Int3 start, Int3 box, float[] factors, int offset) {
    double sum = 0;
    int at = offset;
    for (int x = 0; x < box.x(); x++) {
      for (int y = 0; y < box.y(); y++) {
        int from = index(start.x() + x, start.y() + y, start.z());
        float row = 0;
        for (int z = 0; z < box.z(); z++) {
          row += image[from + z] * factors[at++];
        }
        sum += row;
      }
    }
    return sum;
  }

  private int index(int x, int y, int z) {
    return (x * size.y() + y) * size.z() + z;
  }
}
