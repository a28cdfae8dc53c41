package nmsw.volume;

import java.util.List;

/**
 * Lays the grid that a network sees over a source: regular, at the network's spacing, its index axes running
 * to the patient's Right, Anterior and Superior as nearly as the source's own axes allow (NMSW §1.1 step 1).
 * The axes are those of the source, permuted and flipped but never rotated further, so that resampling stays
 * separable.
 */
public final class ModelGrid {
  /** Right, Anterior, Superior in patient coordinates (LPS). */
  private static final List<Vec3> RAS = List.of(new Vec3(-1, 0, 0), new Vec3(0, -1, 0), new Vec3(0, 0, 1));

  private static final int[][] PERMUTATIONS = {
    {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}
  };

  private ModelGrid() {}

  /**
   * The smallest grid that covers the pixel areas of all slices (half a slice distance beyond the first and
   * last; shifts of a tilted gantry included), centred on them.
   *
   * @param spacing mm along Right, Anterior, Superior
   * @throws IllegalArgumentException if the grid would hold more voxels than an array can
   */
  public static Grid forStack(SliceStack stack, Vec3 spacing) {
    Vec3[] axes = {stack.rowDirection(), stack.columnDirection(), stack.normal()};
    double[] low = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
    double[] high = {Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY};
    double[] halfPixel = {stack.columnSpacing() / 2, stack.rowSpacing() / 2, 0};
    double[] length = {
      (stack.columns() - 1) * stack.columnSpacing(), (stack.rows() - 1) * stack.rowSpacing(), 0
    };
    for (SliceStack.Slice slice : stack.slices()) {
      for (int a = 0; a < 3; a++) {
        double at = axes[a].dot(slice.position());
        low[a] = Math.min(low[a], at - halfPixel[a]);
        high[a] = Math.max(high[a], at + length[a] + halfPixel[a]);
      }
    }
    int n = stack.size();
    if (n > 1) {
      low[2] -= (stack.distance(1) - stack.distance(0)) / 2;
      high[2] += (stack.distance(n - 1) - stack.distance(n - 2)) / 2;
    }
    return cover(axes, low, high, spacing);
  }

  /**
   * As {@link #forStack}, for a volume that is already on a grid; a sheared grid is covered by an upright
   * one.
   */
  public static Grid forGrid(Grid source, Vec3 spacing) {
    Vec3 row = source.stepX().normalized();
    Vec3 normal = source.stepX().cross(source.stepY()).normalized();
    Vec3[] axes = {row, normal.cross(row), normal};
    double[] low = new double[3];
    double[] high = new double[3];
    for (int a = 0; a < 3; a++) {
      double origin = axes[a].dot(source.origin());
      low[a] = origin;
      high[a] = origin;
      int[] sizes = {source.nx(), source.ny(), source.nz()};
      Vec3[] steps = {source.stepX(), source.stepY(), source.stepZ()};
      for (int s = 0; s < 3; s++) {
        double step = axes[a].dot(steps[s]);
        low[a] += Math.min(-step / 2, (sizes[s] - 0.5) * step);
        high[a] += Math.max(-step / 2, (sizes[s] - 0.5) * step);
      }
    }
    return cover(axes, low, high, spacing);
  }

  private static Grid cover(Vec3[] axes, double[] low, double[] high, Vec3 spacing) {
    double[] mm = {spacing.x(), spacing.y(), spacing.z()};
    int[] permutation = nearestPermutation(axes);
    int[] size = new int[3];
    Vec3[] steps = new Vec3[3];
    Vec3 centre = Vec3.ZERO;
    for (int d = 0; d < 3; d++) {
      if (!(mm[d] > 0) || mm[d] > 1000) {
        throw new IllegalArgumentException("spacing of " + mm[d] + " mm");
      }
      int a = permutation[d];
      double extent = high[a] - low[a];
      double count = Math.max(1, Math.ceil(extent / mm[d] - 1e-4));
      if (!(count < Integer.MAX_VALUE)) {
        throw new IllegalArgumentException("an extent of " + extent + " mm at " + mm[d]
            + " mm spacing is no grid");
      }
      size[d] = (int) count;
      Vec3 direction = axes[a].times(Math.copySign(1, axes[a].dot(RAS.get(d))));
      steps[d] = direction.times(mm[d]);
      centre = centre.plus(axes[a].times((low[a] + high[a]) / 2));
    }
    Vec3 origin = centre;
    for (int d = 0; d < 3; d++) {
      origin = origin.minus(steps[d].times((size[d] - 1) / 2.0));
    }
    return new Grid(size[0], size[1], size[2], origin, steps[0], steps[1], steps[2]);
  }

  /**
   * Which source axis each of Right, Anterior, Superior takes: the assignment of largest summed |cosine|.
   * That sum is more than 1 for any frame but the aligned ones (where it is 3), so the flipped axes are
   * always right-handed again.
   */
  private static int[] nearestPermutation(Vec3[] axes) {
    int[] best = PERMUTATIONS[0];
    double bestSum = -1;
    for (int[] permutation : PERMUTATIONS) {
      double sum = 0;
      for (int d = 0; d < 3; d++) {
        sum += Math.abs(axes[permutation[d]].dot(RAS.get(d)));
      }
      if (sum > bestSum + 1e-9) {
        bestSum = sum;
        best = permutation;
      }
    }
    return best;
  }
}
