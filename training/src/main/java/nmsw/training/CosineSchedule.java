package nmsw.training;

/**
 * Learning rate per iteration: linear up to the peak over the first part, then half a cosine down to zero (NMSW §9,
 * recommended). The first iteration's rate is above zero, the last one's is zero.
 *
 * @param peak highest rate
 * @param iterations length of the run
 * @param warmUp share of the run that warms up, in [0, 1)
 */
public record CosineSchedule(double peak, int iterations, double warmUp) {
  public CosineSchedule {
    if (!(peak > 0) || iterations < 1 || !(warmUp >= 0 && warmUp < 1)) {
      throw new IllegalArgumentException(
          "schedule of peak " + peak + ", " + iterations + " iterations, warm-up " + warmUp);
    }
  }

  /** Rate of this iteration, counted from 0. */
  public double rate(int iteration) {
    long warm = Math.round(warmUp * iterations);
    int done = iteration + 1;
    if (done <= warm) {
      return peak * done / warm;
    }
    double progress = (double) (done - warm) / (iterations - warm);
    return peak * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
  }
}
