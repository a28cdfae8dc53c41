package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
import nmsw.seg.SegmentationFormat;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Phantoms as CT series, with Segmentations by this project's own writer. */
class DicomImportTest {
  @TempDir private Path folder;
  private Path from;
  private Path to;
  private PhantomStudies studies;

  @BeforeEach
  void phantomClasses() throws IOException {
    from = Files.createDirectories(folder.resolve("from"));
    to = folder.resolve("set");
    studies = new PhantomStudies(from, to);
    PhantomStudies.TABLE.write(folder.resolve("table.csv"));
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

  @Test
  void aSeriesAndItsSegmentationBecomeACase() throws IOException {
    List<Path> ct = studies.series("study/ct", 3, 24);
    studies.segment(ct, 3, 24, 0);
    Files.writeString(from.resolve("README.txt"), "exported by a PACS");
    Files.write(from.resolve("empty.dcm"), new byte[0]);
    Files.copy(from.resolve("labels-3-24-0.dcm"), from.resolve("copy.dcm"));
    Importing result = Importing.run(from, to);
    assertEquals(0, result.exitCode, result.out + result.err);
    CaseRow row = Importing.rows(to).get(0);
    studies.assertIsPhantom(row, 3, 24);
    assertEquals(List.of(), row.findings());
    assertTrue(row.annotated().size() > 5, row.annotated().toString());
    try (Stream<Path> files = Files.walk(to)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = file.getFileName() + Files.readString(file, StandardCharsets.ISO_8859_1);
        assertFalse(text.contains("PHANTOM-3") || text.contains(PhantomStudies.seriesUid(ct)), file + " tells the patient or the series");
      }
    }
    Importing again = Importing.run(from, to);
    assertTrue(again.out.contains("0 studies added, 1 there before, 0 left out"), again.out);
  }

  @ParameterizedTest
  @CsvSource({"labelmap,rle,0", "fractional,deflated,0", "binary,none,1"})
  void segmentationsOfEveryKindAndGridAreRead(String kind, String compression, int border) throws IOException {
    List<Path> ct = studies.series("ct", 3, 24);
    studies.segment(ct, 3, 24, 0, SegmentationFormat.parse(kind, compression), border);
    Importing result = Importing.run(from, to);
    assertEquals(0, result.exitCode, result.out + result.err);
    CaseRow row = Importing.rows(to).get(0);
    studies.assertIsPhantom(row, 3, 24);
    List<String> findings = border == 0 ? List.of() : List.of("RESAMPLED labels of another grid than the series'");
    assertEquals(findings, row.findings());
  }

  @Test
  void aLabelMapNamedAsTheSeriesIsTaken() throws IOException {
    List<Path> ct = studies.series("ct", 4, 20);
    PhantomSeries.writeTruth(from.resolve(PhantomStudies.seriesUid(ct) + ".nii.gz"), new AbdomenPhantom(4), PhantomStudies.stack(20));
    PhantomSeries.writeTruth(from.resolve("1.2.3.4.nii.gz"), new AbdomenPhantom(4), PhantomStudies.stack(20));
    Importing result = Importing.run(from, to, "--layout", "dicom");
    studies.assertIsPhantom(Importing.rows(to).get(0), 4, 20);
    assertRefused(result, "1.2.3.4", "NO_IMAGE");
  }

  @Test
  void seriesOfAPatientAreInOnePart() throws IOException {
    for (int slices = 17; slices < 23; slices++) {
      studies.segment(studies.series("ct" + slices, 5, slices), 5, slices, 0);
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
    List<Path> bare = studies.series("bare", 6, 20);
    List<Path> twice = studies.series("twice", 7, 20);
    studies.segment(twice, 7, 20, 0);
    studies.segment(twice, 7, 20, 1);
    List<Path> gone = studies.series("gone", 8, 20);
    studies.segment(gone, 8, 20, 0);
    for (Path file : gone) {
      Files.delete(file);
    }
    Importing result = Importing.run(from, to);
    assertRefused(result, PhantomStudies.seriesUid(bare), "NO_LABELS");
    assertRefused(result, PhantomStudies.seriesUid(twice), "AMBIGUOUS_LABELS");
    assertTrue(result.out.contains("NO_IMAGE"), result.out);
    assertEquals(3, result.exitCode);
  }

  @Test
  void badSeriesAreRefusedByCodeAndTheOthersGoOn() throws IOException {
    List<Path> hole = studies.series("hole", 10, 20);
    studies.segment(hole, 10, 20, 0);
    Files.delete(hole.get(9));
    List<Path> cut = studies.series("cut", 11, 20);
    studies.segment(cut, 11, 20, 0);
    Files.write(cut.get(3), Arrays.copyOf(Files.readAllBytes(cut.get(3)), 3000));
    List<Path> burnt = studies.series("burnt", 12, 20);
    studies.segment(burnt, 12, 20, 0);
    for (Path file : burnt) {
      change(file, Tag.BurnedInAnnotation, "YES");
    }
    List<Path> mixed = studies.series("mixed", 13, 20);
    studies.segment(mixed, 13, 20, 0);
    change(mixed.get(4), Tag.PatientID, "somebody else");
    studies.segment(studies.series("good", 14, 20), 14, 20, 0);
    Files.write(from.resolve("stump.dcm"), Arrays.copyOf(Files.readAllBytes(mixed.get(0)), 200));
    Importing result = Importing.run(from, to);
    assertRefused(result, PhantomStudies.seriesUid(hole), "MISSING_SLICES");
    assertRefused(result, PhantomStudies.seriesUid(cut), "UNREADABLE");
    assertRefused(result, PhantomStudies.seriesUid(burnt), "IDENTIFYING");
    assertRefused(result, PhantomStudies.seriesUid(mixed), "IDENTIFYING");
    assertRefused(result, "stump.dcm", "UNREADABLE");
    assertEquals(1, Importing.rows(to).size());
    studies.assertIsPhantom(Importing.rows(to).get(0), 14, 20);
  }

  @Test
  void dicomStudiesNeverKeepTheirNames() throws IOException {
    studies.series("ct", 15, 20);
    Importing result = Importing.run(from, to, "--keep-names");
    assertEquals(2, result.exitCode);
    assertFalse(Files.exists(to));
  }
}
