package nmsw.training.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricTableTest {
  /** Ten voxels of 1.5 mm in a row. */
  private static final Grid GRID =
      new Grid(
          10, 1, 1, new Vec3(0, 0, 0), new Vec3(1.5, 0, 0), new Vec3(0, 2, 0), new Vec3(0, 0, 3));

  @TempDir Path folder;

  private static LabelVolume row(int... labels) {
    byte[] bytes = new byte[10];
    for (int i = 0; i < labels.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    return new LabelVolume(GRID, bytes);
  }

  private static MetricTable twoCases() {
    MetricTable table = new MetricTable(List.of("a", "b"));
    table.add("first", row(1, 1, 0, 0, 0, 2), row(1, 1, 0, 0, 0, 0, 0));
    table.add("second", row(0, 1), row(1, 0, 0, 2));
    return table;
  }

  @Test
  void distancesAreInMillimetresOrInVoxels() {
    MetricTable table = twoCases();
    assertEquals((0 + 1.5) / 2, table.mean(MetricRule.MILLIMETRES, Metric.HD95, 1), 1e-12);
    assertEquals((0 + 1.0) / 2, table.mean(MetricRule.COMPAT, Metric.HD95, 1), 1e-12);
    assertEquals(1, table.mean(MetricRule.MILLIMETRES, Metric.NSD, 1));
    assertEquals(0.5, table.mean(MetricRule.MILLIMETRES, Metric.DICE, 1));
  }

  /** Class b is invented in the first case and missed in the second. */
  @Test
  void theRulesDifferWhereAMaskIsEmpty() {
    MetricTable table = twoCases();
    double diagonal = Math.sqrt(15 * 15 + 2 * 2 + 3 * 3);
    assertEquals(2, table.cases(MetricRule.MILLIMETRES, Metric.DICE, 2));
    assertEquals(1, table.cases(MetricRule.COMPAT, Metric.DICE, 2));
    assertEquals(0, table.mean(MetricRule.MILLIMETRES, Metric.DICE, 2));
    assertEquals(diagonal, table.mean(MetricRule.MILLIMETRES, Metric.HD95, 2), 1e-12);
    assertEquals(0, table.cases(MetricRule.COMPAT, Metric.HD95, 2));
    assertTrue(Double.isNaN(table.mean(MetricRule.COMPAT, Metric.HD95, 2)));
    assertEquals(0, table.mean(MetricRule.COMPAT, Metric.NSD, 2));
    assertEquals(0.25, table.mean(MetricRule.MILLIMETRES, Metric.DICE));
    assertEquals(0.5, table.mean(MetricRule.COMPAT, Metric.HD95), 1e-12);
  }

  @Test
  void theIntervalIsThatOfTheCases() {
    MetricTable table = twoCases();
    Bootstrap interval = table.interval(MetricRule.MILLIMETRES, Metric.DICE, 1);
    assertEquals(new Bootstrap(0, 1), interval);
    assertEquals(interval, table.interval(MetricRule.MILLIMETRES, Metric.DICE, 1));
    Bootstrap mean = table.interval(MetricRule.MILLIMETRES, Metric.DICE);
    assertEquals(new Bootstrap(0, 0.5), mean);
  }

  /** The mean of 40 values of standard deviation 1: twice 1.96 times 1 / sqrt(40) wide. */
  @Test
  void theIntervalIsAsWideAsItShouldBe() {
    Random random = new Random(3);
    double[] values = random.doubles(40, -Math.sqrt(3), Math.sqrt(3)).toArray();
    Bootstrap interval =
        Bootstrap.of(
            40,
            draw -> Arrays.stream(draw).mapToDouble(i -> values[i]).average().orElseThrow(),
            7);
    assertEquals(2 * 1.96 / Math.sqrt(40), interval.upper() - interval.lower(), 0.1);
  }

  @Test
  void everyCaseAndClassIsALine() throws IOException {
    Path csv = folder.resolve("evaluation.csv");
    twoCases().write(csv);
    List<String> lines = Files.readAllLines(csv);
    assertEquals(5, lines.size());
    assertEquals("first,a,1.00000,1.00000,0.00000,1.00000,1.00000,0.00000", lines.get(1));
    assertEquals("first,b,0.00000,0.00000,15.42725,,0.00000,", lines.get(2));
  }

  @Test
  void whatWasWrittenIsReadAgain() throws IOException {
    Path csv = folder.resolve("evaluation.csv");
    MetricTable table = twoCases();
    table.write(csv);
    MetricTable read = MetricTable.read(csv);
    assertEquals(table.classes(), read.classes());
    assertEquals(table.ids(), read.ids());
    for (MetricRule rule : MetricRule.values()) {
      for (Metric metric : Metric.values()) {
        assertEquals(table.mean(rule, metric), read.mean(rule, metric), 1e-5);
        assertEquals(table.cases(rule, metric, 2), read.cases(rule, metric, 2));
      }
    }
  }

  /** Class b is found where it is said to be missing, but in the third case nobody looked for it. */
  @Test
  void whatWasNotAnnotatedIsNotMeasured() throws IOException {
    MetricTable table = twoCases();
    table.add("third", row(1, 1, 2, 2), row(1, 1), Set.of(2));
    assertEquals(2, table.cases(MetricRule.MILLIMETRES, Metric.DICE, 2));
    assertEquals("2, not annotated in 1", table.casesText(MetricRule.MILLIMETRES, 2));
    assertEquals("3", table.casesText(MetricRule.MILLIMETRES, 1));
    for (MetricRule rule : MetricRule.values()) {
      for (Metric metric : Metric.values()) {
        assertEquals(twoCases().mean(rule, metric, 2), table.mean(rule, metric, 2), metric + " by " + rule);
      }
    }
    assertEquals((1 + 0 + 1) / 3.0, table.mean(MetricRule.MILLIMETRES, Metric.DICE, 1), 1e-12);

    Path csv = folder.resolve("evaluation.csv");
    table.write(csv);
    assertEquals(
        "third,b" + ",not annotated".repeat(6), Files.readAllLines(csv).get(6));
    MetricTable read = MetricTable.read(csv);
    assertTrue(read.isOfSameTruthAs(table));
    assertEquals(table.mean(MetricRule.MILLIMETRES, Metric.HD95), read.mean(MetricRule.MILLIMETRES, Metric.HD95), 1e-5);

    MetricTable other = twoCases();
    other.add("third", row(1, 1, 2, 2), row(1, 1));
    assertFalse(other.isOfSameTruthAs(table));
    assertThrows(IllegalArgumentException.class, () -> new PairedComparison(table, other));
    Files.writeString(csv, Files.readString(csv).replaceFirst("not annotated", "1"));
    assertThrows(IOException.class, () -> MetricTable.read(csv));
  }

  @Test
  void anotherFileIsRefusedWithItsLine() throws IOException {
    Path csv = folder.resolve("evaluation.csv");
    twoCases().write(csv);
    List<String> lines = Files.readAllLines(csv);
    for (String damaged :
        List.of(
            "", "case,class\n", String.join("\n", lines.subList(0, 4)),
            String.join("\n", lines).replace("second,b", "second,c"),
            String.join("\n", lines).replace("15.42725", "far"),
            String.join("\n", lines) + "\nthird\n")) {
      Files.writeString(csv, damaged);
      IOException refusal = assertThrows(IOException.class, () -> MetricTable.read(csv));
      assertTrue(refusal.getMessage().startsWith(csv.toString()), refusal.getMessage());
    }
  }
}
