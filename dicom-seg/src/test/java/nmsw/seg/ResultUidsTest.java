package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.Test;

class ResultUidsTest {
  private final ResultUids first = ResultUids.derive("1.2.3", List.of("1.2.3.1", "1.2.3.2"), "abdomen", "1");

  @Test
  void orderAndRepetitionOfInstancesDoNotMatter() {
    assertEquals(
        first, ResultUids.derive("1.2.3", List.of("1.2.3.2", "1.2.3.1", "1.2.3.2"), "abdomen", "1"));
  }

  @Test
  void whateverChangesGivesANewSeriesAndInstance() {
    for (ResultUids other :
        List.of(
            ResultUids.derive("1.2.4", List.of("1.2.3.1", "1.2.3.2"), "abdomen", "1"),
            ResultUids.derive("1.2.3", List.of("1.2.3.1"), "abdomen", "1"),
            ResultUids.derive("1.2.3", List.of("1.2.3.1", "1.2.3.2", "1.2.3.3"), "abdomen", "1"),
            ResultUids.derive("1.2.3", List.of("1.2.3.1", "1.2.3.2"), "thorax", "1"),
            ResultUids.derive("1.2.3", List.of("1.2.3.1", "1.2.3.2"), "abdomen", "2"),
            ResultUids.derive("1.2.3", List.of("1.2.3.1", "1.2.3.2"), "abdome", "n1"))) {
      assertNotEquals(first.seriesUid(), other.seriesUid());
      assertNotEquals(first.sopInstanceUid(), other.sopInstanceUid());
    }
    assertNotEquals(first.seriesUid(), first.sopInstanceUid());
    assertTrue(Uid.isValid(first.seriesUid()) && Uid.isValid(first.sopInstanceUid()));
  }
}
