package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import nmsw.dicom.deid.DeidentificationKey;
import org.junit.jupiter.api.Test;

class SplitRuleTest {
  private static final DeidentificationKey KEY = key();

  private static DeidentificationKey key() {
    try {
      Path folder = Files.createTempDirectory("split");
      Path file = Importing.key(folder);
      DeidentificationKey key = DeidentificationKey.readOrCreate(file);
      Files.delete(file);
      Files.delete(folder);
      return key;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A rule knows nothing but the patient, so a set can grow in any order; only the borders may move a patient. */
  @Property
  void aPartOnlyGrowsWithItsFraction(
      @ForAll String patient,
      @ForAll @DoubleRange(min = 0, max = 1) double train,
      @ForAll @DoubleRange(min = 0, max = 1) double more) {
    double wider = train + more * (1 - train);
    Part before = new SplitRule(KEY, List.of(train, 0.0, 1 - train)).partOf(patient);
    Part after = new SplitRule(KEY, List.of(wider, 0.0, 1 - wider)).partOf(patient);
    assertEquals(before, new SplitRule(KEY, List.of(train, 0.0, 1 - train)).partOf(patient));
    assertTrue(before != Part.TRAIN || after == Part.TRAIN, before + " became " + after);
    assertTrue(before != Part.VALIDATION && after != Part.VALIDATION);
  }

  @Test
  void partsHaveTheirFractions() {
    SplitRule rule = new SplitRule(KEY, List.of(0.7, 0.1, 0.2));
    Map<Part, Integer> counts = new EnumMap<>(Part.class);
    for (int n = 0; n < 10_000; n++) {
      counts.merge(rule.partOf("patient-" + n), 1, Integer::sum);
    }
    // Six standard deviations of a binomial; the key is fixed.
    assertEquals(7000, counts.get(Part.TRAIN), 275);
    assertEquals(1000, counts.get(Part.VALIDATION), 180);
    assertEquals(2000, counts.get(Part.TEST), 240);
  }
}
