package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.seg.AlgorithmIdentification;
import nmsw.seg.Equipment;
import nmsw.seg.ResultUids;
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
    SliceLabels labels = new AbdomenPhantom(seed).labels(PhantomSeries.identified(stack(slices), seed));
    Dataset segmentation =
        SegmentationWriter.write(
                labels,
                TABLE,
                header(series),
                new AlgorithmIdentification("truth", "1", "none"),
                new Equipment("NMSW", "phantom", "1", "1"),
                ResultUids.derive(seriesUid(series), Set.of("1"), "truth", Integer.toString(number)),
                Clock.fixed(Instant.EPOCH, ZoneOffset.UTC))
            .dataset()
            .orElseThrow();
    Path file = from.resolve("labels-" + seed + "-" + slices + "-" + number + ".dcm");
    DicomWriter.writeFile(file, segmentation, TransferSyntax.EXPLICIT_LE);
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
