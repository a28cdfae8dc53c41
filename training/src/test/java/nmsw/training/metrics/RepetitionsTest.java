package nmsw.training.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepetitionsTest {
  @TempDir private Path folder;

  private MetricTable table(double... dice) throws IOException {
    StringBuilder csv =
        new StringBuilder(
            "case,class,dice,nsd_2mm,hd95_mm,compat_dice,compat_nsd_2voxels,compat_hd95_voxels\n");
    for (int i = 0; i < dice.length; i++) {
      csv.append("p").append(i).append(",liver,").append(dice[i]).append(",1,0,1,1,0\n");
    }
    Path file = Files.createTempFile(folder, "table", ".csv");
    Files.writeString(file, csv);
    return MetricTable.read(file);
  }

  @Test
  void meansAreOverRepetitionsAndIntervalsOverCases() throws IOException {
    Repetitions two = new Repetitions(List.of(table(0.2, 0.4, 0.6), table(0.4, 0.6, 0.8)));
    assertEquals(0.5, two.mean(MetricRule.MILLIMETRES, Metric.DICE), 1e-12);
    Bootstrap interval = two.interval(MetricRule.MILLIMETRES, Metric.DICE);
    // The worst and the best patient, three times.
    assertEquals(0.3, interval.lower(), 1e-9);
    assertEquals(0.7, interval.upper(), 1e-9);
  }

  /** The patients differ much, the methods by the same in each: the interval of the difference has no width. */
  @Test
  void differencesAreTakenCaseByCase() throws IOException {
    Repetitions before = new Repetitions(List.of(table(0.1, 0.5, 0.8)));
    Repetitions after = new Repetitions(List.of(table(0.2, 0.6, 0.9), table(0.1, 0.5, 0.8)));
    Bootstrap difference = after.differenceTo(before, MetricRule.MILLIMETRES, Metric.DICE);
    assertEquals(0.05, difference.lower(), 1e-9);
    assertEquals(0.05, difference.upper(), 1e-9);
  }

  @Test
  void otherCasesAreRefused() throws IOException {
    MetricTable three = table(0.1, 0.2, 0.3);
    MetricTable two = table(0.1, 0.2);
    String said =
        assertThrows(IllegalArgumentException.class, () -> new Repetitions(List.of(three, two)))
            .getMessage();
    assertTrue(said.contains("p2"), said);
    Repetitions one = new Repetitions(List.of(three));
    Repetitions other = new Repetitions(List.of(two));
    assertThrows(
        IllegalArgumentException.class,
        () -> one.differenceTo(other, MetricRule.MILLIMETRES, Metric.DICE));
  }
}
