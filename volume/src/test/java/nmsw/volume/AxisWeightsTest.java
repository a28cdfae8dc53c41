package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class AxisWeightsTest {
  @Property
  void weightsSumToOneAndKeepLinearFieldsAtAnySampleDistances(
      @ForAll @Size(min = 2, max = 12) List<@DoubleRange(min = 0.2, max = 6) Double> gaps,
      @ForAll @DoubleRange(min = 0.1, max = 9) double step,
      @ForAll boolean descending,
      @ForAll @DoubleRange(min = 0, max = 9) double width) {
    double[] samples = new double[gaps.size() + 1];
    for (int i = 0; i < gaps.size(); i++) {
      samples[i + 1] = samples[i] + gaps.get(i);
    }
    double low = -gaps.get(0) / 2;
    double high = samples[gaps.size()] + gaps.get(gaps.size() - 1) / 2;
    int targets = (int) Math.ceil((high - low) / step) + 4;
    double start = descending ? high + 1.5 * step : low - 1.5 * step;
    double signed = descending ? -step : step;
    AxisWeights w = new AxisWeights(samples, low, high, start, signed, targets, width);
    for (int t = 0; t < targets; t++) {
      double x = start + t * signed;
      double sum = 0;
      double moment = 0;
      for (int i = 0; i < w.count[t]; i++) {
        float weight = w.weights()[w.offset[t] + i];
        assertTrue(weight > -1e-6, "weight " + weight);
        sum += weight;
        moment += weight * samples[w.first[t] + i];
      }
      if (w.count[t] == 0) {
        assertTrue(x < low + 1e-5 || x > high - 1e-5, "no weights at " + x);
        continue;
      }
      assertEquals(1, sum, 1e-5);
      if (x - width / 2 >= 0 && x + width / 2 <= samples[gaps.size()]) {
        assertEquals(x, moment, 1e-4);
      }
    }
  }

  @Test
  void footprintVanishesWithoutAJump() {
    assertEquals(0, AxisWeights.footprint(0.5, 1));
    assertEquals(0, AxisWeights.footprint(1, 1));
    assertTrue(AxisWeights.footprint(1.001, 1) < 0.05);
    assertEquals(3, AxisWeights.footprint(-3, 0.01), 0.01);
  }
}
