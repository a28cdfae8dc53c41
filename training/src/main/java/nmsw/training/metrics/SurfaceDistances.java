package nmsw.training.metrics;

import java.util.Arrays;

/**
 * Distances between the surfaces of a predicted and of a true mask, both ways. A mask's surface is what its erosion by the
 * cross of six neighbours takes away; outside the volume is background.
 *
 * <p>Where only one mask is empty, the distances of the other's surface are infinite; where both are, there are none.
 *
 * @param fromPrediction of each surface voxel of the prediction to the nearest of the truth, ascending
 * @param fromTruth of each surface voxel of the truth to the nearest of the prediction, ascending
 */
public record SurfaceDistances(double[] fromPrediction, double[] fromTruth) {
  private static final double PERCENTILE = 0.95;

  public SurfaceDistances {
    fromPrediction = fromPrediction.clone();
    fromTruth = fromTruth.clone();
    Arrays.sort(fromPrediction);
    Arrays.sort(fromTruth);
  }

  /** Whether both masks are empty, so that nothing can be said. */
  public boolean isEmpty() {
    return fromPrediction.length + fromTruth.length == 0;
  }

  /** Whether exactly one of the masks is empty: an organ missed, or one invented. */
  public boolean isOneSided() {
    return !isEmpty() && (fromPrediction.length == 0 || fromTruth.length == 0);
  }

  /**
   * Normalised surface distance: the share of both surfaces that lies within the tolerance of the other; 0 if one mask is
   * empty, NaN if both are.
   */
  public double nsd(double tolerance) {
    if (isEmpty()) {
      return Double.NaN;
    }
    int within = within(fromPrediction, tolerance) + within(fromTruth, tolerance);
    return (double) within / (fromPrediction.length + fromTruth.length);
  }

  /**
   * The larger of the 95th percentiles of both directions, interpolated linearly; infinite if one mask is empty, NaN if both
   * are.
   */
  public double hd95() {
    if (isEmpty() || isOneSided()) {
      return isEmpty() ? Double.NaN : Double.POSITIVE_INFINITY;
    }
    return Math.max(percentile(fromPrediction, PERCENTILE), percentile(fromTruth, PERCENTILE));
  }

  /** The 95th percentile of the distances of both directions together; otherwise as {@link #hd95()}. */
  public double pooledHd95() {
    if (isEmpty() || isOneSided()) {
      return hd95();
    }
    double[] all = Arrays.copyOf(fromPrediction, fromPrediction.length + fromTruth.length);
    System.arraycopy(fromTruth, 0, all, fromPrediction.length, fromTruth.length);
    Arrays.sort(all);
    return percentile(all, PERCENTILE);
  }

  private static int within(double[] ascending, double tolerance) {
    int low = 0;
    int high = ascending.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ascending[middle] <= tolerance) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static double percentile(double[] ascending, double share) {
    double rank = share * (ascending.length - 1);
    int below = (int) rank;
    double rest = rank - below;
    return rest == 0
        ? ascending[below]
        : ascending[below] + rest * (ascending[below + 1] - ascending[below]);
  }
}
