package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomFile;
import nmsw.dicom.Element;
import nmsw.dicom.PixelDecoder;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.volume.SliceLabels;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SegmentationReaderTest {
  private static final SegmentationFormat FRACTIONAL =
      new SegmentationFormat(Kind.FRACTIONAL, Compression.NONE);
  private static final SegmentationFormat LABELMAP = new SegmentationFormat(Kind.LABELMAP, Compression.NONE);

  private final CtFixture ct = CtFixture.axial(16, 24, 6);
  private SliceLabels labels;
  private Dataset dataset;

  @BeforeEach
  void write() throws Exception {
    labels = ct.boxes();
    dataset = ct.write(labels).dataset().orElseThrow();
  }

  @Test
  void givesTheSegmentsWithTheirCodes() throws Exception {
    SegmentDescription kidney = SegmentationReader.read(dataset).segments().get(1);
    assertEquals(2, kidney.number());
    assertEquals("kidney right", kidney.label());
    assertEquals("AUTOMATIC", kidney.algorithmType());
    assertEquals("NMSW-Net abdomen", kidney.algorithmName().orElseThrow());
    assertTrue(kidney.describes(CtFixture.TABLE.classes().get(1)));
    assertTrue(!kidney.describes(CtFixture.TABLE.classes().get(0)));
  }

  @Test
  void findsSlicesByPositionWhereNoSourceIsNamed() throws Exception {
    for (Dataset groups : dataset.items(Tag.PerFrameFunctionalGroupsSequence)) {
      groups.remove(Tag.DerivationImageSequence);
    }
    assertLabels(onStack());
  }

  @Test
  void findsSlicesBySourceWhereNoPositionIsGiven() throws Exception {
    for (Dataset groups : dataset.items(Tag.PerFrameFunctionalGroupsSequence)) {
      groups.remove(Tag.PlanePositionSequence);
    }
    assertLabels(onStack());
  }

  @Test
  void takesFramesInAnyOrder() throws Exception {
    // 16 x 24 pixels are 48 bytes, so frames can be swapped bytewise.
    List<Dataset> frames = new ArrayList<>(dataset.items(Tag.PerFrameFunctionalGroupsSequence));
    Collections.reverse(frames);
    byte[] pixels = dataset.bytes(Tag.PixelData);
    byte[] reversed = new byte[pixels.length];
    for (int i = 0; i < frames.size(); i++) {
      System.arraycopy(pixels, 48 * i, reversed, 48 * (frames.size() - 1 - i), 48);
    }
    dataset
        .putItems(Tag.PerFrameFunctionalGroupsSequence, frames)
        .putBytes(Tag.PixelData, VR.OB, reversed);
    assertLabels(onStack());
  }

  /** A volume says so by its organisation type; some leave the dimensions out. Frames lie where they say. */
  @Test
  void takesFramesHoweverTheyAreOrganised() throws Exception {
    dataset
        .putString(Tag.DimensionOrganizationType, "3D")
        .remove(Tag.DimensionOrganizationSequence)
        .remove(Tag.DimensionIndexSequence);
    for (Dataset groups : dataset.items(Tag.PerFrameFunctionalGroupsSequence)) {
      groups.remove(Tag.FrameContentSequence);
    }
    assertLabels(onStack());
  }

  @Test
  void overlapsAreCountedAndTheLaterFrameWins() throws Exception {
    Segmentation read = SegmentationReader.read(dataset);
    Dataset second = dataset.items(Tag.PerFrameFunctionalGroupsSequence).get(1);
    Dataset first = dataset.items(Tag.PerFrameFunctionalGroupsSequence).get(0);
    second
        .putItems(
            Tag.SegmentIdentificationSequence,
            List.of(new Dataset().putInt(Tag.ReferencedSegmentNumber, 3)))
        .put(first.get(Tag.PlanePositionSequence))
        .put(first.get(Tag.DerivationImageSequence));
    SegmentationOnStack placed = onStack();
    assertEquals(read.mask(read.frames().get(1)).cardinality(), placed.overlappedPixels());
    assertEquals((byte) 200, placed.labels().labels().get(0)[0]);
  }

  @Test
  void framesOutsideTheStackAreReported() throws Exception {
    SegmentationOnStack placed =
        SegmentationReader.read(dataset)
            .toSliceLabels(CtFixture.axial(16, 24, 2).stack(), Map.of(1, 1));
    assertEquals(1, placed.unplaced().size());
    assertArrayEquals(new byte[16 * 24], onlyOther(placed));
  }

  @Test
  void refusesAFrameThatLiesElsewhereThanItsSource() throws Exception {
    dataset
        .items(Tag.PerFrameFunctionalGroupsSequence)
        .get(0)
        .items(Tag.PlanePositionSequence)
        .get(0)
        .putNumber(Tag.ImagePositionPatient, 207.5, -180.25, -126.690002);
    assertRefused("lies at");
  }

  @Test
  void refusesAnotherOrientation() throws Exception {
    dataset
        .items(Tag.SharedFunctionalGroupsSequence)
        .get(0)
        .items(Tag.PlaneOrientationSequence)
        .get(0)
        .putNumber(Tag.ImageOrientationPatient, -1, 0, 0, 0, 1, 0);
    assertRefused("orientation");
  }

  @Test
  void refusesAnotherMatrix() throws Exception {
    Segmentation read = SegmentationReader.read(dataset);
    assertThrows(
        DicomException.class,
        () -> read.toSliceLabels(CtFixture.axial(24, 16, 6).stack(), Map.of(1, 1)));
  }

  @Test
  void refusesWhatContradictsItself() {
    assertRefusedAfter(d -> d.putInt(Tag.NumberOfFrames, 999), "999");
    assertRefusedAfter(d -> d.putInt(Tag.Rows, 65535).putInt(Tag.Columns, 65535), "rows");
    assertRefusedAfter(d -> d.putBytes(Tag.PixelData, VR.OB, new byte[10]), "10 bytes");
    assertRefusedAfter(d -> d.putItems(Tag.SegmentSequence, List.of()), "does not describe");
    assertRefusedAfter(
        d -> d.items(Tag.SegmentSequence).forEach(s -> s.putInt(Tag.SegmentNumber, 1)), "twice");
    assertRefusedAfter(
        d -> d.items(Tag.PerFrameFunctionalGroupsSequence).get(0).remove(Tag.SegmentIdentificationSequence),
        "which segment");
  }

  @Test
  void refusesWhatIsNoSegmentation() {
    assertRefusedAfter(d -> d.putString(Tag.SOPClassUID, Uid.CTImageStorage), "no raster Segmentation");
    assertRefusedAfter(d -> d.putString(Tag.SegmentationType, "FRACTAL"), "type FRACTAL");
    assertRefusedAfter(d -> d.putString(Tag.SegmentationType, "FRACTIONAL"), "which FRACTIONAL does not allow");
    assertRefusedAfter(d -> d.putString(Tag.SegmentationType, "LABELMAP"), "contradicts its SOP class");
    assertRefusedAfter(
        d -> d.putString(Tag.SOPClassUID, Uid.LabelMapSegmentationStorage), "contradicts its SOP class");
    assertRefusedAfter(d -> d.remove(Tag.PixelData), "decompress");
  }

  @Test
  void refusesFractionsThatContradictThemselves() throws Exception {
    dataset = ct.write(labels, FRACTIONAL).dataset().orElseThrow();
    assertRefusedAfter(d -> d.putInt(Tag.MaximumFractionalValue, 256), "Maximum Fractional Value 256");
    assertRefusedAfter(d -> d.remove(Tag.MaximumFractionalValue), "MaximumFractionalValue");
    dataset.putInt(Tag.MaximumFractionalValue, 254);
    assertRefused("the value 255 in frame 1");
  }

  @Test
  void refusesALabelMapThatContradictsItself() throws Exception {
    dataset = ct.write(labels, LABELMAP).dataset().orElseThrow();
    assertRefusedAfter(
        d -> d.putItems(Tag.SegmentSequence, d.items(Tag.SegmentSequence).subList(0, 3)),
        "pixels of segment 3 in frame 2, which it does not describe");
    assertRefusedAfter(d -> d.putBytes(Tag.PixelData, VR.OB, new byte[16 * 24 - 1]), "383 bytes");
  }

  /** Segment numbers may have gaps, 0 may be one of them, and what is padding is said. */
  @Test
  void readsALabelMapOf16BitsWithGapsInItsNumbers() throws Exception {
    dataset = ct.write(labels, LABELMAP).dataset().orElseThrow();
    int[] numbers = {5, 300, 0, 65535};
    byte[] pixels = dataset.bytes(Tag.PixelData);
    byte[] wide = new byte[2 * pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      wide[2 * i] = (byte) numbers[pixels[i]];
      wide[2 * i + 1] = (byte) (numbers[pixels[i]] >> 8);
    }
    dataset
        .putBytes(Tag.PixelData, VR.OW, wide)
        .putInt(Tag.BitsAllocated, 16)
        .putInt(Tag.BitsStored, 16)
        .putInt(Tag.HighBit, 15)
        .putInt(Tag.PixelPaddingValue, 5);
    List<Dataset> segments = dataset.items(Tag.SegmentSequence);
    for (int i = 0; i < segments.size(); i++) {
      segments.get(i).putInt(Tag.SegmentNumber, numbers[i]);
    }
    assertLabels(onStack());
    assertEquals(
        List.of(300, 0, 65535),
        SegmentationReader.read(dataset).segments().stream().map(SegmentDescription::number).toList());
  }

  /** A frame counts for each of its segments: a few megabytes must not become gigabytes. */
  @Test
  void refusesALabelMapOfMoreSegmentsThanAnyoneDraws() throws Exception {
    dataset = ct.write(labels, LABELMAP).dataset().orElseThrow();
    byte[] all = new byte[2 << 16];
    for (int number = 0; number < 1 << 16; number++) {
      all[2 * number] = (byte) number;
      all[2 * number + 1] = (byte) (number >> 8);
    }
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    List<Dataset> frames = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      pixels.write(all);
      frames.add(dataset.items(Tag.PerFrameFunctionalGroupsSequence).get(0).copy());
    }
    List<Dataset> segments = new ArrayList<>();
    for (int number = 1; number < 1 << 16; number++) {
      segments.add(new Dataset().putInt(Tag.SegmentNumber, number));
    }
    dataset
        .putItems(Tag.PerFrameFunctionalGroupsSequence, frames)
        .putItems(Tag.SegmentSequence, segments)
        .putInt(Tag.NumberOfFrames, 20)
        .putInt(Tag.Rows, 256)
        .putInt(Tag.Columns, 256)
        .putInt(Tag.BitsAllocated, 16)
        .putInt(Tag.BitsStored, 16)
        .putInt(Tag.HighBit, 15)
        .putBytes(Tag.PixelData, VR.OW, pixels.toByteArray());
    DicomException refusal = assertThrows(DicomException.class, () -> SegmentationReader.read(dataset));
    assertTrue(refusal.getMessage().contains("more than 1000000 frames"), refusal.getMessage());
  }

  /** As some write it: no Pixel Padding Value, and the background is not described. */
  @Test
  void zeroIsBackgroundOfALabelMapThatDoesNotSay() throws Exception {
    dataset = ct.write(labels, LABELMAP).dataset().orElseThrow().remove(Tag.PixelPaddingValue);
    dataset.putItems(Tag.SegmentSequence, dataset.items(Tag.SegmentSequence).subList(1, 4));
    assertLabels(onStack());
    assertEquals(3, SegmentationReader.read(dataset).segments().size());
  }

  @Test
  void fractionsGoToTheLargestUnlessMoreIsLeftOver() throws Exception {
    // Three pixels: most of it spleen; half of it nothing, the rest shared; shared by three, spleen the largest.
    int[][] shares = {{200, 55, 0}, {60, 60, 0}, {100, 80, 75}};
    int[] classes = {1, 2, 200};
    dataset =
        ct.write(
                labels,
                (label, slice) -> {
                  byte[] fractions = new byte[16 * 24];
                  for (int i = 0; i < 3 && slice == 0; i++) {
                    for (int c = 0; c < 3; c++) {
                      fractions[i] = (byte) (classes[c] == label ? shares[i][c] : fractions[i]);
                    }
                  }
                  return Optional.of(fractions);
                },
                FRACTIONAL)
            .dataset()
            .orElseThrow();
    SegmentationOnStack placed = onStack();
    assertArrayEquals(new byte[] {1, 0, 1, 0}, Arrays.copyOf(placed.labels().labels().get(0), 4));
    assertEquals(0, placed.overlappedPixels());
    Segmentation read = SegmentationReader.read(dataset);
    assertEquals(3, read.frames().size());
    assertEquals("{0}", read.mask(read.frames().get(0)).toString());
  }

  @Test
  void fractionsThatAddUpToMoreThanAPixelOverlap() throws Exception {
    dataset =
        ct.write(
                labels,
                (label, slice) -> {
                  byte[] fractions = new byte[16 * 24];
                  fractions[7] = (byte) (label == 2 ? 250 : 200);
                  return slice == (label == 200 ? 4 : 3) ? Optional.of(fractions) : Optional.empty();
                },
                FRACTIONAL)
            .dataset()
            .orElseThrow();
    SegmentationOnStack placed = onStack();
    assertEquals(1, placed.overlappedPixels());
    assertEquals(2, placed.labels().labels().get(3)[7]);
  }

  /** As a peer is sent it that does not take RLE; frames of 23 x 31 bits end inside a byte. */
  @Test
  void decompressedItHasThePixelsOfTheUncompressedOne() throws Exception {
    CtFixture odd = CtFixture.axial(23, 31, 7);
    for (Kind kind : Kind.values()) {
      Dataset rle = odd.write(odd.boxes(), new SegmentationFormat(kind, Compression.RLE)).dataset().orElseThrow();
      Dataset plain = odd.write(odd.boxes(), new SegmentationFormat(kind, Compression.NONE)).dataset().orElseThrow();
      byte[] expected = plain.bytes(Tag.PixelData);
      byte[] pixels = PixelDecoder.decompressed(rle, TransferSyntax.RLE_LOSSLESS).bytes(Tag.PixelData);
      assertEquals(expected.length, pixels.length + (pixels.length & 1), kind.name());
      assertArrayEquals(expected, Arrays.copyOf(pixels, expected.length), kind.name());
    }
  }

  @Test
  void refusesCompressedFramesThatCannotBeFound() throws Exception {
    dataset = ct.write(labels, new SegmentationFormat(Kind.LABELMAP, Compression.RLE)).dataset().orElseThrow();
    assertRefusedAfter(d -> {}, "not of transfer syntax");
    List<byte[]> fragments = new ArrayList<>(dataset.get(Tag.PixelData).fragments());
    assertEquals(7, fragments.size());
    fragments.remove(6);
    assertRefusedAs(TransferSyntax.RLE_LOSSLESS, fragments, "5 fragments for 6 frames");
    fragments.add(new byte[64]);
    assertRefusedAs(TransferSyntax.RLE_LOSSLESS, fragments, "frame 6: ");
    assertRefusedAs(TransferSyntax.JPEG_2000_LOSSLESS, fragments, "frame 1: ");
  }

  private void assertRefusedAs(TransferSyntax ts, List<byte[]> fragments, String why) {
    Dataset changed = dataset.copy().put(Element.ofFragments(Tag.PixelData, VR.OB, fragments));
    DicomException refusal =
        assertThrows(
            DicomException.class, () -> SegmentationReader.read(new DicomFile(new Dataset(), changed, ts)));
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(changed.string(Tag.SOPInstanceUID).orElseThrow()));
  }

  private SegmentationOnStack onStack() throws DicomException {
    Segmentation read = SegmentationReader.read(dataset);
    return read.toSliceLabels(ct.stack(), read.classes(CtFixture.TABLE));
  }

  private void assertLabels(SegmentationOnStack placed) {
    for (int k = 0; k < labels.labels().size(); k++) {
      assertArrayEquals(labels.labels().get(k), placed.labels().labels().get(k), "slice " + k);
    }
  }

  /** The last slice that holds nothing but what segment 1 has there, cleared of it. */
  private static byte[] onlyOther(SegmentationOnStack placed) {
    byte[] slice = placed.labels().labels().get(1).clone();
    for (int i = 0; i < slice.length; i++) {
      slice[i] = slice[i] == 1 ? 0 : slice[i];
    }
    return slice;
  }

  private void assertRefused(String why) {
    DicomException refusal = assertThrows(DicomException.class, this::onStack);
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
    assertTrue(
        refusal.getMessage().contains(dataset.string(Tag.SOPInstanceUID).orElseThrow()), refusal.getMessage());
  }

  private void assertRefusedAfter(Consumer<Dataset> change, String why) {
    Dataset changed = dataset.copy();
    change.accept(changed);
    DicomException refusal =
        assertThrows(DicomException.class, () -> SegmentationReader.read(changed));
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
  }
}
