package nmsw.seg;

import static nmsw.seg.CtFixture.TABLE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.WideSliceLabels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SegmentationWriterTest {
  private final CtFixture ct =
      new CtFixture(24, 31, 9, "0.703125", "0.810547", CtFixture.AXIAL);

  @Test
  void absentClassesAreLeftOutAndNumbersHaveNoGaps() throws Exception {
    WrittenSegmentation written = ct.write(ct.boxes());
    assertEquals(List.of("spleen", "kidney_right", "liver"), names(written.segments()));
    assertEquals(List.of("rib_right_1"), names(written.absent()));
    List<Dataset> segments = written.dataset().orElseThrow().items(Tag.SegmentSequence);
    assertEquals(
        List.of(1, 2, 3), segments.stream().map(s -> s.integer(Tag.SegmentNumber).orElse(0)).toList());
    assertEquals("liver", segments.get(2).requireString(Tag.SegmentLabel));
  }

  @Test
  void nothingFoundGivesNoObject() throws Exception {
    WrittenSegmentation written =
        ct.write(new SliceLabels(ct.stack(), Collections.nCopies(9, new byte[24 * 31])));
    assertTrue(written.dataset().isEmpty());
    assertEquals(TABLE.classes(), written.absent());
  }

  @Test
  void framesFollowSegmentBySegmentSlicesAscendingAndNoneIsEmpty() throws Exception {
    Dataset dataset = ct.write(ct.boxes()).dataset().orElseThrow();
    List<String> order = new ArrayList<>();
    for (Dataset groups : dataset.items(Tag.PerFrameFunctionalGroupsSequence)) {
      double[] index = groups.items(Tag.FrameContentSequence).get(0).numbers(Tag.DimensionIndexValues);
      Dataset image =
          groups.items(Tag.DerivationImageSequence).get(0).items(Tag.SourceImageSequence).get(0);
      int slice = sliceOf(image.requireString(Tag.ReferencedSOPInstanceUID));
      assertArrayEquals(
          ct.slice(slice).numbers(Tag.ImagePositionPatient),
          groups.items(Tag.PlanePositionSequence).get(0).numbers(Tag.ImagePositionPatient));
      assertEquals(
          (int) index[0],
          groups.items(Tag.SegmentIdentificationSequence).get(0).requireInt(Tag.ReferencedSegmentNumber));
      assertEquals(slice + 1, (int) index[1]);
      order.add((int) index[0] + ":" + slice);
    }
    assertEquals(
        List.of(
            "1:0", "1:1", "1:2", "1:3",
            "2:3", "2:4", "2:5", "2:6", "2:7", "2:8",
            "3:1", "3:2", "3:3", "3:4", "3:5", "3:6", "3:7"),
        order);
    assertEquals(order.size(), dataset.requireInt(Tag.NumberOfFrames));
    Segmentation read = SegmentationReader.read(dataset);
    for (SegmentationFrame frame : read.frames()) {
      assertFalse(read.mask(frame).isEmpty());
    }
  }

  @Test
  void aLabelMapHasAFramePerSliceAndDescribesItsBackground() throws Exception {
    Dataset dataset =
        ct.write(ct.boxes(), new SegmentationFormat(Kind.LABELMAP, Compression.NONE)).dataset().orElseThrow();
    assertEquals(Uid.LabelMapSegmentationStorage, dataset.requireString(Tag.SOPClassUID));
    assertEquals("LABELMAP", dataset.requireString(Tag.SegmentationType));
    assertEquals(8, dataset.requireInt(Tag.BitsAllocated));
    assertEquals(0, dataset.requireInt(Tag.PixelPaddingValue));
    assertEquals("NO", dataset.requireString(Tag.SegmentsOverlap));
    List<Dataset> segments = dataset.items(Tag.SegmentSequence);
    assertEquals(
        List.of("Background", "spleen", "kidney right", "liver"),
        segments.stream().map(s -> s.string(Tag.SegmentLabel).orElse("")).toList());
    assertEquals(
        List.of(0, 1, 2, 3), segments.stream().map(s -> s.integer(Tag.SegmentNumber).orElse(-1)).toList());
    assertEquals(1, dataset.items(Tag.DimensionIndexSequence).size());
    List<Dataset> frames = dataset.items(Tag.PerFrameFunctionalGroupsSequence);
    assertEquals(9, frames.size());
    for (int k = 0; k < 9; k++) {
      assertFalse(frames.get(k).contains(Tag.SegmentIdentificationSequence));
      assertArrayEquals(
          new double[] {k + 1},
          frames.get(k).items(Tag.FrameContentSequence).get(0).numbers(Tag.DimensionIndexValues));
    }
    int liver = 2 * 24 * 31 + 31 - 1;
    assertEquals(3, dataset.bytes(Tag.PixelData)[liver]);
  }

  @ParameterizedTest
  @CsvSource({"255, LABELMAP, 8", "256, LABELMAP, 16", "300, LABELMAP, 16", "5, LABELMAP16, 16"})
  void aLabelMapHasTwoBytesAPixelForMoreThan255SegmentsAndOnRequest(int classes, Kind kind, int bits)
      throws Exception {
    LabelTable many = CtFixture.manyClasses(classes);
    WideSliceLabels labels = ct.scattered(many, classes);
    Dataset dataset =
        ct.write(labels, many, new SegmentationFormat(kind, Compression.NONE)).dataset().orElseThrow();
    assertEquals("LABELMAP", dataset.requireString(Tag.SegmentationType));
    assertEquals(bits, dataset.requireInt(Tag.BitsAllocated));
    assertEquals(bits, dataset.requireInt(Tag.BitsStored));
    assertEquals(bits - 1, dataset.requireInt(Tag.HighBit));
    assertEquals(bits == 8 ? VR.OB : VR.OW, dataset.get(Tag.PixelData).vr());
    assertEquals(classes + 1, dataset.items(Tag.SegmentSequence).size());
    ByteBuffer pixels = ByteBuffer.wrap(dataset.bytes(Tag.PixelData)).order(ByteOrder.LITTLE_ENDIAN);
    for (char[] slice : labels.labels()) {
      boolean blank = new String(slice).chars().allMatch(label -> label == 0);
      for (int i = 0; i < slice.length && !blank; i++) {
        assertEquals(slice[i] / 3, bits == 8 ? pixels.get() & 0xFF : pixels.getShort() & 0xFFFF);
      }
    }
  }

  @Test
  void fractionsOfMoreThan255ClassesAreRefused() {
    LabelTable many = CtFixture.manyClasses(300);
    SegmentationFormat fractional = new SegmentationFormat(Kind.FRACTIONAL, Compression.NONE);
    var refusal =
        assertThrows(
            IllegalArgumentException.class, () -> ct.write(ct.scattered(many, 1), many, fractional));
    assertTrue(refusal.getMessage().contains("needs fractions"), refusal.getMessage());
  }

  @Test
  void fractionsAreProbabilitiesOfTheOrgansThatWereFound() throws Exception {
    SegmentFractions everywhere =
        (label, slice) -> {
          byte[] half = new byte[24 * 31];
          half[slice] = (byte) 128;
          return slice < 2 ? Optional.of(half) : Optional.empty();
        };
    WrittenSegmentation written =
        ct.write(ct.boxes(), everywhere, new SegmentationFormat(Kind.FRACTIONAL, Compression.NONE));
    assertEquals(List.of("spleen", "kidney_right", "liver"), names(written.segments()));
    Dataset dataset = written.dataset().orElseThrow();
    assertEquals("FRACTIONAL", dataset.requireString(Tag.SegmentationType));
    assertEquals("PROBABILITY", dataset.requireString(Tag.SegmentationFractionalType));
    assertEquals(255, dataset.requireInt(Tag.MaximumFractionalValue));
    assertEquals("YES", dataset.requireString(Tag.SegmentsOverlap));
    assertEquals(6, dataset.requireInt(Tag.NumberOfFrames));
    assertEquals((byte) 128, dataset.bytes(Tag.PixelData)[0]);
    assertEquals((byte) 128, dataset.bytes(Tag.PixelData)[24 * 31 + 1]);
  }

  @Test
  void eachKindIsAnInstanceOfItsOwnHoweverItIsCompressed() throws Exception {
    Set<String> instances = new HashSet<>();
    Set<String> series = new HashSet<>();
    for (Kind kind : Kind.values()) {
      for (Compression compression : Compression.values()) {
        Dataset attributes =
            ct.write(ct.boxes(), new SegmentationFormat(kind, compression)).attributes().orElseThrow();
        instances.add(attributes.requireString(Tag.SOPInstanceUID));
        series.add(attributes.requireString(Tag.SeriesInstanceUID));
      }
    }
    assertEquals(Kind.values().length, instances.size());
    assertEquals(Kind.values().length, series.size());
    assertTrue(instances.contains(ct.uids().sopInstanceUid()));
  }

  @Test
  void refusesAnOrganWithoutAFraction() {
    SegmentationFormat fractional = new SegmentationFormat(Kind.FRACTIONAL, Compression.NONE);
    SegmentFractions allButLiver =
        (label, slice) -> label == 200 ? Optional.empty() : Optional.of(new byte[] {1});
    var refusal =
        assertThrows(IllegalArgumentException.class, () -> ct.write(ct.boxes(), allButLiver, fractional));
    assertTrue(refusal.getMessage().contains("liver"), refusal.getMessage());
  }

  @Test
  void refusesFractionsOfAnotherMatrix() {
    SegmentationFormat fractional = new SegmentationFormat(Kind.FRACTIONAL, Compression.NONE);
    assertThrows(
        IllegalArgumentException.class,
        () -> ct.write(ct.boxes(), (label, slice) -> Optional.of(new byte[] {1}), fractional).dataset());
  }

  @Test
  void positionIndicesCountOnlyPlanesWithAFrame() throws Exception {
    List<byte[]> labels = new ArrayList<>();
    for (int k = 0; k < 9; k++) {
      labels.add(new byte[24 * 31]);
    }
    labels.get(2)[5] = 1;
    labels.get(7)[5] = 2;
    Dataset dataset = ct.write(new SliceLabels(ct.stack(), labels)).dataset().orElseThrow();
    List<Dataset> frames = dataset.items(Tag.PerFrameFunctionalGroupsSequence);
    assertArrayEquals(
        new double[] {1, 1},
        frames.get(0).items(Tag.FrameContentSequence).get(0).numbers(Tag.DimensionIndexValues));
    assertArrayEquals(
        new double[] {2, 2},
        frames.get(1).items(Tag.FrameContentSequence).get(0).numbers(Tag.DimensionIndexValues));
  }

  @Test
  void sharedGeometryIsTheSourcesToTheLetter() throws Exception {
    Dataset source = ct.slice(0);
    Dataset shared =
        ct.write(ct.boxes()).dataset().orElseThrow().items(Tag.SharedFunctionalGroupsSequence).get(0);
    Dataset measures = shared.items(Tag.PixelMeasuresSequence).get(0);
    assertEquals(source.get(Tag.PixelSpacing), measures.get(Tag.PixelSpacing));
    assertEquals(source.get(Tag.SliceThickness), measures.get(Tag.SliceThickness));
    assertEquals(1.25, measures.number(Tag.SpacingBetweenSlices).orElseThrow());
    assertEquals(
        source.get(Tag.ImageOrientationPatient),
        shared.items(Tag.PlaneOrientationSequence).get(0).get(Tag.ImageOrientationPatient));
  }

  @Test
  void overlongOrMissingSourceStringsAreWrittenAnew() throws Exception {
    Dataset source =
        ct.slice(0)
            .remove(Tag.SliceThickness)
            .putString(Tag.PixelSpacing, "0.70312500000000000000", "0.81054700000000000000");
    Dataset dataset = write(source, ct.boxes()).dataset().orElseThrow();
    Dataset measures =
        dataset.items(Tag.SharedFunctionalGroupsSequence).get(0).items(Tag.PixelMeasuresSequence).get(0);
    assertEquals(List.of("0.703125", "0.810547"), measures.strings(Tag.PixelSpacing));
    assertEquals(1.25, measures.number(Tag.SliceThickness).orElseThrow());
  }

  @Test
  void patientAndStudyAreTheSourcesEmptyValuesAndCharacterSetIncluded() throws Exception {
    Dataset source = ct.slice(0);
    Dataset dataset = ct.write(ct.boxes()).dataset().orElseThrow();
    for (int tag :
        new int[] {
          Tag.SpecificCharacterSet, Tag.PatientName, Tag.PatientID, Tag.PatientBirthDate, Tag.PatientSex,
          Tag.PatientAge, Tag.StudyInstanceUID, Tag.StudyDate, Tag.StudyTime, Tag.StudyID,
          Tag.StudyDescription, Tag.AccessionNumber, Tag.ReferringPhysicianName, Tag.FrameOfReferenceUID,
          Tag.PositionReferenceIndicator, Tag.TimezoneOffsetFromUTC
        }) {
      assertEquals(source.get(tag), dataset.get(tag), Tag.describe(tag));
    }
    assertEquals("M\u00fcller^J\u00f6rg", dataset.requireString(Tag.PatientName));
    assertEquals("SEG", dataset.requireString(Tag.Modality));
    assertEquals(ct.uids().seriesUid(), dataset.requireString(Tag.SeriesInstanceUID));
  }

  @Test
  void oneReferencedSeriesNamesEverySourceInstance() throws Exception {
    Dataset dataset = ct.write(ct.boxes()).dataset().orElseThrow();
    List<Dataset> series = dataset.items(Tag.ReferencedSeriesSequence);
    assertEquals(1, series.size());
    assertEquals(CtFixture.SERIES, series.get(0).requireString(Tag.SeriesInstanceUID));
    assertEquals(
        ct.stack().slices().stream().map(SliceStack.Slice::sopInstanceUid).toList(),
        series.get(0).items(Tag.ReferencedInstanceSequence).stream()
            .map(item -> item.string(Tag.ReferencedSOPInstanceUID).orElse(""))
            .toList());
  }

  @Test
  void multiFrameSourcesAreReferencedByFrame() throws Exception {
    List<SliceStack.Slice> slices =
        ct.stack().slices().stream()
            .map(
                s ->
                    new SliceStack.Slice(
                        "1.2.3", Uid.EnhancedCTImageStorage, 20 - s.instanceNumber(), 1, s.position()))
            .toList();
    SliceStack one = ct.stack();
    SliceStack stack =
        new SliceStack(
            one.columns(), one.rows(), one.columnSpacing(), one.rowSpacing(), one.rowDirection(),
            one.columnDirection(), slices);
    SliceLabels labels = new SliceLabels(stack, ct.boxes().labels());
    Dataset dataset = ct.write(labels).dataset().orElseThrow();
    assertEquals(
        1,
        dataset.items(Tag.ReferencedSeriesSequence).get(0).items(Tag.ReferencedInstanceSequence).size());
    Segmentation read = SegmentationReader.read(dataset);
    assertEquals(
        new SegmentationFrame.SourceImage("1.2.3", 19), read.frames().get(0).sources().get(0));
    SegmentationOnStack back = read.toSliceLabels(stack, read.classes(TABLE));
    for (int k = 0; k < stack.size(); k++) {
      assertArrayEquals(labels.labels().get(k), back.labels().labels().get(k));
    }
  }

  @Test
  void contentTimeIsTheClocksInTheSourcesZone() throws Exception {
    Dataset dataset = ct.write(ct.boxes()).dataset().orElseThrow();
    assertEquals("20260302", dataset.requireString(Tag.ContentDate));
    assertEquals("003015", dataset.requireString(Tag.ContentTime));
    Dataset withoutZone =
        write(ct.slice(0).remove(Tag.TimezoneOffsetFromUTC), ct.boxes()).dataset().orElseThrow();
    assertEquals("20260301", withoutZone.requireString(Tag.ContentDate));
    assertEquals("223015", withoutZone.requireString(Tag.ContentTime));
  }

  @Test
  void aSecondRunGivesTheSameObject() throws Exception {
    assertEquals(ct.write(ct.boxes()).dataset(), ct.write(ct.boxes()).dataset());
  }

  @Test
  void lossyCompressionOfTheSourceIsCarriedOver() throws Exception {
    Dataset source =
        ct.slice(0)
            .putString(Tag.LossyImageCompression, "01")
            .putString(Tag.LossyImageCompressionRatio, "9.5")
            .putString(Tag.LossyImageCompressionMethod, "ISO_15444_1");
    Dataset dataset = write(source, ct.boxes()).dataset().orElseThrow();
    assertEquals("01", dataset.requireString(Tag.LossyImageCompression));
    assertEquals("9.5", dataset.requireString(Tag.LossyImageCompressionRatio));
    assertEquals("ISO_15444_1", dataset.requireString(Tag.LossyImageCompressionMethod));
    assertEquals(
        "00", ct.write(ct.boxes()).dataset().orElseThrow().requireString(Tag.LossyImageCompression));
  }

  @Test
  void provenanceNamesScannerAndThisNodeWithItsParameters() throws Exception {
    List<Dataset> equipment =
        ct.write(ct.boxes()).dataset().orElseThrow().items(Tag.ContributingEquipmentSequence);
    assertEquals(2, equipment.size());
    assertEquals("GE MEDICAL SYSTEMS", equipment.get(0).requireString(Tag.Manufacturer));
    assertEquals("H\u00f4pital", equipment.get(0).requireString(Tag.InstitutionName));
    assertEquals("NMSW Node", equipment.get(1).requireString(Tag.ManufacturerModelName));
    assertEquals(
        "Segmentation by NMSW-Net abdomen 3; k=8; device=cpu; precision=float32",
        equipment.get(1).requireString(Tag.ContributionDescription));
  }

  @Test
  void refusesLabelsOutsideTheTable() {
    SliceLabels labels = ct.boxes();
    labels.labels().get(4)[3] = 9;
    var refusal = assertThrows(IllegalArgumentException.class, () -> ct.write(labels));
    assertTrue(refusal.getMessage().contains("label 9 in slice 4"), refusal.getMessage());
  }

  @Test
  void refusesASourceWithoutFrameOfReference() {
    Dataset source = ct.slice(0).remove(Tag.FrameOfReferenceUID);
    assertThrows(DicomException.class, () -> write(source, ct.boxes()));
  }

  @Test
  void refusesAHeaderOfAnotherMatrix() {
    Dataset source = ct.slice(0).putInt(Tag.Rows, 31).putInt(Tag.Columns, 24);
    assertThrows(IllegalArgumentException.class, () -> write(source, ct.boxes()));
  }

  @Test
  void refusesTextThatTheSourcesCharacterSetMayNotHold() {
    LabelClass spleen = TABLE.classes().get(0);
    LabelTable table =
        new LabelTable(
            List.of(
                new LabelClass(
                    1, "spleen", "Milz \u00e4", spleen.category(), spleen.type(), Optional.empty(),
                    Optional.empty(), Optional.empty(), 0)));
    List<byte[]> labels = new ArrayList<>();
    for (int k = 0; k < 9; k++) {
      labels.add(new byte[24 * 31]);
    }
    labels.get(0)[0] = 1;
    assertThrows(
        IllegalArgumentException.class,
        () ->
            SegmentationWriter.write(
                new SliceLabels(ct.stack(), labels), table, ct.slice(0), CtFixture.ALGORITHM,
                CtFixture.EQUIPMENT, ct.uids(), CtFixture.CLOCK));
  }

  private WrittenSegmentation write(Dataset source, SliceLabels labels) throws DicomException {
    return SegmentationWriter.write(
        labels, TABLE, source, CtFixture.ALGORITHM, CtFixture.EQUIPMENT, ct.uids(), CtFixture.CLOCK);
  }

  private int sliceOf(String sopInstanceUid) {
    return ct.stack().slices().stream()
        .map(SliceStack.Slice::sopInstanceUid)
        .toList()
        .indexOf(sopInstanceUid);
  }

  private static List<String> names(List<LabelClass> classes) {
    return classes.stream().map(LabelClass::name).toList();
  }
}
