package nmsw.training.report;

/**
 * One line of a chart.
 *
 * @param name for the legend
 * @param colour a CSS colour
 * @param dashes an SVG dash pattern, or {@code none}
 * @param x ascending
 * @param y one value per x, NaN where there is none
 */
record Curve(String name, String colour, String dashes, double[] x, double[] y) {
  Curve {
    if (x.length != y.length) {
      throw new IllegalArgumentException(x.length + " places for " + y.length + " values of " + name);
    }
  }

  /** The last value that there is; NaN without one. */
  double last() {
    for (int i = y.length - 1; i >= 0; i--) {
      if (!Double.isNaN(y[i])) {
        return y[i];
      }
    }
    return Double.NaN;
  }

  /**
   * Exponential moving average, without the pull of a first value: each is the mean of all so far, weighted by half as much per
   * {@code halfLife} steps back.
   */
  Curve smoothed(double halfLife) {
    double keep = Math.pow(0.5, 1 / halfLife);
    double[] smooth = new double[y.length];
    double sum = 0;
    double weight = 0;
    for (int i = 0; i < y.length; i++) {
      if (!Double.isNaN(y[i])) {
        sum = keep * sum + y[i];
        weight = keep * weight + 1;
      }
      smooth[i] = weight == 0 ? Double.NaN : sum / weight;
    }
    return new Curve(name, colour, dashes, x, smooth);
  }
}
