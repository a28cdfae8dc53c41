package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.volume.RegionStatistics;
import nmsw.volume.SliceLabels;
import org.junit.jupiter.api.Test;

class MeasurementReportTest {
  private static final CtFixture CT = CtFixture.axial(18, 14, 6);
  private final MeasuredSeries series = MeasuredSeries.of(CT, CT.boxes(), 7);

  /** The items below one, with the meanings of their concept names, in their order. */
  private static List<Dataset> named(Dataset item, String meaning) {
    return item.items(Tag.ContentSequence).stream().filter(child -> name(child).equals(meaning)).toList();
  }

  private static Dataset only(Dataset item, String meaning) {
    List<Dataset> found = named(item, meaning);
    assertEquals(1, found.size(), meaning);
    return found.get(0);
  }

  private static String name(Dataset item) {
    return item.item(Tag.ConceptNameCodeSequence).flatMap(code -> code.string(Tag.CodeMeaning)).orElse("");
  }

  private static String code(Dataset item) {
    Dataset code = item.item(Tag.ConceptCodeSequence).orElseThrow();
    return code.string(Tag.CodingSchemeDesignator).orElseThrow() + " " + code.string(Tag.CodeValue).orElseThrow();
  }

  private static String number(Dataset item) throws Exception {
    Dataset value = item.item(Tag.MeasuredValueSequence).orElseThrow();
    Dataset unit = value.item(Tag.MeasurementUnitsCodeSequence).orElseThrow();
    return value.requireString(Tag.NumericValue) + " " + unit.requireString(Tag.CodeValue);
  }

  @Test
  void isADocumentOfItsOwnInTheStudyOfTheSource() throws Exception {
    Dataset report = series.report();
    assertEquals(Uid.Comprehensive3DSRStorage, report.requireString(Tag.SOPClassUID));
    assertEquals("SR", report.requireString(Tag.Modality));
    Dataset source = CT.slice(0);
    for (int tag : new int[] {Tag.StudyInstanceUID, Tag.PatientName, Tag.PatientID, Tag.AccessionNumber, Tag.StudyDate}) {
      assertEquals(source.string(tag), report.string(tag));
    }
    Set<String> uids = new TreeSet<>();
    for (ResultUids result : List.of(CT.uids(), CT.uids().of("report"), CT.uids().of("preview"))) {
      uids.add(result.seriesUid());
      uids.add(result.sopInstanceUid());
    }
    assertEquals(6, uids.size());
    assertEquals(CT.uids().of("report").sopInstanceUid(), report.requireString(Tag.SOPInstanceUID));
    assertEquals("Imaging Measurement Report", name(report));
    assertEquals("1500", report.item(Tag.ContentTemplateSequence).orElseThrow().requireString(Tag.TemplateIdentifier));
    assertArrayEquals(bytes(report), bytes(series.report()), "a second run gives the same bytes");
  }

  private static byte[] bytes(Dataset dataset) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeDataset(out, dataset, TransferSyntax.EXPLICIT_LE);
    return out.toByteArray();
  }

  @Test
  void everyOrganWithASegmentIsAGroupOfMeasurements() throws Exception {
    Dataset measurements = only(series.report(), "Imaging Measurements");
    assertEquals("NMSW-Net abdomen", only(measurements, "Algorithm Name").requireString(Tag.TextValue));
    List<Dataset> groups = named(measurements, "Measurement Group");
    assertEquals(3, groups.size());

    Dataset kidney = groups.get(1);
    assertEquals("kidney_right", only(kidney, "Tracking Identifier").requireString(Tag.TextValue));
    Dataset segmentation = series.segmentation().dataset().orElseThrow();
    Dataset segment = segmentation.items(Tag.SegmentSequence).get(1);
    assertEquals(
        segment.requireString(Tag.TrackingUID), only(kidney, "Tracking Unique Identifier").requireString(Tag.UID));
    Dataset reference = only(kidney, "Referenced Segment").item(Tag.ReferencedSOPSequence).orElseThrow();
    assertEquals(segmentation.string(Tag.SOPInstanceUID), reference.string(Tag.ReferencedSOPInstanceUID));
    assertEquals(2, reference.requireInt(Tag.ReferencedSegmentNumber));
    assertEquals(CtFixture.SERIES, only(kidney, "Source series for segmentation").requireString(Tag.UID));
    assertEquals("SCT 123037004", code(only(kidney, "Finding category")));
    assertEquals("SCT 64033007", code(only(kidney, "Finding")));
    Dataset site = only(kidney, "Finding Site");
    assertEquals("SCT 64033007", code(site));
    assertEquals("SCT 24028007", code(only(site, "Laterality")));

    RegionStatistics.Region region = series.statistics().region(2);
    assertEquals(Math.round(region.millilitres() * 1000) / 1000.0 + " ml", number(only(kidney, "Volume")));
    List<Dataset> attenuation = named(kidney, "Attenuation Coefficient");
    assertEquals("SCT 373098007", code(only(attenuation.get(0), "Derivation")));
    assertEquals(Math.round(region.mean() * 100) / 100.0 + " [hnsf'U]", number(attenuation.get(0)));
    assertEquals("SCT 386136009", code(only(attenuation.get(1), "Derivation")));
    assertEquals(
        Math.round(region.standardDeviation() * 100) / 100.0 + " [hnsf'U]", number(attenuation.get(1)));
  }

  @Test
  void organsThatWereNotFoundAreSaidSo() throws Exception {
    List<Dataset> absent =
        only(series.report(), "Qualitative Evaluations").items(Tag.ContentSequence).stream()
            .filter(item -> item.string(Tag.RelationshipType).equals(Optional.of("CONTAINS")))
            .toList();
    assertEquals(1, absent.size());
    assertEquals("Rib", name(absent.get(0)));
    assertEquals("SCT 260415000", code(absent.get(0)));
    assertEquals("SCT 24028007", code(only(absent.get(0), "Laterality")));
    Dataset site = only(absent.get(0), "Finding Site");
    assertEquals("SCT 51185008", code(site));
    assertEquals("SCT 24028007", code(only(site, "Laterality")));
  }

  @Test
  void whereNothingWasFoundItSpeaksOfNoSegmentation() throws Exception {
    List<byte[]> blank = CT.boxes().labels().stream().map(slice -> new byte[slice.length]).toList();
    Dataset report = MeasuredSeries.of(CT, new SliceLabels(CT.stack(), blank), 7).report();
    assertTrue(named(report, "Imaging Measurements").isEmpty());
    assertEquals(4, only(report, "Qualitative Evaluations").items(Tag.ContentSequence).stream()
        .filter(item -> item.string(Tag.RelationshipType).equals(Optional.of("CONTAINS"))).count());
    assertEquals(referenced(report), evidence(report));
  }

  /** PS3.3 §C.17.2.3: the evidence lists what the content refers to, and nothing else. */
  @Test
  void theEvidenceIsWhatTheContentRefersTo() throws Exception {
    Dataset report = series.report();
    assertEquals(referenced(report), evidence(report));
    assertEquals(CT.slices() + 1, evidence(report).size());
  }

  private static Set<String> referenced(Dataset item) {
    Set<String> uids = new TreeSet<>();
    item.items(Tag.ReferencedSOPSequence)
        .forEach(reference -> uids.add(reference.string(Tag.ReferencedSOPInstanceUID).orElseThrow()));
    item.items(Tag.ContentSequence).forEach(child -> uids.addAll(referenced(child)));
    return uids;
  }

  private static Set<String> evidence(Dataset report) {
    List<String> uids = new ArrayList<>();
    for (Dataset study : report.items(Tag.CurrentRequestedProcedureEvidenceSequence)) {
      for (Dataset series : study.items(Tag.ReferencedSeriesSequence)) {
        series.items(Tag.ReferencedSOPSequence)
            .forEach(reference -> uids.add(reference.string(Tag.ReferencedSOPInstanceUID).orElseThrow()));
      }
    }
    assertEquals(uids.size(), Set.copyOf(uids).size());
    return new TreeSet<>(uids);
  }

  /** Each kind of segmentation has its own instance, and so has the report that refers to it. */
  @Test
  void refersToTheKindOfSegmentationThatItIsGiven() throws Exception {
    WrittenSegmentation labelmap = series.segmentation(new SegmentationFormat(Kind.LABELMAP, Compression.DEFLATED));
    Dataset report = series.report(labelmap);
    Dataset seg = labelmap.attributes().orElseThrow();
    Dataset group = named(only(report, "Imaging Measurements"), "Measurement Group").get(2);
    Dataset reference = only(group, "Referenced Segment").item(Tag.ReferencedSOPSequence).orElseThrow();
    assertEquals(Uid.LabelMapSegmentationStorage, reference.requireString(Tag.ReferencedSOPClassUID));
    assertEquals(seg.string(Tag.SOPInstanceUID), reference.string(Tag.ReferencedSOPInstanceUID));
    assertEquals(3, reference.requireInt(Tag.ReferencedSegmentNumber));
    assertEquals("liver", only(group, "Tracking Identifier").requireString(Tag.TextValue));
    assertNotEquals(series.report().string(Tag.SOPInstanceUID), report.string(Tag.SOPInstanceUID));
    assertNotEquals(series.report().string(Tag.SeriesInstanceUID), report.string(Tag.SeriesInstanceUID));
  }

  @Test
  void anOrganWithoutItsSegmentIsRefused() throws Exception {
    List<byte[]> blank = CT.boxes().labels().stream().map(slice -> new byte[slice.length]).toList();
    WrittenSegmentation nothing = MeasuredSeries.of(CT, new SliceLabels(CT.stack(), blank), 7).segmentation();
    assertThrows(IllegalArgumentException.class, () -> series.report(nothing));
  }
}
