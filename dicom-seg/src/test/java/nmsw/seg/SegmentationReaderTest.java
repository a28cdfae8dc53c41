package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.volume.SliceLabels;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SegmentationReaderTest {
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
  void refusesOtherKindsByName() {
    assertRefusedAfter(d -> d.putString(Tag.SegmentationType, "FRACTIONAL"), "FRACTIONAL");
    assertRefusedAfter(
        d -> d.putString(Tag.SOPClassUID, Uid.LabelMapSegmentationStorage), "not Segmentation Storage");
    assertRefusedAfter(d -> d.remove(Tag.PixelData), "decompress");
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
    assertTrue(refusal.getMessage().contains(ct.uids().sopInstanceUid()), refusal.getMessage());
  }

  private void assertRefusedAfter(Consumer<Dataset> change, String why) {
    Dataset changed = dataset.copy();
    change.accept(changed);
    DicomException refusal =
        assertThrows(DicomException.class, () -> SegmentationReader.read(changed));
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
  }
}
