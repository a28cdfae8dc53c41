package nmsw.training.metrics;

/**
 * One class of one case; NaN where a {@link MetricRule} does not count it.
 *
 * @param dice Dice similarity coefficient
 * @param nsd normalised surface distance
 * @param hd95 95th percentile of the Hausdorff distance, in the rule's unit
 */
public record ClassMetrics(double dice, double nsd, double hd95) {
  /** Of a class that is not measured. */
  static final ClassMetrics NONE = new ClassMetrics(Double.NaN, Double.NaN, Double.NaN);
}
