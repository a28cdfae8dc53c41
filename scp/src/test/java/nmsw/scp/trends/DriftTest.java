package nmsw.scp.trends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class DriftTest {
  private static final double ALERT = 4;

  /** How values of organs may lie. */
  private enum Shape {
    NORMAL,
    LOG_NORMAL,
    /** Two protocols, or scanners, of which now one and now the other comes. */
    TWO_PEAKS,
    /** One in ten is anything. */
    OUTLIERS,
    FEW_VALUES;

    double draw(Random random) {
      return switch (this) {
        case NORMAL -> 1500 + 350 * random.nextGaussian();
        case LOG_NORMAL -> Math.exp(5 + 0.5 * random.nextGaussian());
        case TWO_PEAKS -> (random.nextBoolean() ? 100 : 200) + 10 * random.nextGaussian();
        case OUTLIERS -> random.nextInt(10) == 0 ? 1e6 * random.nextDouble() : 200 + 40 * random.nextGaussian();
        case FEW_VALUES -> random.nextInt(4);
      };
    }
  }

  private static double[] draw(Shape shape, int count, Random random) {
    return DoubleStream.generate(() -> shape.draw(random)).limit(count).toArray();
  }

  @Test
  void isTheRankSumTestWithATolerance() {
    Drift drift = Drift.of(new double[] {5, 2, 9}, new double[] {1, 2, 3, 4});
    // Larger in 4 + 1 + 4 pairs, equal in one.
    double share = 9.5 / 12;
    assertEquals((share - 0.5) / Math.sqrt(8 / (12.0 * 12) + 0.0009), drift.value(), 1e-12);
    assertEquals(new Drift(3, 4, 5, 2.5, drift.value()), drift);
    assertEquals(new Drift(0, 2, Double.NaN, 1.5, 0), Drift.of(new double[0], new double[] {1, 2}));
  }

  /** The rate that the documents state, at the fewest results that are compared as delivered. */
  @Test
  void whatIsOfOneDistributionIsAnAlertLessThanOnceInTenThousand() {
    Random random = new Random(11);
    int tries = 6000;
    int alerts = 0;
    for (Shape shape : Shape.values()) {
      for (int i = 0; i < tries; i++) {
        Drift drift = Drift.of(draw(shape, 30, random), draw(shape, 30 + random.nextInt(100), random));
        alerts += Math.abs(drift.value()) >= ALERT ? 1 : 0;
      }
    }
    assertTrue(alerts <= Shape.values().length * tries / 10_000, alerts + " alerts");
  }

  /** By one and a half standard deviations: drift is 7 then, give or take 0.6 (of 20000 seeds none below 4.3). */
  @Property(tries = 40)
  void aShiftIsAnAlertWhateverLiesFarOut(@ForAll int seed, @ForAll boolean up) {
    Random random = new Random(seed);
    double shift = up ? 60 : -60;
    double[] recent = Arrays.stream(draw(Shape.OUTLIERS, 150, random)).map(value -> value + shift).toArray();
    double drift = Drift.of(recent, draw(Shape.OUTLIERS, 600, random)).value();
    assertTrue(Math.signum(drift) == Math.signum(shift) && Math.abs(drift) >= ALERT, () -> Double.toString(drift));
  }

  /** However many there are. */
  @Property(tries = 10)
  void aSmallDifferenceIsNone(@ForAll int seed) {
    Random random = new Random(seed);
    double[] recent = Arrays.stream(draw(Shape.NORMAL, 5000, random)).map(value -> value + 0.25 * 350).toArray();
    assertTrue(Drift.of(recent, draw(Shape.NORMAL, 20_000, random)).value() < ALERT);
  }

  @Property(tries = 200)
  void orderAndScaleDoNotMatterAndSidesChangeTheSign(
      @ForAll @Size(min = 1, max = 60) List<@DoubleRange(min = -50, max = 50) Double> recent,
      @ForAll @Size(min = 1, max = 60) List<@DoubleRange(min = -50, max = 50) Double> reference) {
    double value = drift(recent, reference).value();
    assertEquals(-value, drift(reference, recent).value(), 1e-12);
    assertTrue(Math.abs(value) <= 0.5 / 0.03);
    Drift before = drift(recent, reference);
    Collections.reverse(recent);
    Collections.shuffle(reference, new Random(1));
    assertEquals(before, drift(recent, reference));
    List<Double> doubled = recent.stream().map(v -> 2 * v).toList();
    assertEquals(value, drift(doubled, reference.stream().map(v -> 2 * v).toList()).value(), 0);
  }

  private static Drift drift(List<Double> recent, List<Double> reference) {
    return Drift.of(
        recent.stream().mapToDouble(v -> v).toArray(), reference.stream().mapToDouble(v -> v).toArray());
  }
}
