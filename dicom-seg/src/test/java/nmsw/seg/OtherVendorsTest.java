package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Files of dcmqi, highdicom and pydicom; the expected counts were taken from them by pydicom. */
class OtherVendorsTest {
  private static final Path DATA =
      Path.of(System.getProperty("nmsw.root"), "..", "shared", "data", "seg").normalize();

  @BeforeEach
  void needData() {
    assumeTrue(Files.isDirectory(DATA), "SKIPPED, no test data: " + DATA + " does not exist");
  }

  @Test
  void dcmqiLiver() throws IOException {
    Segmentation liver = read("dcmqi/liver.dcm");
    assertEquals(List.of(36233, 35645, 35220), counts(liver));
    assertEquals(107098, liver.pixelCount(1));
    assertCentroid(238.936, 198.372, liver, 0);
    SegmentationOnStack placed = liver.toSliceLabels(stack("dcmqi/ct-3slice"), Map.of(1, 5));
    assertEquals(List.of(Map.of(5, 36233), Map.of(5, 35645), Map.of(5, 35220)), histograms(placed));
    assertEquals(0, placed.overlappedPixels());
  }

  @Test
  void framesThatEndInsideAByte() throws IOException {
    Segmentation liver = read("pydicom/liver_nonbyte_aligned.dcm");
    assertEquals(List.of(36233, 35645, 35220), counts(liver));
    assertCentroid(238.84, 198.663, liver, 1);
    assertCentroid(238.543, 199.402, liver, 2);
  }

  @Test
  void dcmqiOverlappingSegments() throws IOException {
    Segmentation overlapping = read("dcmqi/partial_overlaps.dcm");
    assertEquals(
        List.of("GREEN", "ORANGE", "PURPLE", "LIGHT_BLUE", "DARK_BLUE"),
        overlapping.segments().stream().map(SegmentDescription::label).toList());
    assertEquals(List.of(9602, 11888, 117, 117, 10509, 6693, 4713), counts(overlapping));
    assertEquals(10743, overlapping.pixelCount(3));
    assertCentroid(354.911, 325.426, overlapping, 5);
    SegmentationOnStack placed =
        overlapping.toSliceLabels(
            stack("dcmqi/ct-3slice"), Map.of(1, 1, 2, 2, 3, 3, 4, 4, 5, 5));
    assertEquals(3134, placed.overlappedPixels());
    assertEquals(
        List.of(Map.of(3, 117, 4, 6693, 5, 4713), Map.of(1, 6518, 2, 11838, 3, 117), Map.of(3, 10509)),
        histograms(placed));
  }

  @Test
  void dcmqiMatrixThatIsNotSquareEqualsItsNrrd() throws IOException {
    SegmentationOnStack placed =
        read("dcmqi/24x38x3/seg/label.seg").toSliceLabels(stack("dcmqi/24x38x3/image"), Map.of(1, 1));
    ByteBuffer nrrd = nrrdVoxels(DATA.resolve("dcmqi/24x38x3/nrrd/label.nrrd"));
    for (byte[] slice : placed.labels().labels()) {
      byte[] expected = new byte[24 * 38];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = (byte) (nrrd.getShort() == 0 ? 0 : 1);
      }
      assertArrayEquals(expected, slice);
    }
    assertEquals(List.of(Map.of(), Map.of(1, 315), Map.of()), histograms(placed));
  }

  @Test
  void highdicomBinary() throws IOException {
    Segmentation bone = read("highdicom/seg_image_ct_binary.dcm");
    assertEquals(List.of(127, 256, 255), counts(bone));
    assertCentroid(7.654, 3.606, bone, 0);
    assertEquals("272673000", bone.segments().get(0).type().orElseThrow().value());
  }

  @Test
  void highdicomOnItsSourceImages() throws IOException {
    SliceStack ct = stack("highdicom/source-CT2");
    for (String file : List.of("highdicom/seg_image_ct_binary.dcm", "highdicom/seg_image_ct_true_fractional.dcm")) {
      SegmentationOnStack placed = read(file).toSliceLabels(ct, Map.of(1, 4));
      assertEquals(List.of(), placed.unplaced());
      assertEquals(
          Map.of(127, 1, 256, 1, 255, 1, 0, 1),
          histograms(placed).stream().collect(Collectors.toMap(h -> h.getOrDefault(4, 0), h -> 1)));
    }
  }

  @Test
  void highdicomFractional() throws IOException {
    Segmentation bone = read("highdicom/seg_image_ct_true_fractional.dcm");
    assertEquals(Kind.FRACTIONAL, bone.kind());
    assertEquals(List.of(127, 256, 255), counts(bone));
    int[] fractions = bone.pixels().fractions(0);
    assertEquals(17664, Arrays.stream(fractions).sum());
    assertArrayEquals(new int[] {128, 64, 0}, Arrays.copyOfRange(fractions, 8 * 16 + 6, 8 * 16 + 9));
  }

  @Test
  void dcmqiLabelMapsWithAndWithoutPadding() throws IOException {
    for (String file : List.of("dcmqi/sparse-labelmap-ppv5.dcm", "dcmqi/sparse-labelmap-noppv.dcm")) {
      Segmentation liver = read(file);
      assertEquals(List.of("Liver"), liver.segments().stream().map(SegmentDescription::label).toList());
      SegmentationOnStack placed = liver.toSliceLabels(stack("dcmqi/24x38x3/image"), Map.of(1, 9));
      assertEquals(List.of(Map.of(9, 315), Map.of(), Map.of(9, 315)), histograms(placed));
    }
  }

  @Test
  void highdicomLabelMapOfASlide() throws IOException {
    Segmentation cells = read("highdicom/seg_image_sm_control_labelmap.dcm");
    assertEquals(20, cells.segments().size());
    assertEquals(
        List.of(9, 10, 17, 16, 3, 7),
        cells.frames().stream().limit(6).map(SegmentationFrame::segmentNumber).toList());
    assertEquals(List.of(32, 29, 31, 31, 23, 28), counts(cells).subList(0, 6));
  }

  @Test
  void sameLiverInRleAndBigEndian() throws IOException {
    for (String file : List.of("pydicom/liver_rle.dcm", "pydicom/liver_expb.dcm")) {
      Segmentation liver = read(file);
      assertEquals(List.of(36233, 35645, 35220), counts(liver));
      assertCentroid(238.936, 198.372, liver, 0);
    }
  }

  /** 1 mm apart, on slices half as far apart and half as wide as those that it was drawn on. */
  @Test
  void dcmqiLiverOnAFinerGrid() throws IOException {
    Segmentation liver = read("dcmqi/liver.dcm");
    SliceStack ct = stack("dcmqi/ct-3slice");
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (int k = 0; k < 6; k++) {
      Vec3 position = ct.toPatient(-0.25, -0.25, 0).plus(ct.normal().times(0.5 * k - 0.25));
      slices.add(new SliceStack.Slice("1.2." + k, "1.2", 1, k, position));
    }
    SliceStack finer =
        new SliceStack(
            1024, 1024, ct.columnSpacing() / 2, ct.rowSpacing() / 2, ct.rowDirection(), ct.columnDirection(), slices);
    SegmentationOnStack placed = liver.resampledOnto(finer, Map.of(1, 5));
    assertEquals(
        Stream.of(36233, 36233, 35645, 35645, 35220, 35220).sorted().map(n -> Map.of(5, 4 * n)).toList(),
        histograms(placed).stream().sorted(Comparator.comparing(h -> h.get(5))).toList());
    assertEquals(List.of(), placed.unplaced());
  }

  @Test
  void contradictionsAreRefused() {
    assertRefused("pydicom/liver_1frame.dcm", "says 1 frames");
  }

  private static void assertRefused(String file, String why) {
    DicomException refusal = assertThrows(DicomException.class, () -> read(file));
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
  }

  private static Segmentation read(String file) throws IOException {
    return SegmentationReader.read(DicomReader.read(DATA.resolve(file)));
  }

  private static List<Integer> counts(Segmentation segmentation) throws DicomException {
    List<Integer> counts = new ArrayList<>();
    for (SegmentationFrame frame : segmentation.frames()) {
      counts.add(segmentation.mask(frame).cardinality());
    }
    return counts;
  }

  private static void assertCentroid(double row, double column, Segmentation segmentation, int frame)
      throws DicomException {
    BitSet mask = segmentation.mask(segmentation.frames().get(frame));
    int columns = segmentation.columns();
    assertEquals(row, mask.stream().map(i -> i / columns).average().orElseThrow(), 0.001);
    assertEquals(column, mask.stream().map(i -> i % columns).average().orElseThrow(), 0.001);
  }

  /** Pixels per label of each slice, background left out. */
  private static List<Map<Integer, Integer>> histograms(SegmentationOnStack placed) {
    return placed.labels().labels().stream().map(OtherVendorsTest::histogram).toList();
  }

  private static Map<Integer, Integer> histogram(byte[] slice) {
    Map<Integer, Integer> counts = new HashMap<>();
    for (byte label : slice) {
      if (label != 0) {
        counts.merge(label & 0xFF, 1, Integer::sum);
      }
    }
    return counts;
  }

  private static SliceStack stack(String folder) throws IOException {
    List<Path> files;
    try (Stream<Path> listing = Files.list(DATA.resolve(folder))) {
      files = listing.sorted().collect(Collectors.toList());
    }
    List<Dataset> slices = new ArrayList<>();
    for (Path file : files) {
      slices.add(DicomReader.readUntil(file, Tag.PixelData).dataset());
    }
    Dataset first = slices.get(0);
    double[] spacing = first.requireNumbers(Tag.PixelSpacing, 2);
    double[] o = first.requireNumbers(Tag.ImageOrientationPatient, 6);
    List<SliceStack.Slice> planes =
        slices.stream()
            .map(OtherVendorsTest::plane)
            .sorted(Comparator.comparingDouble(slice -> slice.position().z()))
            .toList();
    return new SliceStack(
        first.requireInt(Tag.Columns),
        first.requireInt(Tag.Rows),
        spacing[1],
        spacing[0],
        new Vec3(o[0], o[1], o[2]),
        new Vec3(o[3], o[4], o[5]),
        planes);
  }

  private static SliceStack.Slice plane(Dataset slice) {
    double[] p = slice.numbers(Tag.ImagePositionPatient);
    return new SliceStack.Slice(
        slice.string(Tag.SOPInstanceUID).orElseThrow(),
        slice.string(Tag.SOPClassUID).orElseThrow(),
        1,
        slice.integer(Tag.InstanceNumber).orElse(0),
        new Vec3(p[0], p[1], p[2]));
  }

  private static ByteBuffer nrrdVoxels(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int data = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("\n\n") + 2;
    ByteArrayInputStream packed = new ByteArrayInputStream(bytes, data, bytes.length - data);
    return ByteBuffer.wrap(new GZIPInputStream(packed).readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
  }
}
