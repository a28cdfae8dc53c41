package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Phantom studies stored in DCMTK's archive, and imported from there. */
@Timeout(240)
class PacsImportIT {
  @TempDir private Path folder;
  private Path to;
  private Path spool;
  private PhantomStudies studies;
  private Dcmqrscp pacs;

  @BeforeEach
  void start() throws IOException {
    to = folder.resolve("set");
    spool = Files.createDirectory(folder.resolve("spool"));
    studies = new PhantomStudies(Files.createDirectory(folder.resolve("from")), to);
    PhantomStudies.TABLE.write(folder.resolve("table.csv"));
    pacs = Dcmqrscp.start(folder);
  }

  @AfterEach
  void stop() {
    if (pacs != null) {
      pacs.close();
    }
  }

  private Importing retrieve(String method, String... more) throws IOException {
    List<String> origin =
        new ArrayList<>(
            List.of("--pacs", pacs.address.toString(), "--spool", spool.toString(), "--retrieve", method));
    if (method.equals("move")) {
      origin.addAll(List.of("--port", Integer.toString(pacs.destinationPort)));
    }
    if (!List.of(more).contains("--aet")) {
      origin.addAll(List.of("--aet", Dcmqrscp.DESTINATION));
    }
    Importing result = Importing.run(origin, to, more);
    try (Stream<Path> left = Files.list(spool)) {
      assertEquals(List.of(), left.toList(), "the spool is removed");
    }
    return result;
  }

  private static String studyUid(List<Path> series) throws IOException {
    return PhantomStudies.header(series).requireString(Tag.StudyInstanceUID);
  }

  private static void assertSays(String text, Importing result) {
    assertTrue(result.out.contains(text), result.out + result.err);
  }

  @ParameterizedTest
  @ValueSource(strings = {"get", "move"})
  void aStudyOfTheArchiveBecomesACaseOnce(String method) throws IOException {
    studies.segment(studies.series("ct", 3, 24), 3, 24, 0);
    studies.segment(studies.series("other", 4, 20), 4, 20, 0);
    pacs.store(studies.from());
    Importing result = retrieve(method, "--query", "PatientID=PHANTOM-3");
    assertEquals(0, result.exitCode, result.out + result.err + pacs.log());
    assertSays("1 studies added, 0 there before, 0 left out", result);
    studies.assertIsPhantom(Importing.rows(to).get(0), 3, 24);
    assertFalse((result.out + result.err).contains("PHANTOM-3"), result.out + result.err);
    Map<String, String> files = Importing.files(to);
    Importing again = retrieve(method, "--query", "PatientID=PHANTOM-3");
    assertSays("1 studies looked at, 0 bytes fetched", again);
    assertSays("0 studies added, 1 there before, 0 left out", again);
    files.keySet().removeIf(name -> name.equals("report.html"));
    Map<String, String> after = Importing.files(to);
    after.keySet().removeIf(name -> name.equals("report.html"));
    assertEquals(files, after);
  }

  @Test
  void listedStudiesAreFetchedAndOnlyTheirLabelledSeries() throws IOException {
    List<Path> labelled = studies.series("labelled", 5, 20);
    studies.segment(labelled, 5, 20, 0);
    List<Path> sameStudy = studies.series("unlabelled series", 5, 21);
    assertEquals(studyUid(labelled), studyUid(sameStudy));
    List<Path> bare = studies.series("unlabelled study", 6, 20);
    pacs.store(studies.from());
    Path list =
        Files.write(folder.resolve("studies.txt"), List.of(studyUid(labelled), "", studyUid(bare), "1.2.3.4"));
    Importing result = retrieve("get", "--study-uids", list.toString());
    assertSays("3 studies looked at", result);
    assertSays("1 studies added, 0 there before, 0 left out", result);
    studies.assertIsPhantom(Importing.rows(to).get(0), 5, 20);
    studies.segment(sameStudy, 5, 21, 0);
    pacs.store(studies.from());
    Importing later = retrieve("get", "--study-uids", list.toString());
    assertSays("1 studies added, 1 there before, 0 left out", later);
    studies.assertIsPhantom(Importing.rows(to).get(1), 5, 21);
  }

  @Test
  void labelsThatNameNoSeriesAreNotThoseOfTheOneThatIsFetched() throws IOException {
    List<Path> labelled = studies.series("labelled", 5, 20);
    studies.series("unlabelled series", 5, 21);
    studies.segment(labelled, 5, 20, 0);
    studies.segment(labelled, 5, 20, 1);
    Path vague = studies.from().resolve("labels-5-20-1.dcm");
    Dataset object = DicomReader.read(vague).dataset().remove(Tag.ReferencedSeriesSequence);
    DicomWriter.writeFile(vague, object, TransferSyntax.EXPLICIT_LE);
    pacs.store(studies.from());
    Importing result = retrieve("get", "--query", "PatientID=PHANTOM-5");
    assertSays("1 studies added, 0 there before, 1 left out", result);
    assertSays("left out: " + object.requireString(Tag.SeriesInstanceUID), result);
    assertSays("NO_IMAGE", result);
    studies.assertIsPhantom(Importing.rows(to).get(0), 5, 20);
  }

  @Test
  void aRealStudyWithItsStructuresIsTheSameAsFromAFolder() throws IOException {
    Path from = RealStudiesIT.series(folder.resolve("real"), true);
    RealStudiesIT.table().write(folder.resolve("table.csv"));
    pacs.store(from);
    Importing result = retrieve("get", "--query", "ModalitiesInStudy=CT", "--query", "StudyDate=19000101-");
    assertEquals(0, result.exitCode, result.out + result.err + pacs.log());
    Path other = folder.resolve("from folder");
    Importing.run(from, other);
    assertEquals(
        Importing.rows(other).stream().map(PacsImportIT::withoutSource).toList(),
        Importing.rows(to).stream().map(PacsImportIT::withoutSource).toList());
  }

  /** What does not tell how its files were called. */
  private static List<String> withoutSource(CaseRow row) {
    List<String> cells = row.cells();
    return cells.subList(0, cells.size() - 1);
  }

  @Test
  void limitsEndTheImportAndItGoesOn() throws IOException {
    for (int seed = 7; seed < 10; seed++) {
      studies.segment(studies.series("ct" + seed, seed, 20), seed, 20, 0);
    }
    pacs.store(studies.from());
    long total = bytes(studies.from());
    String half = Double.toString(total * 0.5 / (1L << 30));
    Importing first = retrieve("get", "--query", "PatientID=PHANTOM-*", "--max-gib", half);
    assertSays("NOT_RETRIEVED", first);
    assertSays("--max-gib is reached", first);
    assertEquals(1, Importing.rows(to).size());
    Importing few = retrieve("get", "--query", "PatientID=PHANTOM-*", "--max-studies", "1");
    assertSays("more than 1 studies match", few);
    Importing second = retrieve("get", "--query", "PatientID=PHANTOM-*");
    assertSays("3 studies looked at", second);
    assertEquals(3, Importing.rows(to).size());
  }

  private static long bytes(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  @Test
  void anArchiveThatDoesNotKnowUsIsReported() throws IOException {
    studies.segment(studies.series("ct", 3, 20), 3, 20, 0);
    pacs.store(studies.from());
    Importing result = retrieve("move", "--query", "PatientID=PHANTOM-3", "--aet", "STRANGER");
    assertSays("A801H move destination unknown", result);
    assertSays("add STRANGER with this host and its port", result);
    assertEquals(3, result.exitCode);
  }

  @Test
  void anArchiveThatDoesNotAnswerFailsTheImport() throws IOException {
    String[] query = {"--query", "PatientID=PHANTOM-3"};
    pacs.close();
    Importing result = retrieve("get", query);
    assertEquals(1, result.exitCode, Arrays.toString(query) + result.out);
    assertTrue(result.err.contains("no connection to PACS@127.0.0.1"), result.err);
  }
}
