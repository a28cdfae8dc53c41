package nmsw.volume;

/**
 * The quadratic B-spline of one voxel, by which labels are weighed on their way back to slices: of three voxels of an
 * axis, the nearest one in the middle. Beyond the edge of a grid its outermost voxels stand.
 */
public final class QuadraticSpline {
  /** Voxels of an axis that have a weight. */
  public static final int TAPS = 3;

  /** Where a grid ends: half a voxel outside of its last one, but for rounding. */
  public static final double EDGE = 0.5 + 1e-6;

  private QuadraticSpline() {}

  /**
   * The voxel that a place on an axis is nearest to.
   *
   * @param at voxels from the first one's centre, no more than {@link #EDGE} outside
   * @param size of the axis
   */
  public static int nearest(double at, int size) {
    return Math.max(0, Math.min(size - 1, (int) (at + 0.5)));
  }

  /**
   * Sets the weights of a voxel's neighbour before it, of itself, and of the one behind it.
   *
   * @param beyond voxels from its centre; what is more than half a voxel counts as that
   */
  public static void weigh(double beyond, double[] weights) {
    double t = Math.max(-0.5, Math.min(0.5, beyond));
    weights[0] = (0.5 - t) * (0.5 - t) / 2;
    weights[1] = 0.75 - t * t;
    weights[2] = (0.5 + t) * (0.5 + t) / 2;
  }
}
