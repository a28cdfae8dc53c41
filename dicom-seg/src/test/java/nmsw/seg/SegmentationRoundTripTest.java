package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.TransferSyntax;
import nmsw.volume.SliceLabels;

class SegmentationRoundTripTest {
  private static final String[][] ORIENTATIONS = {
    CtFixture.AXIAL, CtFixture.AXIAL_PRONE_FEET_FIRST, CtFixture.SAGITTAL, {"1", "0", "0", "0", "0", "-1"}
  };

  @Property(tries = 150)
  void labelsSurviveBytesAndBack(
      @ForAll @IntRange(min = 1, max = 33) int rows,
      @ForAll @IntRange(min = 1, max = 33) int columns,
      @ForAll @IntRange(min = 1, max = 6) int slices,
      @ForAll @IntRange(min = 0, max = 3) int orientation,
      @ForAll long seed)
      throws Exception {
    CtFixture ct =
        new CtFixture(rows, columns, slices, "0.7", "0.9", ORIENTATIONS[orientation]);
    SliceLabels labels = ct.scattered(seed);
    Optional<Dataset> dataset = ct.write(labels).dataset();
    boolean anything = labels.labels().stream().anyMatch(slice -> !isBlank(slice));
    assertEquals(anything, dataset.isPresent());
    if (anything) {
      assertSameLabels(labels, SegmentationReader.read(throughBytes(dataset.get())));
    }
  }

  private static Dataset throughBytes(Dataset dataset) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeFile(out, dataset, TransferSyntax.EXPLICIT_LE);
    return DicomReader.read(new ByteArrayInputStream(out.toByteArray()), ParseLimits.defaults()).dataset();
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
