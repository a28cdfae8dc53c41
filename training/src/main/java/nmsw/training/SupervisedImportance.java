package nmsw.training;

import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.PatchGrid;

/**
 * Teaches the importance of patches from the labels (NMSW §15.3.3), beside the gradient that comes through the picks. With
 * p(c, v) the global network's probability of class c at the low-resolution voxel v, y(v) the true class there, and F(n) the
 * low-resolution voxels whose centres lie in patch n, and classes that were not annotated counted as background:
 *
 * <pre>
 * e(n) = sum over v in F(n) of 1 - p(y(v), v)       the errors in patch n, a constant to the gradient
 * q(n) = e(n) / sum over m of e(m)
 * L    = - sum over n of q(n) ln softmax(s)(n)      dL/ds(n) = softmax(s)(n) - q(n)
 * </pre>
 *
 * <p>L is smallest where s(n) = ln e(n) + constant. Then the K largest s are the K patches with the most errors, and those
 * that Gumbel noise picks are drawn in proportion to their errors. The logits s are not masked: errors of a cell without
 * foreground in the global labels are organs that were missed.
 */
final class SupervisedImportance {
  /** Of {@code L} in the total loss: its gradient is of the size of the other terms' there. */
  static final double WEIGHT = 0.1;

  private final double[] shares;

  /**
   * @param errors per patch, not negative; if all are 0 there is nothing to learn
   */
  SupervisedImportance(double[] errors) {
    double sum = 0;
    for (double error : errors) {
      sum += error;
    }
    shares = new double[errors.length];
    for (int n = 0; n < errors.length; n++) {
      shares[n] = sum > 0 ? errors[n] / sum : 0;
    }
  }

  /**
   * The errors e of all patches.
   *
   * @param logits (classes, x, y, z) at low resolution
   * @param labels true classes at low resolution
   * @param low size of {@code labels}, which spans the grid's volume
   * @param annotated of the logits' classes
   */
  static double[] errors(
      float[] logits, byte[] labels, Int3 low, PatchGrid grid, AnnotatedClasses annotated) {
    double[] sums = prefixSums(voxelErrors(logits, labels, annotated), low);
    double[] errors = new double[grid.cells()];
    for (int n = 0; n < errors.length; n++) {
      Int3 start = grid.start(n);
      int[] from = new int[3];
      int[] to = new int[3];
      for (int axis = 0; axis < 3; axis++) {
        double voxel = (double) grid.volume().get(axis) / low.get(axis);
        // Voxel v has its centre at (v + 0.5) * voxel - 0.5 in indices of the full resolution.
        from[axis] = (int) Math.ceil(start.get(axis) / voxel - 0.5);
        to[axis] = (int) Math.ceil((start.get(axis) + grid.patch().get(axis)) / voxel - 0.5);
      }
      // Rounding may leave a tiny negative rest where nothing is wrong.
      errors[n] = Math.max(0, boxSum(sums, low, from, to));
    }
    return errors;
  }

  private static double[] voxelErrors(
      float[] logits, byte[] labels, AnnotatedClasses annotated) {
    int voxels = labels.length;
    int classes = logits.length / voxels;
    double[] errors = new double[voxels];
    for (int v = 0; v < voxels; v++) {
      float max = logits[v];
      for (int c = 1; c < classes; c++) {
        max = Math.max(max, logits[c * voxels + v]);
      }
      double sum = 0;
      double right = 0;
      int truth = annotated.row(labels[v] & 0xff);
      for (int c = 0; c < classes; c++) {
        double share = Math.exp(logits[c * voxels + v] - max);
        sum += share;
        right += annotated.row(c) == truth ? share : 0;
      }
      errors[v] = 1 - right / sum;
    }
    return errors;
  }

  /** Sums over all voxels before (x, y, z), one longer than the volume on every axis. */
  private static double[] prefixSums(double[] values, Int3 size) {
    int strideY = size.z() + 1;
    int strideX = strideY * (size.y() + 1);
    double[] sums = new double[strideX * (size.x() + 1)];
    int voxel = 0;
    for (int x = 0; x < size.x(); x++) {
      for (int y = 0; y < size.y(); y++) {
        double row = 0;
        int at = (x + 1) * strideX + (y + 1) * strideY + 1;
        for (int z = 0; z < size.z(); z++, at++) {
          row += values[voxel++];
          sums[at] = row + sums[at - strideX] + sums[at - strideY] - sums[at - strideX - strideY];
        }
      }
    }
    return sums;
  }

  private static double boxSum(double[] sums, Int3 size, int[] from, int[] to) {
    int strideY = size.z() + 1;
    int strideX = strideY * (size.y() + 1);
    double sum = 0;
    for (int corner = 0; corner < 8; corner++) {
      int x = (corner & 1) == 0 ? from[0] : to[0];
      int y = (corner & 2) == 0 ? from[1] : to[1];
      int z = (corner & 4) == 0 ? from[2] : to[2];
      double value = sums[x * strideX + y * strideY + z];
      sum += Integer.bitCount(corner) % 2 == 1 ? value : -value;
    }
    return sum;
  }

  /**
   * @param logits s, one per patch
   */
  double loss(double[] logits) {
    double logSum = NmswLoss.logSum(logits);
    double loss = 0;
    for (int n = 0; n < logits.length; n++) {
      loss -= shares[n] * (logits[n] - logSum);
    }
    return loss;
  }

  /** Gradient of {@link #loss} with respect to the logits. */
  double[] gradient(double[] logits) {
    double logSum = NmswLoss.logSum(logits);
    double total = 0;
    for (double share : shares) {
      total += share;
    }
    double[] gradient = new double[logits.length];
    for (int n = 0; n < logits.length; n++) {
      gradient[n] = total * Math.exp(logits[n] - logSum) - shares[n];
    }
    return gradient;
  }
}
