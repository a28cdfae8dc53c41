package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.ResultKind;
import nmsw.scp.config.RetentionConfig;
import nmsw.scp.config.SeriesConfig;
import nmsw.scp.config.StorageConfig;
import nmsw.scp.database.Database;
import nmsw.scp.database.Memory;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.delivery.Outbox;
import nmsw.scp.disk.DurableFiles;
import nmsw.scp.receive.SeriesAssembler;
import nmsw.scp.result.ResultObject;
import nmsw.scp.review.CandidateFolder;
import nmsw.scp.review.Candidates;
import nmsw.scp.review.CorrectionCheck;
import nmsw.scp.review.CorrectionState;
import nmsw.scp.review.ResultStore;
import nmsw.scp.review.ReviewJournal;
import nmsw.scp.review.Verdicts;
import nmsw.scp.series.ModelVersion;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.spool.Spool;
import nmsw.scp.web.ApiSchema;
import nmsw.scp.web.AuditLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CandidatesTest {
  private static final int SLICES = 3;
  private static final String A = "1.2.1";
  private static final String B = "1.2.2";
  private static final ModelVersion MODEL = new ModelVersion("test", "1");

  @TempDir Path folder;
  private final FakeClock clock = new FakeClock();
  private Database database;
  private SeriesTable table;
  private Spool spool;
  private Spool corrections;
  private Outbox outbox;
  private ResultStore results;
  private Verdicts verdicts;
  private ReviewJournal journal;
  private AuditLog audit;
  private Candidates candidates;

  @BeforeEach
  void open() throws Exception {
    database = Memory.database();
    table = new SeriesTable(database.dataSource(), clock, "node", series -> {});
    StorageConfig limits = new StorageConfig(new DataSize(0), new DataSize(1 << 20));
    spool = Spool.open(folder.resolve("spool"), "node", limits);
    corrections = Spool.open(folder.resolve("corrections"), "node", limits);
    outbox = Outbox.open(folder.resolve("outbox"), clock);
    results = ResultStore.open(folder.resolve("results"), clock);
    verdicts = Verdicts.open(folder.resolve("verdicts.jsonl"));
    journal = ReviewJournal.open(folder.resolve("review.jsonl"));
    audit = AuditLog.open(folder.resolve("audit.log"), clock);
    configure("");
  }

  @AfterEach
  void close() throws IOException {
    database.close();
    verdicts.close();
    journal.close();
    audit.close();
  }

  /** Also as a restart does. */
  private void configure(String review) throws Exception {
    String yaml =
        """
        dataDirectory: data
        modelsDirectory: models
        destinations: {pacs: PACS@10.0.0.5:104}
        routes: [{model: test, destinations: pacs}]
        web: {port: 0}
        review: {corrections: true%s}
        """
            .formatted(review);
    NodeConfig config = NodeConfig.parse(yaml, "test", folder);
    CandidateFolder place = CandidateFolder.open(folder.resolve("candidates"), folder.resolve("incoming"));
    candidates =
        new Candidates(() -> config, clock, table, spool, corrections, results, verdicts, journal, place, audit);
  }

  @Test
  void anAcceptedSeriesOutlastsTheSpool() throws Exception {
    done(A);
    say(A, true, true);
    assertEquals("EXPORTED", state(A));
    assertEquals(SLICES + 1, files(A).size());

    clock.advance(Duration.ofDays(8));
    RetentionConfig week = new RetentionConfig(Duration.ofDays(7), Optional.empty(), Duration.ofHours(1));
    new Retention(table, spool, outbox, clock, week, results).sweep();
    assertTrue(table.find(A).isEmpty() && spool.objects(A).isEmpty());
    candidates.settleAll();
    assertEquals("EXPORTED", state(A));
    List<Path> files = files(A);
    assertEquals(SLICES + 1, files.size());
    for (Path file : files) {
      assertTrue(Files.size(file) > 1000, file.toString());
    }

    candidates.withdraw(A, "anna");
    assertEquals(List.of(), files(A));
    assertEquals("WITHDRAWN", state(A));
  }

  @Test
  void nothingIsExportedWithoutConsent() throws Exception {
    done(A);
    say(A, true, false);
    assertEquals("NO_CONSENT", state(A));
    assertEquals(List.of(), files(A));

    consent(A, true);
    assertEquals("EXPORTED", state(A));
    consent(A, false);
    assertEquals("NO_CONSENT", state(A));
    assertEquals(List.of(), files(A));
    consent(A, true);
    assertEquals("EXPORTED", state(A));

    String said = Files.readString(folder.resolve("audit.log"));
    assertEquals(2, said.split("candidate exported", -1).length - 1, said);
    assertEquals(1, said.split("candidate removed", -1).length - 1, said);
  }

  @Test
  void whatIsSaidOfAllCountsWhereNothingWasSaidOfOne() throws Exception {
    configure(", consent: true");
    assertTrue(candidates.consent(A));
    say(A, true, false);
    assertFalse(candidates.consent(A));
    done(B);
    corrected(B, "1.9.1");
    assertEquals("EXPORTED", state(B));
  }

  @Test
  void whatIsRejectedIsNoCandidateUnlessItWasCorrected() throws Exception {
    done(A);
    say(A, true, true);
    assertEquals("EXPORTED", state(A));
    byte[] ofResult = Files.readAllBytes(files(A).get(SLICES));
    say(A, false, true);
    assertEquals("", state(A));
    assertEquals(List.of(), files(A));

    corrected(A, "1.9.1");
    assertEquals("EXPORTED", state(A));
    byte[] ofCorrection = Files.readAllBytes(files(A).get(SLICES));
    assertFalse(Arrays.equals(ofResult, ofCorrection));
    corrected(A, "1.9.2");
    assertEquals("EXPORTED", state(A));
    assertFalse(Arrays.equals(ofCorrection, Files.readAllBytes(files(A).get(SLICES))), "the last one counts");
    assertTrue(candidates.of(A).orElseThrow().corrected());
  }

  @Test
  void aResultThatWasMadeAfterTheVerdictWasNotAccepted() throws Exception {
    done(A);
    say(A, true, false);
    clock.advance(Duration.ofHours(1));
    result(A, "1.8.2");
    consent(A, true);
    ApiSchema.Candidate candidate = candidates.of(A).orElseThrow();
    assertEquals("WAITING", candidate.state());
    assertTrue(candidate.reason().contains("another one has taken its place"), candidate.reason());
  }

  @Test
  void beyondTheQuotaCandidatesWaitUntilOthersAreTaken() throws Exception {
    done(A);
    done(B);
    long each = bytes(A);
    configure(", quota: " + (each * 3 / 2));
    say(A, true, true);
    say(B, true, true);
    assertEquals("EXPORTED", state(A));
    assertEquals("WAITING", state(B));
    assertTrue(candidates.of(B).orElseThrow().reason().contains("review.quota"), candidates.of(B).toString());
    assertEquals(each, candidates.all().bytes());
    candidates.settleAll();
    assertEquals(List.of(), files(B));

    // Whoever imported it deletes it.
    for (Path file : files(A)) {
      Files.delete(file);
    }
    Files.delete(folder.resolve("candidates").resolve(DurableFiles.nameFor(A)));
    candidates.settleAll();
    assertEquals("TAKEN", state(A));
    assertEquals("EXPORTED", state(B));
  }

  @Test
  void aStopInBetweenIsMadeGood() throws Exception {
    done(A);
    say(A, true, true);
    // Between the folder and the journal; and while the next one was put together.
    journal.removed(A, clock.instant());
    Path half = Files.createDirectories(folder.resolve("incoming").resolve(DurableFiles.nameFor(B)));
    Files.writeString(half.resolve("slice.dcm"), "half");
    configure("");
    assertFalse(Files.exists(half));
    candidates.settleAll();
    assertEquals("EXPORTED", state(A));
    assertEquals(SLICES + 1, files(A).size());

    // Between what was said and the folder.
    journal.withdrawn(A, "anna", clock.instant());
    candidates.settleAll();
    assertEquals(List.of(), files(A));
  }

  @Test
  void whatIsSaidAtAnotherNodeCountsHere() throws Exception {
    done(A);
    try (Verdicts there = Verdicts.open(folder.resolve("verdicts.jsonl"));
        ReviewJournal journalThere = ReviewJournal.open(folder.resolve("review.jsonl"))) {
      clock.advance(Duration.ofSeconds(1));
      there.add(new ApiSchema.Verdict(A, clock.instant(), "anna", true, "", false, "test", "1"));
      candidates.settleAll();
      assertEquals("NO_CONSENT", state(A));
      clock.advance(Duration.ofSeconds(1));
      journalThere.consent(A, true, "anna", clock.instant());
      candidates.settleAll();
      assertEquals("EXPORTED", state(A));
      assertTrue(journalThere.of(A).exported().isPresent());
    }
  }

  @Test
  void modelVersionsAreCounted() throws Exception {
    for (String uid : List.of(A, B, "1.2.3", "1.2.4")) {
      done(uid);
    }
    say(A, true, true);
    say(B, false, false);
    corrected(B, "1.9.1");
    corrected("1.2.3", "1.9.2");
    assertEquals(List.of(new ApiSchema.VerdictCount("test", "1", 1, 1, 2, 1, 1)), candidates.counts());
  }

  private void consent(String uid, boolean given) throws Exception {
    clock.advance(Duration.ofSeconds(1));
    candidates.consent(uid, given, "anna");
  }

  private void say(String uid, boolean accepted, boolean consent) throws Exception {
    clock.advance(Duration.ofSeconds(1));
    verdicts.add(new ApiSchema.Verdict(uid, clock.instant(), "anna", accepted, "", consent, "test", "1"));
    candidates.settle(uid);
  }

  private void corrected(String uid, String sopInstanceUid) throws Exception {
    clock.advance(Duration.ofSeconds(1));
    Dataset object = Series.slice(uid, 0).putString(Tag.SOPInstanceUID, sopInstanceUid);
    corrections.receive(Series.request(object), Series.stream(object));
    journal.received(uid, sopInstanceUid, "VIEWER", MODEL, clock.instant());
    ApiSchema.Correction correction = journal.corrections(CorrectionState.UNCHECKED).get(0);
    journal.checked(correction, new CorrectionCheck.Outcome(CorrectionState.FITS, "", Map.of()), clock.instant());
    candidates.settle(uid);
  }

  private void done(String uid) throws Exception {
    SeriesAssembler assembler =
        new SeriesAssembler(
            table, spool, clock, new SeriesConfig(Duration.ofSeconds(10), Duration.ofMinutes(10), 1), series -> {});
    for (int k = 0; k < SLICES; k++) {
      Dataset slice = Series.slice(uid, k);
      assembler.stored(spool.receive(Series.request(slice), Series.stream(slice)), Series.association(1));
    }
    assembler.associationClosed(Series.association(1), true);
    clock.advance(Duration.ofSeconds(10));
    assembler.check();
    result(uid, uid + ".8");
    for (SeriesState state : List.of(SeriesState.SEGMENTING, SeriesState.RETURNING, SeriesState.DONE)) {
      SeriesRecord row = table.find(uid).orElseThrow();
      table.move(row, Set.of(row.state()), state, same -> same, "").orElseThrow();
    }
  }

  private void result(String uid, String sopInstanceUid) throws Exception {
    Path shown = Files.createDirectories(folder.resolve("results").resolve(DurableFiles.nameFor(uid)));
    Files.writeString(
        shown.resolve("result.json"),
        "{\"seriesUid\":\"%s\",\"result\":{\"at\":\"%s\",\"model\":\"test\",\"version\":\"1\",\"organs\":[],\"patches\":[]}}"
            .formatted(uid, clock.instant()));
    Dataset object = Series.slice(uid, 1).putString(Tag.SOPInstanceUID, sopInstanceUid);
    Outbox.Entry entry = outbox.put(uid, 1, "pacs", ResultObject.of(ResultKind.SEG, object));
    results.keep(entry);
    outbox.remove(entry);
  }

  private long bytes(String uid) throws IOException {
    long bytes = Files.size(results.sent(uid).get(0).file());
    for (Path object : spool.objects(uid)) {
      bytes += Files.size(object);
    }
    return bytes;
  }

  private String state(String uid) throws Exception {
    return candidates.of(uid).map(ApiSchema.Candidate::state).orElse("");
  }

  /** Of a candidate, the labels last. */
  private List<Path> files(String uid) throws IOException {
    Path place = folder.resolve("candidates").resolve(DurableFiles.nameFor(uid));
    if (!Files.exists(place)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(place)) {
      return files.sorted().toList();
    }
  }
}
