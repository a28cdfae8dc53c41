package nmsw.training.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import nmsw.training.metrics.MetricTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromotionGateTest {
  @TempDir Path folder;

  /** Dice of the classes a and b in case one, then in case two; empty where a class does not count. */
  private MetricTable table(String... dice) throws IOException {
    StringBuilder csv =
        new StringBuilder(
            "case,class,dice,nsd_2mm,hd95_mm,compat_dice,compat_nsd_2voxels,compat_hd95_voxels\n");
    for (int i = 0; i < dice.length; i++) {
      String id = i < 2 ? "one" : "two";
      csv.append(id).append(i % 2 == 0 ? ",a," : ",b,").append(dice[i]).append(",1,0,,,\n");
    }
    Path file = folder.resolve("table.csv");
    Files.writeString(file, csv);
    return MetricTable.read(file);
  }

  private static final PromotionGate GATE = new PromotionGate(0.05);

  @Test
  void aBetterOrEqualModelPasses() throws IOException {
    MetricTable live = table("0.8", "0.7", "0.6", "0.9");
    assertTrue(GATE.decide(live, live).passed());
    PromotionGate.Decision decision = GATE.decide(live, table("0.9", "0.7", "0.7", "0.9"));
    assertEquals(List.of(), decision.objections());
    assertEquals(4, decision.report().lines().count(), decision.report());
    assertTrue(decision.report().contains("+0.100"), decision.report());
  }

  @Test
  void aLowerMeanIsRefused() throws IOException {
    PromotionGate.Decision decision =
        GATE.decide(table("0.8", "0.7", "0.6", "0.9"), table("0.79", "0.7", "0.6", "0.9"));
    assertEquals(List.of("the mean is 0.748 where the live model's is 0.750"), decision.objections());
  }

  @Test
  void aClassThatFallsTooFarIsNamedThoughTheMeanRises() throws IOException {
    PromotionGate.Decision decision =
        GATE.decide(table("0.5", "0.7", "0.5", "0.9"), table("0.9", "0.6", "0.9", "0.88"));
    assertEquals(
        List.of("b falls by 0.060 from 0.800; allowed are 0.050"), decision.objections());
    assertTrue(new PromotionGate(0.07).decide(
        table("0.5", "0.7", "0.5", "0.9"), table("0.9", "0.6", "0.9", "0.88")).passed());
  }

  @Test
  void aModelWithoutAnyOrganIsRefused() throws IOException {
    PromotionGate.Decision decision =
        GATE.decide(table("0.5", "0.7", "0.5", "0.9"), table("", "", "", ""));
    assertFalse(decision.passed());
    assertEquals(3, decision.objections().size(), decision.objections().toString());
  }

  @Test
  void otherCasesOrClassesCannotBeCompared() throws IOException {
    MetricTable two = table("0.8", "0.7", "0.6", "0.9");
    MetricTable one = table("0.8", "0.7");
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> GATE.decide(two, one));
    assertEquals("cases [one, two] cannot be compared with [one]", refusal.getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> GATE.decide(two, new MetricTable(List.of("a", "c"))));
    assertThrows(IllegalArgumentException.class, () -> new PromotionGate(-0.1));
  }
}
