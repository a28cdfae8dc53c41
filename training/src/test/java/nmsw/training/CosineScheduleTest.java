package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class CosineScheduleTest {
  @Test
  void equalsGoldenRates() throws IOException {
    double[] expected =
        GoldenVectors.data(
            GoldenVectors.read("schedule.json").path("recommended_per_iteration_total_100"));
    CosineSchedule schedule = new CosineSchedule(3e-4, 100, 0.2);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], schedule.rate(i), 1e-15, "iteration " + i);
    }
  }

  @Test
  void worksWithoutWarmUp() {
    CosineSchedule schedule = new CosineSchedule(1, 4, 0);
    assertEquals(0.5, schedule.rate(1), 1e-12);
    assertEquals(0, schedule.rate(3), 1e-12);
    assertThrows(IllegalArgumentException.class, () -> new CosineSchedule(1, 4, 1));
  }
}
