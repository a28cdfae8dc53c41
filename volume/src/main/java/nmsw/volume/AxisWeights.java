package nmsw.volume;

import java.util.Arrays;

/**
 * Resampling along one axis as a sparse matrix: the value at target t is the sum over i in 0..count[t]-1 of
 * {@code weight[offset[t] + i] * source[first[t] + i]}. A target outside the source has no entries.
 *
 * <p>The source is taken as the piecewise-linear function through its samples (constant from the outermost
 * samples to the edges of their area). Its average over a footprint centred on the target is integrated
 * exactly, so that any linear field is reproduced exactly, at irregular sample distances too; footprint 0 is
 * plain linear interpolation.
 */
final class AxisWeights {
  final int[] first;
  final int[] count;
  final int[] offset;
  private float[] weight = new float[256];
  private int used;

  /**
   * @param samples ascending positions of the source samples
   * @param low lower edge of the area of the first sample; what lies below is outside
   * @param high upper edge of the area of the last sample
   * @param start position of target 0, in the samples' unit
   * @param step from one target to the next; may be negative
   * @param width of the footprint
   */
  AxisWeights(double[] samples, double low, double high, double start, double step, int targets,
      double width) {
    first = new int[targets];
    count = new int[targets];
    offset = new int[targets];
    double tolerance = 1e-6 * (high - low) / samples.length;
    int near = 0;
    for (int t = 0; t < targets; t++) {
      offset[t] = used;
      double x = start + t * step;
      if (x < low - tolerance || x > high + tolerance) {
        continue;
      }
      double a = Math.max(low, x - width / 2);
      double b = Math.min(high, x + width / 2);
      while (near > 0 && samples[near] > a) {
        near--;
      }
      while (near + 1 < samples.length && samples[near + 1] <= a) {
        near++;
      }
      if (b - a <= tolerance) {
        interpolate(t, samples, near, x);
      } else {
        integrate(t, samples, near, a, b);
      }
    }
  }

  /**
   * The footprint for a target step over samples of a spacing: the box that widens a sample's own aperture to
   * that of a target voxel (variances of boxes add: step^2 - spacing^2). It vanishes where nothing is
   * down-sampled, without a jump.
   */
  static double footprint(double step, double spacing) {
    return Math.sqrt(Math.max(0, step * step - spacing * spacing));
  }

  float[] weights() {
    return weight;
  }

  private void interpolate(int t, double[] samples, int near, double x) {
    first[t] = near;
    if (near + 1 == samples.length || x <= samples[near]) {
      add(t, 1);
      return;
    }
    double f = Math.min(1, (x - samples[near]) / (samples[near + 1] - samples[near]));
    add(t, 1 - f);
    if (f > 0) {
      add(t, f);
    }
  }

  private void integrate(int t, double[] samples, int near, double a, double b) {
    int last = samples.length - 1;
    first[t] = near;
    double length = b - a;
    double carried = Math.max(0, Math.min(b, samples[0]) - a) / length;
    int j = near;
    for (; j < last && samples[j] < b; j++) {
      double gap = samples[j + 1] - samples[j];
      double u = Math.max(0, (a - samples[j]) / gap);
      double v = Math.min(1, (b - samples[j]) / gap);
      double upper = (v * v - u * u) / 2 * gap / length;
      add(t, carried + (v - u) * gap / length - upper);
      carried = upper;
    }
    if (j == last) {
      carried += Math.max(0, b - Math.max(a, samples[last])) / length;
    }
    add(t, carried);
  }

  private void add(int t, double w) {
    if (used == weight.length) {
      weight = Arrays.copyOf(weight, 2 * used);
    }
    weight[used++] = (float) w;
    count[t]++;
  }
}
