package nmsw.training.metrics;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * Interval of a statistic over patients by the percentile bootstrap (B. Efron, R. J. Tibshirani, An Introduction to the
 * Bootstrap, 1993, ch. 13): patients are drawn with replacement, the statistic is computed of each draw, and the middle share
 * of its values is the interval.
 *
 * @param lower NaN if no draw has a value
 * @param upper NaN if no draw has a value
 */
public record Bootstrap(double lower, double upper) {
  private static final int DRAWS = 2000;
  private static final double TAIL = 0.025;

  /**
   * The 95 % interval.
   *
   * @param patients number of patients, at least 1
   * @param statistic of the patients with these indices, which may repeat; NaN if it has no value there
   * @param seed the same seed gives the same interval
   */
  public static Bootstrap of(int patients, ToDoubleFunction<int[]> statistic, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[DRAWS];
    for (int i = 0; i < DRAWS; i++) {
      int[] draw = random.ints(patients, 0, patients).toArray();
      values[i] = statistic.applyAsDouble(draw);
    }
    double[] sorted = Arrays.stream(values).filter(value -> !Double.isNaN(value)).sorted().toArray();
    if (sorted.length == 0) {
      return new Bootstrap(Double.NaN, Double.NaN);
    }
    int tail = (int) (TAIL * sorted.length);
    return new Bootstrap(sorted[tail], sorted[sorted.length - 1 - tail]);
  }
}
