package nmsw.training.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class CurveTest {
  private static Curve curve(double... y) {
    double[] x = new double[y.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = i;
    }
    return new Curve("loss", "red", "none", x, y);
  }

  @Test
  void aConstantStaysWhatItIs() {
    assertArrayEquals(new double[] {3, 3, 3}, curve(3, 3, 3).smoothed(1).y(), 1e-12);
  }

  /** With a half-life of one step the weights are 1, 1/2, 1/4. */
  @Test
  void eachStepBackCountsHalf() {
    assertArrayEquals(
        new double[] {4, 2 / 1.5 * 1, (8 + 0.25 * 4) / 1.75}, curve(4, 0, 8).smoothed(1).y(), 1e-12);
  }

  @Test
  void whatIsMissingIsLeftOut() {
    assertArrayEquals(
        new double[] {Double.NaN, 2, 2}, curve(Double.NaN, 2, Double.NaN).smoothed(5).y(), 1e-12);
    assertEquals(2, curve(1, 2, Double.NaN).last());
    assertEquals(Double.NaN, curve().last());
  }
}
