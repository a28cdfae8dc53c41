package nmsw.training.metrics;

/** Which of the usual definitions the metrics follow (NMSW §13). */
public enum MetricRule {
  /**
   * Distances in voxels, a tolerance of 2 voxels; where a truth is empty, Dice is NaN, and where only one mask is empty so is
   * HD95: an organ that was missed does not count there.
   */
  COMPAT,
  /**
   * Distances in millimetres, a tolerance of 2 mm. Where both masks are empty nothing is counted; where one is, Dice and NSD
   * are 0 and HD95 is the diagonal of the volume.
   */
  MILLIMETRES;

  private static final double TOLERANCE = 2;
  private static final double[] VOXELS = {1, 1, 1};

  /**
   * @param surfaces of the class in this comparison
   * @param label not 0, the background
   * @param spacing of the voxels along x, y and z in millimetres
   */
  ClassMetrics measure(
      LabelComparison comparison, LabelSurfaces surfaces, int label, double[] spacing) {
    SurfaceDistances distances = surfaces.distances(this == COMPAT ? VOXELS : spacing);
    double hd95 = distances.hd95();
    if (this == COMPAT) {
      double finite = Double.isInfinite(hd95) ? Double.NaN : hd95;
      return new ClassMetrics(comparison.dice(label), distances.nsd(TOLERANCE), finite);
    }
    double dice = distances.isOneSided() ? 0 : comparison.dice(label);
    double bounded = distances.isOneSided() ? comparison.diagonal(spacing) : hd95;
    return new ClassMetrics(dice, distances.nsd(TOLERANCE), bounded);
  }
}
