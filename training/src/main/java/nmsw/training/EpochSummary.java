package nmsw.training;

import java.util.Locale;

/** One pass over the training cases, for the log. */
final class EpochSummary {
  private final int first;
  private double low;
  private double high;
  private double patch;
  private double entropy;
  private double total;
  private double rate;
  private double seconds;
  private double waited;
  private int steps;
  private int skipped;

  /**
   * @param first iteration that was done before it
   */
  EpochSummary(int first) {
    this.first = first;
  }

  /**
   * @param rate learning rate of the step
   * @param seconds of the whole step
   * @param wait seconds of these spent waiting for data
   */
  void add(NmswLoss.Terms terms, double rate, double seconds, double wait) {
    low += terms.low();
    high += terms.high();
    patch += terms.patch();
    entropy += terms.entropy();
    total += terms.total();
    this.rate = rate;
    this.seconds += seconds;
    waited += wait;
    steps++;
  }

  /** Counts a case that could not be used. */
  void skip() {
    skipped++;
  }

  /** Whether so many cases at least were visited and none of them could be used. */
  boolean hasOnlySkipped(int cases) {
    return steps == 0 && skipped >= cases;
  }

  /**
   * One line for people: the terms' means, the last learning rate.
   *
   * @param epoch counted from 1
   * @param last iteration of it
   */
  String text(int epoch, int last) {
    if (steps == 0) {
      return "epoch %d, iterations %d to %d: no step, %d cases skipped".formatted(epoch, first + 1, last, skipped);
    }
    return String.format(
        Locale.ROOT,
        "epoch %d, iterations %d to %d: low %.4f, high %.4f, patch %.4f, entropy %.3f, total %.4f, learning rate %.3e,"
            + " %.1f s, %.1f %% of them waiting for data, %d cases skipped",
        epoch,
        first + 1,
        last,
        low / steps,
        high / steps,
        patch / steps,
        entropy / steps,
        total / steps,
        rate,
        seconds,
        seconds > 0 ? 100 * waited / seconds : 0,
        skipped);
  }
}
