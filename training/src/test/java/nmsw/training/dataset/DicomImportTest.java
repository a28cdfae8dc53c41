package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Phantoms as CT series, with Segmentations by this project's own writer. */
class DicomImportTest {
  private static final LabelTable TABLE = AbdomenPhantom.labelTable();

  @TempDir private Path folder;
  private Path from;
  private Path to;

  @BeforeEach
  void phantomClasses() throws IOException {
    from = Files.createDirectories(folder.resolve("from"));
    to = folder.resolve("set");
    TABLE.write(folder.resolve("table.csv"));
  }

  private static SliceStack stack(int slices) {
    return AbdomenPhantom.standardStack(52, 44, slices, 7.5, 8.5, 12);
  }

  private List<Path> series(String name, long seed, int slices) throws IOException {
    return PhantomSeries.write(from.resolve(name), new AbdomenPhantom(seed), stack(slices), seed);
  }

  private static Dataset header(List<Path> series) throws IOException {
    return DicomReader.readUntil(series.get(0), Tag.PixelData).dataset();
  }

  private static String seriesUid(List<Path> series) throws IOException {
    return header(series).requireString(Tag.SeriesInstanceUID);
  }

  /** The truth as a Segmentation; {@code number} tells two of one series apart. */
  private void segment(List<Path> series, long seed, int slices, int number) throws IOException {
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

  private static void change(Path file, int tag, String value) throws IOException {
    Dataset dataset = DicomReader.read(file).dataset();
    DicomWriter.writeFile(file, dataset.putString(tag, value), TransferSyntax.EXPLICIT_LE);
  }

  private static void assertRefused(Importing result, String name, String code) {
    assertTrue(
        result.out.lines().anyMatch(line -> line.startsWith("left out: " + name) && line.contains(code)),
        result.out + result.err);
  }

  private void assertIsPhantom(CaseRow row, long seed, int slices) throws IOException {
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

  @Test
  void aSeriesAndItsSegmentationBecomeACase() throws IOException {
    List<Path> ct = series("study/ct", 3, 24);
    segment(ct, 3, 24, 0);
    Files.writeString(from.resolve("README.txt"), "exported by a PACS");
    Files.write(from.resolve("empty.dcm"), new byte[0]);
    Files.copy(from.resolve("labels-3-24-0.dcm"), from.resolve("copy.dcm"));
    Importing result = Importing.run(from, to);
    assertEquals(0, result.exitCode, result.out + result.err);
    CaseRow row = Importing.rows(to).get(0);
    assertIsPhantom(row, 3, 24);
    assertEquals(List.of(), row.findings());
    assertTrue(row.annotated().size() > 5, row.annotated().toString());
    try (Stream<Path> files = Files.walk(to)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = file.getFileName() + Files.readString(file, StandardCharsets.ISO_8859_1);
        assertFalse(text.contains("PHANTOM-3") || text.contains(seriesUid(ct)), file + " tells the patient or the series");
      }
    }
    Importing again = Importing.run(from, to);
    assertTrue(again.out.contains("0 studies added, 1 there before, 0 left out"), again.out);
  }

  @Test
  void aLabelMapNamedAsTheSeriesIsTaken() throws IOException {
    List<Path> ct = series("ct", 4, 20);
    PhantomSeries.writeTruth(from.resolve(seriesUid(ct) + ".nii.gz"), new AbdomenPhantom(4), stack(20));
    PhantomSeries.writeTruth(from.resolve("1.2.3.4.nii.gz"), new AbdomenPhantom(4), stack(20));
    Importing result = Importing.run(from, to, "--layout", "dicom");
    assertIsPhantom(Importing.rows(to).get(0), 4, 20);
    assertRefused(result, "1.2.3.4", "NO_IMAGE");
  }

  @Test
  void seriesOfAPatientAreInOnePart() throws IOException {
    for (int slices = 17; slices < 23; slices++) {
      segment(series("ct" + slices, 5, slices), 5, slices, 0);
    }
    Importing.run(from, to, "--fractions", "0.34,0.33,0.33");
    List<CaseRow> rows = Importing.rows(to);
    assertEquals(6, rows.size());
    Set<String> patients = new HashSet<>(rows.stream().map(CaseRow::patient).toList());
    assertEquals(1, patients.size());
    assertEquals(1, new HashSet<>(rows.stream().map(CaseRow::part).toList()).size());
  }

  @Test
  void whatDoesNotBelongTogetherIsReported() throws IOException {
    List<Path> bare = series("bare", 6, 20);
    List<Path> twice = series("twice", 7, 20);
    segment(twice, 7, 20, 0);
    segment(twice, 7, 20, 1);
    List<Path> gone = series("gone", 8, 20);
    segment(gone, 8, 20, 0);
    for (Path file : gone) {
      Files.delete(file);
    }
    Importing result = Importing.run(from, to);
    assertRefused(result, seriesUid(bare), "NO_LABELS");
    assertRefused(result, seriesUid(twice), "AMBIGUOUS_LABELS");
    assertTrue(result.out.contains("NO_IMAGE"), result.out);
    assertEquals(3, result.exitCode);
  }

  @Test
  void badSeriesAreRefusedByCodeAndTheOthersGoOn() throws IOException {
    List<Path> hole = series("hole", 10, 20);
    segment(hole, 10, 20, 0);
    Files.delete(hole.get(9));
    List<Path> cut = series("cut", 11, 20);
    segment(cut, 11, 20, 0);
    Files.write(cut.get(3), Arrays.copyOf(Files.readAllBytes(cut.get(3)), 3000));
    List<Path> burnt = series("burnt", 12, 20);
    segment(burnt, 12, 20, 0);
    for (Path file : burnt) {
      change(file, Tag.BurnedInAnnotation, "YES");
    }
    List<Path> mixed = series("mixed", 13, 20);
    segment(mixed, 13, 20, 0);
    change(mixed.get(4), Tag.PatientID, "somebody else");
    segment(series("good", 14, 20), 14, 20, 0);
    Files.write(from.resolve("stump.dcm"), Arrays.copyOf(Files.readAllBytes(mixed.get(0)), 200));
    Importing result = Importing.run(from, to);
    assertRefused(result, seriesUid(hole), "MISSING_SLICES");
    assertRefused(result, seriesUid(cut), "UNREADABLE");
    assertRefused(result, seriesUid(burnt), "IDENTIFYING");
    assertRefused(result, seriesUid(mixed), "IDENTIFYING");
    assertRefused(result, "stump.dcm", "UNREADABLE");
    assertEquals(1, Importing.rows(to).size());
    assertIsPhantom(Importing.rows(to).get(0), 14, 20);
  }

  @Test
  void dicomStudiesNeverKeepTheirNames() throws IOException {
    series("ct", 15, 20);
    Importing result = Importing.run(from, to, "--keep-names");
    assertEquals(2, result.exitCode);
    assertFalse(Files.exists(to));
  }
}
