package nmsw.training.metrics;

import java.util.stream.IntStream;

/** Predicted and true labels of one case, compared class by class. */
public final class LabelComparison {
  private static final int LABELS = 256;

  private final int[] size;
  private final long[] predictedVoxels = new long[LABELS];
  private final long[] trueVoxels = new long[LABELS];
  private final long[] commonVoxels = new long[LABELS];
  private final SurfaceVoxels ofPrediction;
  private final SurfaceVoxels ofTruth;

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
    this.size = size.clone();
    count(predicted, truth);
    ofPrediction = new SurfaceVoxels(predicted, this.size);
    ofTruth = new SurfaceVoxels(truth, this.size);
  }

  private void count(byte[] predicted, byte[] truth) {
    for (int v = 0; v < truth.length; v++) {
      int p = predicted[v] & 0xff;
      int t = truth[v] & 0xff;
      predictedVoxels[p]++;
      trueVoxels[t]++;
      if (p == t) {
        commonVoxels[p]++;
      }
    }
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
    return new LabelSurfaces(size, ofPrediction.of(label), ofTruth.of(label));
  }

  /** Length of the volume's diagonal in the spacing's unit: no distance within is larger. */
  double diagonal(double[] spacing) {
    return Math.sqrt(
        IntStream.range(0, 3).mapToDouble(i -> size[i] * spacing[i] * size[i] * spacing[i]).sum());
  }
}
