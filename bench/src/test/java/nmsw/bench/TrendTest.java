package nmsw.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrendTest {
  private static Trend of(int number, IntToDoubleFunction value) {
    return new Trend(
        IntStream.range(0, number).mapToDouble(i -> i / 60.0).toArray(),
        IntStream.range(0, number).mapToDouble(value).toArray());
  }

  @Test
  void aLineGrowsByItsSlope() {
    Trend line = of(31, i -> 100 + 0.5 * i);
    assertEquals(30, line.slope(), 1e-9);
    assertEquals(15, line.growth(), 1e-9);
    assertEquals(107.5, line.mean(), 1e-9);
    assertEquals(7.5, line.from(0.2501).growth(), 0.51);
    assertEquals(0, of(1, i -> 5).slope());
  }

  /** Garbage comes and goes; what is left when it is gone counts. */
  @Test
  void theFloorOfASawIsWhatStays() {
    Trend saw = of(120, i -> 50 + 0.1 * (i / 12) + i % 12);
    Trend floor = saw.floor(12);
    assertEquals(10, floor.values().length);
    assertArrayEquals(new double[] {50, 50.1, 50.2}, Arrays.copyOf(floor.values(), 3), 1e-9);
    assertEquals(0.9, floor.growth(), 1e-9);
  }
}
