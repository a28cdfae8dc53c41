package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomFile;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GridPlacementTest {
  private final CtFixture ct = new CtFixture(20, 14, 7, "0.9", "0.7", CtFixture.AXIAL);

  @ParameterizedTest
  @EnumSource(SegmentationFormat.Kind.class)
  void onItsOwnSlicesNothingChanges(SegmentationFormat.Kind kind) throws Exception {
    SliceLabels labels = ct.boxes();
    Segmentation read = read(ct, labels, kind);
    SegmentationOnStack placed = read.resampledOnto(ct.stack(), read.classes(CtFixture.TABLE));
    for (int k = 0; k < 7; k++) {
      assertArrayEquals(labels.labels().get(k), placed.labels().labels().get(k));
    }
    assertEquals(List.of(), placed.unplaced());
  }

  @Test
  void knowsItsOwnGrid() throws Exception {
    Segmentation read = read(ct, ct.boxes(), SegmentationFormat.Kind.BINARY);
    assertTrue(read.hasGridOf(ct.stack()));
    assertFalse(read.hasGridOf(new CtFixture(14, 20, 7, "0.9", "0.7", CtFixture.AXIAL).stack()));
    assertFalse(read.hasGridOf(new CtFixture(20, 14, 7, "0.9", "0.71", CtFixture.AXIAL).stack()));
    assertFalse(
        read.hasGridOf(new CtFixture(20, 14, 7, "0.9", "0.7", CtFixture.AXIAL_PRONE_FEET_FIRST).stack()));
  }

  @Test
  void tiltedPlanesKeepTheirOwnPositions() throws Exception {
    CtFixture tilted = new CtFixture(20, 14, 7, "0.9", "0.7", CtFixture.TILTED);
    SliceLabels labels = tilted.boxes();
    Segmentation read = read(tilted, labels, SegmentationFormat.Kind.BINARY);
    SegmentationOnStack placed = read.resampledOnto(tilted.stack(), read.classes(CtFixture.TABLE));
    for (int k = 0; k < 7; k++) {
      assertArrayEquals(labels.labels().get(k), placed.labels().labels().get(k));
    }
  }

  /** Axial frames on sagittal slices: every voxel is asked for at its own place. */
  @Test
  void acrossItsPlanes() throws Exception {
    SliceLabels labels = ct.boxes();
    SliceStack axial = ct.stack();
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (int c = 0; c < 14; c++) {
      slices.add(new SliceStack.Slice("1.2." + c, "1.2", 1, c, axial.toPatient(c, 0, 0)));
    }
    // Its columns run along the axial rows' order, its rows along the axial slices.
    SliceStack sagittal = new SliceStack(20, 7, 0.9, 1.25, axial.columnDirection(), axial.normal(), slices);
    Segmentation read = read(ct, labels, SegmentationFormat.Kind.LABELMAP);
    SegmentationOnStack placed = read.resampledOnto(sagittal, read.classes(CtFixture.TABLE));
    for (int c = 0; c < 14; c++) {
      for (int r = 0; r < 20; r++) {
        for (int k = 0; k < 7; k++) {
          assertEquals(
              labels.labels().get(k)[r * 14 + c], placed.labels().labels().get(c)[k * 20 + r], c + " " + r + " " + k);
        }
      }
    }
  }

  /** A frame that is not there leaves a gap, and what is outside of the slices is said. */
  @Test
  void missingAndOutlyingFrames() throws Exception {
    SliceLabels labels = ct.boxes();
    for (int i = 0; i < 20 * 14; i++) {
      labels.labels().get(3)[i] = 0;
    }
    Segmentation read = read(ct, labels, SegmentationFormat.Kind.BINARY);
    SliceStack whole = ct.stack();
    SliceStack part =
        new SliceStack(
            14, 20, 0.7, 0.9, whole.rowDirection(), whole.columnDirection(), whole.slices().subList(2, 5));
    SegmentationOnStack placed = read.resampledOnto(part, Map.of(1, 1, 2, 2, 3, 200));
    for (int k = 0; k < 3; k++) {
      assertArrayEquals(labels.labels().get(k + 2), placed.labels().labels().get(k));
    }
    assertEquals(
        List.of("1:0", "1:1", "2:5", "2:6", "3:1", "3:5"),
        placed.unplaced().stream()
            .map(f -> f.segmentNumber() + ":" + sliceOf(f.sources().get(0).sopInstanceUid()))
            .toList());
  }

  private int sliceOf(String uid) {
    return ct.stack().slices().stream().map(SliceStack.Slice::sopInstanceUid).toList().indexOf(uid);
  }

  @Test
  void refusesWhatHasNoPlace() {
    assertRefused(d -> shared(d).remove(Tag.PixelMeasuresSequence), "pixel spacing");
    assertRefused(d -> frame(d, 1).remove(Tag.PlanePositionSequence), "where frame 2 lies");
    assertRefused(
        d -> position(d, 0).putNumber(Tag.ImagePositionPatient, -100, -180.25, -125.440002), "side by side");
    assertRefused(
        d -> orientation(d).putNumber(Tag.ImageOrientationPatient, 0, 0, 0, 0, 1, 0), "orientation that is none");
    assertRefused(
        d ->
            frame(d, 2)
                .putItems(
                    Tag.PlaneOrientationSequence,
                    List.of(new Dataset().putNumber(Tag.ImageOrientationPatient, 0, 1, 0, 1, 0, 0))),
        "another orientation");
  }

  /** Fragments of a few bytes may claim pixels that would fill the memory. */
  @Test
  void refusesMoreVoxelsThanItHoldsBeforeAnyIsDecoded() throws Exception {
    CtFixture deep = CtFixture.axial(20, 14, 30);
    SegmentationFormat rle = new SegmentationFormat(SegmentationFormat.Kind.BINARY, SegmentationFormat.Compression.RLE);
    Dataset dataset =
        deep.write(deep.boxes(), rle).dataset().orElseThrow().putInt(Tag.Rows, 8192).putInt(Tag.Columns, 8192);
    Segmentation read = SegmentationReader.read(new DicomFile(new Dataset(), dataset, TransferSyntax.RLE_LOSSLESS));
    DicomException refusal =
        assertThrows(DicomException.class, () -> read.resampledOnto(deep.stack(), Map.of(1, 1)));
    assertTrue(refusal.getMessage().contains("30 planes of 8192 x 8192"), refusal.getMessage());
  }

  private void assertRefused(Consumer<Dataset> change, String why) {
    DicomException refusal =
        assertThrows(
            DicomException.class,
            () -> {
              Dataset dataset = ct.write(ct.boxes()).dataset().orElseThrow();
              change.accept(dataset);
              SegmentationReader.read(dataset).resampledOnto(ct.stack(), Map.of(1, 1, 2, 2, 3, 3));
            });
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
  }

  private static Dataset shared(Dataset dataset) {
    return dataset.items(Tag.SharedFunctionalGroupsSequence).get(0);
  }

  private static Dataset orientation(Dataset dataset) {
    return shared(dataset).items(Tag.PlaneOrientationSequence).get(0);
  }

  private static Dataset frame(Dataset dataset, int index) {
    return dataset.items(Tag.PerFrameFunctionalGroupsSequence).get(index);
  }

  private static Dataset position(Dataset dataset, int index) {
    return frame(dataset, index).items(Tag.PlanePositionSequence).get(0);
  }

  private static Segmentation read(CtFixture ct, SliceLabels labels, SegmentationFormat.Kind kind)
      throws Exception {
    SegmentationFormat format = new SegmentationFormat(kind, SegmentationFormat.Compression.NONE);
    return SegmentationReader.read(ct.write(labels, format).dataset().orElseThrow());
  }
}
