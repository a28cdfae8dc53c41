package nmsw.bench;

import java.util.Arrays;

/**
 * How one figure of a process went over time.
 *
 * @param hours when it was read, since the start
 * @param values what was read
 */
record Trend(double[] hours, double[] values) {

  /** What was read at and after some time. */
  Trend from(double hour) {
    int first = 0;
    while (first < hours.length && hours[first] < hour) {
      first++;
    }
    return new Trend(
        Arrays.copyOfRange(hours, first, hours.length), Arrays.copyOfRange(values, first, values.length));
  }

  /** The least of each window of so many readings: what is left of a saw whose teeth are garbage. */
  Trend floor(int window) {
    int number = values.length / window;
    double[] times = new double[number];
    double[] least = new double[number];
    for (int i = 0; i < number; i++) {
      times[i] = Arrays.stream(hours, i * window, (i + 1) * window).average().orElseThrow();
      least[i] = Arrays.stream(values, i * window, (i + 1) * window).min().orElseThrow();
    }
    return new Trend(times, least);
  }

  double mean() {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  double max() {
    return Arrays.stream(values).max().orElse(Double.NaN);
  }

  /** Growth an hour, of the straight line that fits best; 0 for fewer than two readings. */
  double slope() {
    double meanHour = Arrays.stream(hours).average().orElse(0);
    double mean = mean();
    double covariance = 0;
    double variance = 0;
    for (int i = 0; i < values.length; i++) {
      covariance += (hours[i] - meanHour) * (values[i] - mean);
      variance += (hours[i] - meanHour) * (hours[i] - meanHour);
    }
    return variance == 0 ? 0 : covariance / variance;
  }

  /** What that line grows from the first reading to the last. */
  double growth() {
    return values.length < 2 ? 0 : slope() * (hours[hours.length - 1] - hours[0]);
  }
}
