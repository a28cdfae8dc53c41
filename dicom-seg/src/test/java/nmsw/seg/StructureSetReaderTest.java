package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Collectors;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.seg.StructureSet.Finding;
import nmsw.seg.StructureSet.Reason;
import nmsw.seg.StructureSet.Roi;
import nmsw.volume.Code;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StructureSetReaderTest {
  private static final String[] CORONAL = {"1", "0", "0", "0", "0", "-1"};
  private static final String[] OBLIQUE = {"0.8", "0.6", "0", "-0.36", "0.48", "0.8"};

  /** Asymmetric, so that no mirrored or turned mask is the same. */
  private static final double[] TRIANGLE = {3.5, 2.5, 20.5, 4.5, 6.5, 12.5};

  private final CtFixture ct = new CtFixture(16, 24, 6, "0.8", "1.25", CtFixture.AXIAL);
  private final SliceStack stack = ct.stack();

  static List<CtFixture> orientations() {
    List<CtFixture> fixtures = new ArrayList<>();
    for (String[] orientation :
        List.of(CtFixture.AXIAL, CtFixture.AXIAL_PRONE_FEET_FIRST, CtFixture.SAGITTAL, CORONAL, OBLIQUE)) {
      fixtures.add(new CtFixture(16, 24, 6, "0.8", "1.25", orientation));
    }
    return fixtures;
  }

  // Objects

  private static Dataset contour(SliceStack stack, int slice, double... polygon) {
    return contour(stack, slice, 0, polygon);
  }

  /** A contour of pixel coordinates, so many mm off its slice along the normal. */
  private static Dataset contour(SliceStack stack, int slice, double offset, double... polygon) {
    List<String> data = new ArrayList<>();
    for (int i = 0; i < polygon.length; i += 2) {
      Vec3 at = stack.toPatient(polygon[i], polygon[i + 1], slice).plus(stack.normal().times(offset));
      for (double coordinate : new double[] {at.x(), at.y(), at.z()}) {
        data.add(String.format("%.6f", coordinate));
      }
    }
    return new Dataset()
        .putItems(Tag.ContourImageSequence, List.of(image(stack.slices().get(slice).sopInstanceUid())))
        .putString(Tag.ContourGeometricType, "CLOSED_PLANAR")
        .putInt(Tag.NumberOfContourPoints, polygon.length / 2)
        .putString(Tag.ContourData, data.toArray(String[]::new));
  }

  private static Dataset image(String uid) {
    return new Dataset()
        .putString(Tag.ReferencedSOPClassUID, Uid.CTImageStorage)
        .putString(Tag.ReferencedSOPInstanceUID, uid);
  }

  private static Dataset region(int number, String frame) {
    return new Dataset()
        .putInt(Tag.ROINumber, number)
        .putString(Tag.ReferencedFrameOfReferenceUID, frame)
        .putString(Tag.ROIName, "region " + number);
  }

  private static Dataset contours(int number, Dataset... contours) {
    return new Dataset()
        .putInt(Tag.ReferencedROINumber, number)
        .putItems(Tag.ContourSequence, List.of(contours));
  }

  private static Dataset structureSet(SliceStack stack, Dataset... contours) {
    List<Dataset> images = stack.slices().stream().map(slice -> image(slice.sopInstanceUid())).toList();
    return new Dataset()
        .putString(Tag.SOPClassUID, Uid.RTStructureSetStorage)
        .putString(Tag.SOPInstanceUID, "1.2.3")
        .putItems(
            Tag.ReferencedFrameOfReferenceSequence,
            List.of(
                new Dataset()
                    .putString(Tag.FrameOfReferenceUID, frame())
                    .putItems(
                        Tag.RTReferencedStudySequence,
                        List.of(
                            new Dataset()
                                .putItems(
                                    Tag.RTReferencedSeriesSequence,
                                    List.of(
                                        new Dataset()
                                            .putString(Tag.SeriesInstanceUID, CtFixture.SERIES)
                                            .putItems(Tag.ContourImageSequence, images)))))))
        .putItems(Tag.StructureSetROISequence, List.of(region(7, frame())))
        .putItems(Tag.ROIContourSequence, List.of(contours(7, contours)))
        .putItems(
            Tag.RTROIObservationsSequence,
            List.of(
                new Dataset()
                    .putInt(Tag.ReferencedROINumber, 7)
                    .putString(Tag.RTROIInterpretedType, "ORGAN")
                    .putItems(
                        Tag.RTROIIdentificationCodeSequence,
                        CodeItem.items(new Code("SCT", "10200004", "Liver")))));
  }

  private static String frame() {
    return Uid.derived("fixture", "frame of reference");
  }

  private StructureSet read(Dataset object) throws Exception {
    return StructureSetReader.read(object, stack, ct.slice(0));
  }

  private StructureSet read(SliceStack own, Dataset... contours) throws Exception {
    return StructureSetReader.read(structureSet(own, contours), own, ct.slice(0));
  }

  private static BitSet mask(StructureSet set, int slice) {
    return set.rois().get(0).mask(slice);
  }

  private static BitSet fill(double[]... polygons) {
    return ContourRaster.fill(List.of(polygons), 24, 16);
  }

  private static Map<Reason, Integer> counts(StructureSet set) {
    return set.findings().stream()
        .collect(Collectors.toMap(Finding::reason, Finding::contours, Integer::sum, TreeMap::new));
  }

  /** Columns and rows on a circle in mm about the middle of the image. */
  private static double[] circle(double radius, int points) {
    double[] circle = new double[2 * points];
    DoubleUnaryOperator angle = i -> 2 * Math.PI * i / points;
    for (int i = 0; i < points; i++) {
      circle[2 * i] = 12.2 + radius / 1.25 * Math.cos(angle.applyAsDouble(i));
      circle[2 * i + 1] = 7.7 + radius / 0.8 * Math.sin(angle.applyAsDouble(i));
    }
    return circle;
  }

  // Regions

  @Test
  void namesTypeAndCode() throws Exception {
    StructureSet set = read(structureSet(stack, contour(stack, 2, TRIANGLE)));
    Roi roi = set.rois().get(0);
    assertEquals("1.2.3", set.sopInstanceUid());
    assertEquals(7, roi.number());
    assertEquals("region 7", roi.name());
    assertEquals("ORGAN", roi.interpretedType().orElseThrow());
    assertEquals("10200004", roi.code().orElseThrow().value());
    assertEquals(List.of(), set.findings());
    assertEquals("ROI 7 on 1 slices", roi.toString());
  }

  @Test
  void aCircleHoldsThePixelsWithinItsRadius() throws Exception {
    StructureSet set = read(stack, contour(stack, 3, circle(5.13, 720)));
    BitSet mask = mask(set, 3);
    for (int i = 0; i < 24 * 16; i++) {
      double dx = (i % 24 - 12.2) * 1.25;
      double dy = (i / 24 - 7.7) * 0.8;
      assertEquals(Math.hypot(dx, dy) < 5.13, mask.get(i), "pixel " + i);
    }
    assertEquals(mask.cardinality(), set.rois().get(0).pixelCount());
    assertTrue(mask(set, 2).isEmpty() && mask(set, 4).isEmpty());
  }

  @Test
  void aRingHasAHoleAndContoursSideBySideAreBothThere() throws Exception {
    double[] outer = circle(5.9, 400);
    double[] inner = circle(2.9, 400);
    double[] aside = {0.5, 0.5, 2.5, 0.5, 2.5, 2.5, 0.5, 2.5};
    StructureSet set =
        read(stack, contour(stack, 1, outer), contour(stack, 1, aside), contour(stack, 1, inner));
    BitSet expected = fill(outer);
    expected.andNot(fill(inner));
    expected.or(fill(aside));
    assertEquals(expected, mask(set, 1));
    assertEquals(List.of(), set.findings());
  }

  @ParameterizedTest
  @MethodSource("orientations")
  void theMaskIsTheSameInAnyOrientation(CtFixture fixture) throws Exception {
    SliceStack own = fixture.stack();
    StructureSet set =
        StructureSetReader.read(
            structureSet(own, contour(own, 1, TRIANGLE), contour(own, 4, circle(4, 90))), own,
            fixture.slice(0));
    assertEquals(fill(TRIANGLE), mask(set, 1));
    assertEquals(fill(circle(4, 90)), mask(set, 4));
    assertEquals(List.of(), set.findings());
  }

  @Test
  void aTiltedStackHasItsOwnOriginOnEverySlice() throws Exception {
    List<SliceStack.Slice> shifted = new ArrayList<>();
    for (SliceStack.Slice slice : stack.slices()) {
      Vec3 tilt = stack.columnDirection().times(0.7 * shifted.size());
      shifted.add(
          new SliceStack.Slice(
              slice.sopInstanceUid(), slice.sopClassUid(), 1, 1, slice.position().plus(tilt)));
    }
    SliceStack tilted =
        new SliceStack(24, 16, 1.25, 0.8, stack.rowDirection(), stack.columnDirection(), shifted);
    StructureSet set = read(tilted, contour(tilted, 0, TRIANGLE), contour(tilted, 5, TRIANGLE));
    assertEquals(fill(TRIANGLE), mask(set, 0));
    assertEquals(fill(TRIANGLE), mask(set, 5));
    assertEquals(List.of(), set.findings());
  }

  // Places (the slices lie 1.25 mm apart)

  @Test
  void contoursFarOffEveryPlaneAreLeftOutAndReported() throws Exception {
    StructureSet set =
        read(stack, contour(stack, 0, -0.7, TRIANGLE), contour(stack, 5, 4, TRIANGLE));
    assertEquals(0, set.rois().get(0).pixelCount());
    assertEquals(Map.of(Reason.OFF_PLANE, 2), counts(set));
  }

  @Test
  void contoursNearAPlaneAreDrawnOnItAndReported() throws Exception {
    StructureSet set = read(stack, contour(stack, 2, 0.5, TRIANGLE), contour(stack, 0, -0.6, TRIANGLE));
    assertEquals(fill(TRIANGLE), mask(set, 2));
    assertEquals(fill(TRIANGLE), mask(set, 0));
    assertEquals(Map.of(Reason.NEAR_PLANE, 2), counts(set));
    assertTrue(set.findings().get(0).text().contains("0.60 mm off"), set.findings().toString());
  }

  /** Were both drawn, they would put each other out. */
  @Test
  void ofContoursOfTwoPlanesAtOneSliceTheNearerIsTaken() throws Exception {
    StructureSet set =
        read(stack, contour(stack, 2, 0.4, circle(5, 90)), contour(stack, 2, TRIANGLE));
    assertEquals(fill(TRIANGLE), mask(set, 2));
    assertEquals(Map.of(Reason.OFF_PLANE, 1), counts(set));
  }

  @Test
  void aContourAcrossThePlanesIsLeftOut() throws Exception {
    Dataset across = contour(stack, 2, TRIANGLE);
    double[] data = across.numbers(Tag.ContourData);
    data[2] += 3;
    across.putNumber(Tag.ContourData, data);
    assertEquals(Map.of(Reason.OFF_PLANE, 1), counts(read(stack, across)));
  }

  @Test
  void whatLeavesTheImageIsCutOffAndReported() throws Exception {
    double[] wide = {-10, 2.5, 40, 2.5, 40, 8.5, -10, 8.5};
    StructureSet set = read(stack, contour(stack, 2, wide));
    assertEquals(6 * 24, set.rois().get(0).pixelCount());
    assertEquals(Map.of(Reason.OUTSIDE_IMAGE, 1), counts(set));
  }

  // References

  /** The stack with other images' UIDs. */
  private SliceStack renamed() {
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (SliceStack.Slice slice : stack.slices()) {
      slices.add(
          new SliceStack.Slice("9." + slices.size(), slice.sopClassUid(), 1, 1, slice.position()));
    }
    return new SliceStack(24, 16, 1.25, 0.8, stack.rowDirection(), stack.columnDirection(), slices);
  }

  @Test
  void theImageThatAContourNamesIsCheckedAgainstItsPoints() throws Exception {
    Dataset other =
        contour(stack, 2, TRIANGLE)
            .putItems(Tag.ContourImageSequence, List.of(image(CtFixture.sopInstanceUid(3))));
    Dataset unknown =
        contour(stack, 4, TRIANGLE).putItems(Tag.ContourImageSequence, List.of(image("1.2.9")));
    Dataset none = contour(stack, 5, TRIANGLE).remove(Tag.ContourImageSequence);
    StructureSet set = read(stack, other, unknown, none);
    assertEquals(Map.of(Reason.OTHER_IMAGE, 1, Reason.UNKNOWN_IMAGE, 1), counts(set));
    for (int slice : List.of(2, 4, 5)) {
      assertEquals(fill(TRIANGLE), mask(set, slice));
    }
  }

  @Test
  void anotherSeriesIsRefused() {
    Dataset object = structureSet(stack, contour(stack, 2, TRIANGLE));
    SliceStack strange = renamed();
    Dataset header = ct.slice(0).putString(Tag.SeriesInstanceUID, "1.2.77");
    DicomException e =
        assertThrows(DicomException.class, () -> StructureSetReader.read(object, strange, header));
    assertTrue(e.getMessage().contains("1.2.77"), e.getMessage());
    assertTrue(e.getMessage().contains(CtFixture.SERIES), e.getMessage());
    Dataset otherFrame = ct.slice(0).putString(Tag.FrameOfReferenceUID, "1.2.78");
    assertThrows(DicomException.class, () -> StructureSetReader.read(object, strange, otherFrame));
  }

  /** As in series that were cropped or de-identified by tools that forget references. */
  @Test
  void theSeriesAndItsFrameOfReferenceAreEnough() throws Exception {
    Dataset object = structureSet(stack, contour(stack, 2, TRIANGLE));
    StructureSet set = StructureSetReader.read(object, renamed(), ct.slice(0));
    assertEquals(fill(TRIANGLE), mask(set, 2));
    assertEquals(Map.of(Reason.UNKNOWN_IMAGE, 1), counts(set));
  }

  @Test
  void aRegionInAnotherFrameOfReferenceIsLeftOut() throws Exception {
    Dataset object = structureSet(stack, contour(stack, 2, TRIANGLE));
    Dataset elsewhere = contour(stack, 3, TRIANGLE).remove(Tag.ContourImageSequence);
    object
        .putItems(Tag.StructureSetROISequence, List.of(region(7, frame()), region(8, "1.2.99")))
        .putItems(
            Tag.ROIContourSequence,
            List.of(contours(7, contour(stack, 2, TRIANGLE)), contours(8, elsewhere)));
    StructureSet set = read(object);
    assertEquals(0, set.rois().get(1).pixelCount());
    assertEquals(fill(TRIANGLE), mask(set, 2));
    assertEquals(Reason.OTHER_FRAME_OF_REFERENCE, set.findings().get(0).reason());
    assertEquals(8, set.findings().get(0).roiNumber());
  }

  // Bad input

  @ParameterizedTest
  @ValueSource(strings = {"POINT", "OPEN_PLANAR", "OPEN_NONPLANAR", "", "NONSENSE"})
  void whatEnclosesNothingIsReported(String type) throws Exception {
    Dataset open = contour(stack, 2, TRIANGLE).putString(Tag.ContourGeometricType, type);
    StructureSet set = read(stack, open, contour(stack, 3, TRIANGLE));
    assertEquals(Map.of(Reason.NOT_CLOSED, 1), counts(set));
    assertTrue(mask(set, 2).isEmpty());
    assertEquals(fill(TRIANGLE), mask(set, 3));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1\\2", "1\\2\\abc", "1\\2\\1e300", "0\\0\\0\\1\\1\\0", "1\\\\3"})
  void badCoordinatesAreReported(String data) throws Exception {
    byte[] bytes = data.getBytes(StandardCharsets.US_ASCII);
    Dataset bad = contour(stack, 2, TRIANGLE).putBytes(Tag.ContourData, VR.DS, bytes);
    StructureSet set = read(stack, bad, contour(stack, 3, TRIANGLE));
    assertEquals(Map.of(Reason.BAD_CONTOUR_DATA, 1), counts(set));
    assertEquals(fill(TRIANGLE), mask(set, 3));
  }

  @Test
  void aClaimedNumberOfPointsAllocatesNothing() throws Exception {
    Dataset bad = contour(stack, 2, TRIANGLE).putInt(Tag.NumberOfContourPoints, Integer.MAX_VALUE);
    assertEquals(Map.of(Reason.BAD_CONTOUR_DATA, 1), counts(read(stack, bad)));
    Dataset shifted =
        contour(stack, 2, TRIANGLE).putNumber(Tag.ContourOffsetVector, 0, 0, 2);
    assertEquals(Map.of(Reason.BAD_CONTOUR_DATA, 1), counts(read(stack, shifted)));
  }

  @Test
  void regionsThatContradictEachOtherAreReported() throws Exception {
    Dataset object = structureSet(stack, contour(stack, 2, TRIANGLE));
    object
        .putItems(
            Tag.StructureSetROISequence,
            List.of(region(7, frame()), region(7, frame()), new Dataset()))
        .putItems(
            Tag.ROIContourSequence,
            List.of(
                contours(7, contour(stack, 2, TRIANGLE)), contours(9, contour(stack, 3, TRIANGLE)),
                contours(7, contour(stack, 4, TRIANGLE))));
    StructureSet set = read(object);
    assertEquals(1, set.rois().size());
    assertEquals(List.of(7, -1, 9), set.findings().stream().map(Finding::roiNumber).toList());
    assertTrue(set.findings().stream().allMatch(f -> f.reason() == Reason.BAD_ROI));
    assertEquals(fill(TRIANGLE), mask(set, 4));
  }

  @Test
  void whatIsNoStructureSetIsRefused() {
    DicomException e = assertThrows(DicomException.class, () -> read(ct.slice(0)));
    assertTrue(e.getMessage().contains("not RT Structure Set Storage"), e.getMessage());
  }

  @Test
  void tooManyRegionsAreRefused() {
    List<Dataset> regions = new ArrayList<>();
    for (int i = 0; i <= 10_000; i++) {
      regions.add(new Dataset().putInt(Tag.ROINumber, i));
    }
    Dataset object =
        structureSet(stack, contour(stack, 2, TRIANGLE)).putItems(Tag.StructureSetROISequence, regions);
    DicomException e = assertThrows(DicomException.class, () -> read(object));
    assertTrue(e.getMessage().contains("more than 10000 regions"), e.getMessage());
  }
}
