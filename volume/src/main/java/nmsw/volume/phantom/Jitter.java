package nmsw.volume.phantom;

import java.util.Random;

/** The draws that make one patient differ from the next; the order of the calls is part of the result. */
final class Jitter {
  private final Random random;

  Jitter(long seed) {
    random = new Random(seed * 0x9E3779B97F4A7C15L + 0x632BE59BD9B4E019L);
  }

  double between(double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  /** Within {@code spread} of the centre, values near it more often. */
  double around(double centre, double spread) {
    return centre + spread * (random.nextDouble() + random.nextDouble() - 1);
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  int index(int bound) {
    return random.nextInt(bound);
  }

  long seed() {
    return random.nextLong();
  }
}
