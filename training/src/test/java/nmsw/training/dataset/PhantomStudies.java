package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.seg.AlgorithmIdentification;
import nmsw.seg.Equipment;
import nmsw.seg.ResultUids;
import nmsw.seg.SegmentFractions;
import nmsw.seg.SegmentationFormat;
import nmsw.seg.SegmentationWriter;
import nmsw.volume.LabelTable;
import nmsw.volume.LabelVolume;
import nmsw.volume.Nifti;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Volume;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;

/**
 * Phantoms as CT series, with Segmentations by this project's own writer.
 *
 * @param from where they are written
 * @param to the data set that they are compared with
 */
record PhantomStudies(Path from, Path to) {
  static final LabelTable TABLE = AbdomenPhantom.labelTable();

  static SliceStack stack(int slices) {
    return AbdomenPhantom.standardStack(52, 44, slices, 7.5, 8.5, 12);
  }

  List<Path> series(String name, long seed, int slices) throws IOException {
    return PhantomSeries.write(from.resolve(name), new AbdomenPhantom(seed), stack(slices), seed);
  }

  static Dataset header(List<Path> series) throws IOException {
    return DicomReader.readUntil(series.get(0), Tag.PixelData).dataset();
  }

  static String seriesUid(List<Path> series) throws IOException {
    return header(series).requireString(Tag.SeriesInstanceUID);
  }

  /** The truth as a Segmentation; {@code number} tells two of one series apart. */
  void segment(List<Path> series, long seed, int slices, int number) throws IOException {
    segment(series, seed, slices, number, SegmentationFormat.DEFAULT, 0);
  }

  /** As the other in any format, a border of the slices cut off. */
  void segment(List<Path> series, long seed, int slices, int number, SegmentationFormat format, int border)
      throws IOException {
    SliceLabels labels =
        cropped(new AbdomenPhantom(seed).labels(PhantomSeries.identified(stack(slices), seed)), border);
    Dataset header =
        header(series).putInt(Tag.Rows, labels.stack().rows()).putInt(Tag.Columns, labels.stack().columns());
    SegmentFractions whole =
        (label, k) -> {
          byte[] fractions = labels.labels().get(k).clone();
          for (int i = 0; i < fractions.length; i++) {
            fractions[i] = (byte) ((fractions[i] & 0xFF) == label ? SegmentFractions.WHOLE : 0);
          }
          return Optional.of(fractions);
        };
    Path file = from.resolve("labels-" + seed + "-" + slices + "-" + number + ".dcm");
    try (OutputStream out = Files.newOutputStream(file)) {
      SegmentationWriter.write(
              labels,
              whole,
              TABLE,
              header,
              new AlgorithmIdentification("truth", "1", "none"),
              new Equipment("NMSW", "phantom", "1", "1"),
              ResultUids.derive(seriesUid(series), Set.of("1"), "truth", Integer.toString(number)),
              Clock.fixed(Instant.EPOCH, ZoneOffset.UTC),
              format)
          .writeFile(out);
    }
  }

  private static SliceLabels cropped(SliceLabels whole, int border) {
    SliceStack stack = whole.stack();
    int columns = stack.columns() - 2 * border;
    int rows = stack.rows() - 2 * border;
    List<SliceStack.Slice> slices = new ArrayList<>();
    List<byte[]> labels = new ArrayList<>();
    for (int k = 0; k < stack.size(); k++) {
      SliceStack.Slice slice = stack.slices().get(k);
      slices.add(
          new SliceStack.Slice(
              slice.sopInstanceUid(), slice.sopClassUid(), slice.frame(), slice.instanceNumber(),
              stack.toPatient(border, border, k)));
      byte[] inside = new byte[rows * columns];
      for (int r = 0; r < rows; r++) {
        System.arraycopy(
            whole.labels().get(k), (r + border) * stack.columns() + border, inside, r * columns, columns);
      }
      labels.add(inside);
    }
    SliceStack part =
        new SliceStack(
            columns, rows, stack.columnSpacing(), stack.rowSpacing(), stack.rowDirection(), stack.columnDirection(),
            slices);
    return new SliceLabels(part, labels);
  }

  void assertIsPhantom(CaseRow row, long seed, int slices) throws IOException {
    AbdomenPhantom phantom = new AbdomenPhantom(seed);
    Volume image = Nifti.readVolume(StoredCases.image(to, row.name()));
    LabelVolume labels = Nifti.readLabels(StoredCases.labels(to, row.name()));
    SliceLabels truth = phantom.labels(stack(slices));
    int plane = 52 * 44;
    for (int k = 0; k < slices; k++) {
      assertArrayEquals(
          truth.labels().get(k), Arrays.copyOfRange(labels.labels(), k * plane, (k + 1) * plane), "labels " + k);
      short[] expected = phantom.hounsfield(stack(slices), k);
      for (int p = 0; p < plane; p++) {
        expected[p] = (short) Math.max(-1024, Math.min(3071, expected[p]));
      }
      assertArrayEquals(
          expected, Arrays.copyOfRange(image.hounsfield(), k * plane, (k + 1) * plane), "slice " + k);
    }
    assertEquals(stack(slices).slices().get(0).position(), image.grid().origin());
    assertEquals(12, image.grid().stepZ().z(), 1e-5);
  }
}
