package nmsw.training.report;

import java.util.stream.IntStream;

/** Which of many are shown where there is room for few. */
final class Thinning {
  private Thinning() {}

  /** At most {@code most} of the indices below {@code count}, the first and the last among them, evenly apart. */
  static int[] evenly(int count, int most) {
    if (count <= most) {
      return IntStream.range(0, count).toArray();
    }
    return IntStream.range(0, most).map(i -> (int) Math.round((double) i * (count - 1) / (most - 1))).toArray();
  }
}
