package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.ParseLimits;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.WideSliceLabels;

class SegmentationRoundTripTest {
  private static final String[][] ORIENTATIONS = {
    CtFixture.AXIAL, CtFixture.AXIAL_PRONE_FEET_FIRST, CtFixture.SAGITTAL, {"1", "0", "0", "0", "0", "-1"},
    CtFixture.TILTED
  };

  @Property(tries = 400)
  void labelsSurviveBytesAndBack(
      @ForAll SegmentationFormat.Kind kind,
      @ForAll SegmentationFormat.Compression compression,
      @ForAll @IntRange(min = 1, max = 33) int rows,
      @ForAll @IntRange(min = 1, max = 33) int columns,
      @ForAll @IntRange(min = 1, max = 6) int slices,
      @ForAll @IntRange(min = 0, max = 4) int orientation,
      @ForAll long seed)
      throws Exception {
    CtFixture ct =
        new CtFixture(rows, columns, slices, "0.7", "0.9", ORIENTATIONS[orientation]);
    SliceLabels labels = ct.scattered(seed);
    SegmentationFormat format = new SegmentationFormat(kind, compression);
    WrittenSegmentation written = ct.write(labels, format);
    boolean anything = labels.labels().stream().anyMatch(slice -> !isBlank(slice));
    assertEquals(anything, written.attributes().isPresent());
    if (anything) {
      byte[] bytes = bytes(written);
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      DicomWriter.writeFile(whole, written.dataset().orElseThrow(), format.transferSyntax());
      assertArrayEquals(whole.toByteArray(), bytes);
      DicomFile file = file(bytes);
      assertEquals(format.transferSyntax(), file.transferSyntax());
      Segmentation read = SegmentationReader.read(file);
      assertEquals(kind, read.kind());
      assertSameLabels(labels, read);
    }
  }

  @Property(tries = 100)
  void fractionsSurviveBytesAndBack(
      @ForAll SegmentationFormat.Compression compression,
      @ForAll @IntRange(min = 1, max = 20) int rows,
      @ForAll @IntRange(min = 1, max = 20) int columns,
      @ForAll long seed)
      throws Exception {
    CtFixture ct = CtFixture.axial(rows, columns, 3);
    SliceLabels labels = ct.scattered(seed);
    SegmentFractions fractions =
        (label, slice) -> {
          byte[] random = new byte[rows * columns];
          new Random(seed + 31 * label + slice).nextBytes(random);
          return (label + slice) % 3 == 0 ? Optional.empty() : Optional.of(random);
        };
    WrittenSegmentation written =
        ct.write(labels, fractions, new SegmentationFormat(Kind.FRACTIONAL, compression));
    if (written.attributes().isEmpty()) {
      return;
    }
    Segmentation read = SegmentationReader.read(file(bytes(written)));
    for (SegmentationFrame frame : read.frames()) {
      int label = written.segments().get(frame.segmentNumber() - 1).index();
      int slice = ct.stack().slices().stream().map(SliceStack.Slice::sopInstanceUid).toList()
          .indexOf(frame.sources().get(0).sopInstanceUid());
      byte[] expected = fractions.of(label, slice).orElseThrow();
      int[] found = read.pixels().fractions(frame.index());
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i] & 0xFF, found[i]);
      }
    }
  }

  @Property(tries = 24)
  void moreSegmentsThanAByteHasNumbersForSurvive(
      @ForAll SegmentationFormat.Kind kind,
      @ForAll SegmentationFormat.Compression compression,
      @ForAll @IntRange(min = 256, max = 400) int classes,
      @ForAll long seed)
      throws Exception {
    Assume.that(kind != Kind.FRACTIONAL);
    CtFixture ct = CtFixture.axial(33, 29, 5);
    LabelTable table = CtFixture.manyClasses(classes);
    WideSliceLabels labels = ct.scattered(table, seed);
    WrittenSegmentation written = ct.write(labels, table, new SegmentationFormat(kind, compression));
    Segmentation read = SegmentationReader.read(file(bytes(written)));
    assertEquals(kind == Kind.LABELMAP ? Kind.LABELMAP16 : kind, read.kind());
    assertEquals(classes, read.segments().size());
    Map<Integer, Integer> labelOf = read.classes(table);
    List<char[]> back = labels.labels().stream().map(slice -> new char[slice.length]).toList();
    List<String> instances =
        ct.stack().slices().stream().map(SliceStack.Slice::sopInstanceUid).toList();
    for (SegmentationFrame frame : read.frames()) {
      char[] slice = back.get(instances.indexOf(frame.sources().get(0).sopInstanceUid()));
      char label = (char) (int) labelOf.get(frame.segmentNumber());
      read.mask(frame).stream().forEach(i -> slice[i] = label);
    }
    for (int k = 0; k < back.size(); k++) {
      assertArrayEquals(labels.labels().get(k), back.get(k));
    }
    // As labels on slices, a byte each, as many of them as that holds.
    int last = read.segments().get(classes - 1).number();
    SegmentationOnStack placed = read.toSliceLabels(ct.stack(), Map.of(1, 255, last, 7));
    for (int k = 0; k < back.size(); k++) {
      byte[] slice = placed.labels().labels().get(k);
      for (int i = 0; i < slice.length; i++) {
        assertEquals(
            back.get(k)[i] == 3 ? 255 : back.get(k)[i] == 3 * classes ? 7 : 0, slice[i] & 0xFF);
      }
    }
  }

  /** Nearly nothing in 36 MB: as deflated data it has the looks of a bomb. */
  @Example
  void sparseFractionsSurviveBeingDeflatedToAThousandth() throws Exception {
    CtFixture ct = CtFixture.axial(512, 512, 140);
    List<byte[]> slices = new ArrayList<>();
    for (int k = 0; k < 140; k++) {
      byte[] slice = new byte[512 * 512];
      slice[300 * 512 + k] = 1;
      slices.add(slice);
    }
    SliceLabels labels = new SliceLabels(ct.stack(), slices);
    byte[] bytes = bytes(ct.write(labels, SegmentationFormat.parse("fractional", "deflated")));
    assertTrue(bytes.length * 300L < 140 << 18, bytes.length + " bytes");
    assertSameLabels(labels, SegmentationReader.read(file(bytes)));
  }

  private static byte[] bytes(WrittenSegmentation written) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    written.writeFile(out);
    return out.toByteArray();
  }

  private static DicomFile file(byte[] bytes) throws Exception {
    return DicomReader.read(new ByteArrayInputStream(bytes), ParseLimits.defaults());
  }

  private static void assertSameLabels(SliceLabels labels, Segmentation read) throws Exception {
    Map<Integer, Integer> classes = read.classes(CtFixture.TABLE);
    assertEquals(read.segments().size(), classes.size());
    SegmentationOnStack back = read.toSliceLabels(labels.stack(), classes);
    assertEquals(0, back.overlappedPixels());
    assertEquals(0, back.unplaced().size());
    for (int k = 0; k < labels.labels().size(); k++) {
      assertArrayEquals(labels.labels().get(k), back.labels().labels().get(k));
    }
  }

  private static boolean isBlank(byte[] slice) {
    for (byte label : slice) {
      if (label != 0) {
        return false;
      }
    }
    return true;
  }
}
