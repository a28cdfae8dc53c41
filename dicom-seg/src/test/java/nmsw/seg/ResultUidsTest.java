package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
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

  @Test
  void aResultIsKnownByWhatItSaysOfItself() {
    for (SegmentationFormat.Kind kind : SegmentationFormat.Kind.values()) {
      assertTrue(ResultUids.isResult(saying("1").putString(Tag.SOPInstanceUID, first.of(kind).sopInstanceUid())), kind.name());
    }
    assertFalse(ResultUids.isResult(saying("1").putString(Tag.SOPInstanceUID, "1.2.3")));
    assertFalse(ResultUids.isResult(saying("2").putString(Tag.SOPInstanceUID, first.sopInstanceUid())));
    assertFalse(ResultUids.isResult(new Dataset().putString(Tag.SOPInstanceUID, first.sopInstanceUid())));
  }

  private static Dataset saying(String version) {
    List<Dataset> images =
        List.of(
            new Dataset().putString(Tag.ReferencedSOPInstanceUID, "1.2.3.2"),
            new Dataset().putString(Tag.ReferencedSOPInstanceUID, "1.2.3.1"));
    Dataset algorithm =
        new Dataset().putString(Tag.AlgorithmName, "abdomen").putString(Tag.AlgorithmVersion, version);
    return new Dataset()
        .putItems(
            Tag.ReferencedSeriesSequence,
            List.of(
                new Dataset()
                    .putString(Tag.SeriesInstanceUID, "1.2.3")
                    .putItems(Tag.ReferencedInstanceSequence, images)))
        .putItems(
            Tag.SegmentSequence,
            List.of(
                new Dataset(),
                new Dataset().putItems(Tag.SegmentationAlgorithmIdentificationSequence, List.of(algorithm))));
  }
}
