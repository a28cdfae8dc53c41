package nmsw.scp.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.scp.FakeClock;
import nmsw.scp.Series;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.StorageConfig;
import nmsw.scp.config.WorkConfig;
import nmsw.scp.database.Database;
import nmsw.scp.database.Memory;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.spool.Spool;
import nmsw.segmentation.DeviceLost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SetbacksTest {
  private static final WorkConfig RULES =
      new WorkConfig(4, Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(10));

  @TempDir Path folder;
  private final FakeClock clock = new FakeClock();
  private Database database;
  private SeriesTable table;
  private Spool spool;

  @BeforeEach
  void open() throws Exception {
    database = Memory.database();
    table = table();
    spool = Spool.open(folder, "node", new StorageConfig(new DataSize(0), new DataSize(1 << 20)));
    Dataset slice = Series.slice(Series.UID, 0);
    spool.receive(Series.request(slice), Series.stream(slice));
    SeriesRecord opened = table.open(Series.UID, "CT1", "NMSW", "");
    table.move(opened, Set.of(SeriesState.RECEIVING), SeriesState.READY, row -> row, "");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private SeriesTable table() {
    return new SeriesTable(database.dataSource(), clock, "node", series -> {});
  }

  private Setbacks setbacks() {
    return new Setbacks(table, spool, RULES, clock, new Random(1));
  }

  private SeriesRecord begin() throws SQLException {
    return table
        .move(series(), Set.of(SeriesState.READY), SeriesState.SEGMENTING, row -> row, "")
        .orElseThrow();
  }

  private SeriesRecord series() throws SQLException {
    return table.find(Series.UID).orElseThrow();
  }

  @Test
  void theWaitDoublesUpToItsLimitAndTheLastAttemptParksTheSeries() throws Exception {
    List<Duration> waits = new ArrayList<>();
    for (int attempt = 1; attempt < RULES.attempts(); attempt++) {
      // As after a restart: nothing is known but what is in the database.
      table = table();
      SeriesRecord series = begin();
      assertEquals(attempt, series.attempts());
      Instant next =
          setbacks().failed(series, Failure.of(new OutOfMemoryError("attempt " + attempt))).orElseThrow();
      waits.add(Duration.between(clock.instant(), next));
      assertEquals(SeriesState.READY, series().state());
      assertEquals("OUT_OF_MEMORY", series().code());
      clock.advance(RULES.maxRetry());
    }
    for (int i = 0; i < waits.size(); i++) {
      Duration most = List.of(Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofSeconds(30)).get(i);
      assertTrue(waits.get(i).compareTo(most) <= 0, waits.toString());
      assertTrue(waits.get(i).compareTo(most.multipliedBy(3).dividedBy(4)) >= 0, waits.toString());
    }
    assertTrue(waits.stream().anyMatch(wait -> wait.toMillis() % 10_000 != 0), "no jitter in " + waits);

    assertEquals(Optional.empty(), setbacks().failed(begin(), Failure.of(new OutOfMemoryError("the last"))));
    assertEquals(SeriesState.PARKED, series().state());
    assertEquals("OUT_OF_MEMORY", series().code());
    assertEquals("attempt 4 of 4: the last", series().cause());
    assertEquals(4, series().attempts());
  }

  @Test
  void whatIsKnownOfEveryAttemptIsKeptBesideTheObjects() throws Exception {
    setbacks().failed(begin(), Failure.of(new IOException("the disk is gone")));
    setbacks().failed(begin(), Failure.interrupted("node"));
    String log = Files.readString(attempts());
    assertTrue(
        log.contains("2026-03-01T12:00:00Z attempt 1 of revision 1 on node node: IO_ERROR: the disk is gone"), log);
    assertTrue(log.contains("at nmsw.scp.work.SetbacksTest.whatIsKnown"), log);
    assertTrue(log.contains("attempt 2 of revision 1 on node node: INTERRUPTED: "), log);
    assertEquals(1, spool.objects(Series.UID).size(), "it is no object");
  }

  @Test
  void theEvidenceIsBounded() throws Exception {
    SeriesRecord series = begin();
    Failure endless = new Failure("INTERNAL_ERROR", "x".repeat(100_000), true, Optional.empty());
    for (int i = 0; i < 30; i++) {
      new AttemptLog(spool.folder(Series.UID)).add(series, endless, clock.instant());
    }
    assertTrue(Files.size(attempts()) < 300_000);
    new AttemptLog(spool.folder("1.2.3")).add(series, endless, clock.instant());
  }

  private Path attempts() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.endsWith("attempts.log")).findFirst().orElseThrow();
    }
  }

  @Test
  void anOperatorsRetryAndLateObjectsBeginToCountAnew() throws Exception {
    for (int i = 1; i <= RULES.attempts(); i++) {
      setbacks().failed(begin(), Failure.interrupted("node"));
    }
    assertEquals(SeriesState.PARKED, series().state());
    table.move(series(), Set.of(SeriesState.PARKED), SeriesState.READY, row -> row, "by an operator");
    assertEquals(1, begin().attempts());
    assertEquals(0, table.open(Series.UID, "CT1", "NMSW", "late objects").attempts());
  }

  @Test
  void nothingIsRecordedOfAJobWhoseSeriesIsWithAnotherNodeByNow() throws Exception {
    SeriesRecord mine = begin();
    table.move(mine, Set.of(SeriesState.SEGMENTING), SeriesState.READY, row -> row, "taken for dead");
    SeriesTable other = new SeriesTable(database.dataSource(), clock, "other", series -> {});
    other.move(series(), Set.of(SeriesState.READY), SeriesState.SEGMENTING, row -> row, "");
    assertEquals(Optional.empty(), setbacks().failed(mine, Failure.of(new IOException("late"))));
    assertEquals("other", series().node());
    assertEquals(SeriesState.SEGMENTING, series().state());
  }

  @Test
  void whatCannotPassIsToldFromWhatCan() {
    assertTrue(Failure.of(new OutOfMemoryError()).canPass());
    assertTrue(Failure.of(new EOFException()).canPass());
    assertTrue(Failure.of(new FileSystemException("slice.dcm", null, "Stale file handle")).canPass());
    assertTrue(Failure.of(new IllegalStateException()).canPass());
    assertEquals("DEVICE_LOST", Failure.of(new DeviceLost("CUDA error", null)).code());
    assertFalse(Failure.of(new DicomException("slice.dcm is no DICOM")).canPass());
    IOException missing = new NoSuchFileException("weights.safetensors");
    assertFalse(Failure.of(new Failure.UnusableModel("liver", missing)).canPass());
    IOException stale = new FileSystemException("weights.safetensors", null, "Stale file handle");
    assertTrue(Failure.of(new Failure.UnusableModel("liver", stale)).canPass());
  }
}
