package nmsw.training.metrics;

import java.util.stream.IntStream;

/** Predicted and true labels of one case, compared class by class. */
public final class LabelComparison {
  private static final int LABELS = 256;

  private final byte[] predicted;
  private final byte[] truth;
  private final int[] size;
  private final long[] predictedVoxels = new long[LABELS];
  private final long[] trueVoxels = new long[LABELS];
  private final long[] commonVoxels = new long[LABELS];
  private final int[][] boxes = new int[LABELS][];

  /**
   * @param predicted labels, x fastest; not copied
   * @param truth of the same voxels; not copied
   * @param size voxels along x, y and z
   */
  public LabelComparison(byte[] predicted, byte[] truth, int[] size) {
    long voxels = (long) size[0] * size[1] * size[2];
    if (predicted.length != voxels || truth.length != voxels) {
      throw new IllegalArgumentException(
          "%d predicted labels and %d true ones for %d x %d x %d voxels"
              .formatted(predicted.length, truth.length, size[0], size[1], size[2]));
    }
    this.predicted = predicted;
    this.truth = truth;
    this.size = size.clone();
    count();
  }

  private void count() {
    for (int z = 0; z < size[2]; z++) {
      for (int y = 0; y < size[1]; y++) {
        int row = (z * size[1] + y) * size[0];
        for (int x = 0; x < size[0]; x++) {
          int p = predicted[row + x] & 0xff;
          int t = truth[row + x] & 0xff;
          predictedVoxels[p]++;
          trueVoxels[t]++;
          if (p == t) {
            commonVoxels[p]++;
          }
          if (p != 0) {
            extend(p, x, y, z);
          }
          if (t != 0 && t != p) {
            extend(t, x, y, z);
          }
        }
      }
    }
  }

  private void extend(int label, int x, int y, int z) {
    int[] box = boxes[label];
    if (box == null) {
      boxes[label] = new int[] {x, y, z, x + 1, y + 1, z + 1};
      return;
    }
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[3] = Math.max(box[3], x + 1);
    box[4] = Math.max(box[4], y + 1);
    box[5] = z + 1;
  }

  /** Number of voxels that the truth gives the class. */
  public long trueVoxels(int label) {
    return trueVoxels[label];
  }

  /** Number of voxels that the prediction gives the class. */
  public long predictedVoxels(int label) {
    return predictedVoxels[label];
  }

  /** Dice similarity coefficient, 2 |P and T| / (|P| + |T|); NaN where the truth is empty. */
  public double dice(int label) {
    return trueVoxels[label] == 0
        ? Double.NaN
        : 2.0 * commonVoxels[label] / (predictedVoxels[label] + trueVoxels[label]);
  }

  /** Surfaces of a class that is not 0, the background. */
  public LabelSurfaces surfaces(int label) {
    int[] box = boxes[label];
    if (box == null) {
      return new LabelSurfaces(new int[3], new boolean[0], new boolean[0]);
    }
    int[] extent = {box[3] - box[0], box[4] - box[1], box[5] - box[2]};
    return new LabelSurfaces(
        extent, surface(predicted, label, box, extent), surface(truth, label, box, extent));
  }

  /** Length of the volume's diagonal in the spacing's unit: no distance within is larger. */
  double diagonal(double[] spacing) {
    return Math.sqrt(
        IntStream.range(0, 3).mapToDouble(i -> size[i] * spacing[i] * size[i] * spacing[i]).sum());
  }

  /** Surface voxels of a class in its box, which holds all of it. */
  private boolean[] surface(byte[] labels, int label, int[] box, int[] extent) {
    boolean[] surface = new boolean[extent[0] * extent[1] * extent[2]];
    IntStream.range(0, extent[2])
        .parallel()
        .forEach(
            z -> {
              for (int y = 0; y < extent[1]; y++) {
                for (int x = 0; x < extent[0]; x++) {
                  surface[(z * extent[1] + y) * extent[0] + x] =
                      isSurface(labels, label, box[0] + x, box[1] + y, box[2] + z);
                }
              }
            });
    return surface;
  }

  private boolean isSurface(byte[] labels, int label, int x, int y, int z) {
    return is(labels, label, x, y, z)
        && !(is(labels, label, x - 1, y, z)
            && is(labels, label, x + 1, y, z)
            && is(labels, label, x, y - 1, z)
            && is(labels, label, x, y + 1, z)
            && is(labels, label, x, y, z - 1)
            && is(labels, label, x, y, z + 1));
  }

  private boolean is(byte[] labels, int label, int x, int y, int z) {
    return x >= 0 && x < size[0] && y >= 0 && y < size[1] && z >= 0 && z < size[2]
        && (labels[(z * size[1] + y) * size[0] + x] & 0xff) == label;
  }
}
