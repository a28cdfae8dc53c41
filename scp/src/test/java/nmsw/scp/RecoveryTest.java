package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import nmsw.dicom.Dataset;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.ResultKind;
import nmsw.scp.config.Route;
import nmsw.scp.config.SeriesConfig;
import nmsw.scp.config.StorageConfig;
import nmsw.scp.database.Database;
import nmsw.scp.database.JobQueue;
import nmsw.scp.database.Memory;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.delivery.Backoff;
import nmsw.scp.delivery.Deliverer;
import nmsw.scp.delivery.Outbox;
import nmsw.scp.events.NodeListener;
import nmsw.scp.receive.SeriesAssembler;
import nmsw.scp.result.ResultObject;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.spool.Spool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one of several nodes takes up, and what it leaves alone; "there" is another node. */
class RecoveryTest {
  private static final SeriesConfig RULES = new SeriesConfig(Duration.ofSeconds(10), Duration.ofMinutes(10), 16);
  private static final SeriesState[] SEGMENTING = {SeriesState.READY, SeriesState.SEGMENTING};
  private static final SeriesState[] RETURNING = {SeriesState.READY, SeriesState.SEGMENTING, SeriesState.RETURNING};

  private static final Deliverer.Rules SENDING =
      new Deliverer.Rules(
          new Backoff(Duration.ofSeconds(5), Duration.ofSeconds(15), Duration.ofMinutes(1), () -> 0),
          Duration.ofHours(1));

  @TempDir Path folder;
  private final FakeClock clock = new FakeClock();
  private final List<String> ready = new ArrayList<>();
  private Database database;
  private SeriesTable here;
  private SeriesTable there;
  private Spool spool;
  private Outbox outbox;
  private Outbox outboxThere;
  private JobQueue queue;
  private SeriesAssembler assembler;
  private Recovery recovery;

  @BeforeEach
  void open() throws Exception {
    database = Memory.database();
    here = new SeriesTable(database.dataSource(), clock, "here", series -> {});
    there = new SeriesTable(database.dataSource(), clock, "there", series -> {});
    spool = Spool.open(folder.resolve("spool"), "node", new StorageConfig(new DataSize(0), new DataSize(1 << 20)));
    outbox = Outbox.open(folder.resolve("here"), clock);
    outboxThere = Outbox.open(folder.resolve("there"), clock);
    queue =
        new JobQueue(
            database.dataSource(),
            clock,
            "here",
            Duration.ofSeconds(10),
            folder.resolve("held"),
            Duration.ZERO,
            series -> Route.Priority.ROUTINE,
            (uid, revision) -> Optional.empty());
    assembler = new SeriesAssembler(here, spool, clock, RULES, series -> ready.add(series.seriesUid()));
    Deliverer deliverer =
        new Deliverer(outbox, here, Map.of(), SENDING, clock, new NodeListener() {});
    recovery = new Recovery(here, spool, queue, assembler, outbox, deliverer, "here");
  }

  @AfterEach
  void close() {
    database.close();
  }

  /** A series of one object in the spool, brought so far by a node. */
  private SeriesRecord series(SeriesTable by, String uid, SeriesState... states) throws Exception {
    Dataset slice = Series.slice(uid, 0);
    spool.receive(Series.request(slice), Series.stream(slice));
    SeriesRecord series = by.open(uid, "CT1", "NMSW", "");
    for (SeriesState next : states) {
      series =
          next == SeriesState.READY
              ? by.complete(series, row -> row.withObjects(1, clock.instant()), "").orElseThrow()
              : by.move(series, Set.of(series.state()), next, row -> row, "").orElseThrow();
    }
    return series;
  }

  private SeriesRecord find(String uid) throws Exception {
    return here.find(uid).orElseThrow();
  }

  @Test
  void aNodeThatStartsTakesUpItsOwnAndNothingOfALivingOne() throws Exception {
    SeriesRecord segmenting = series(there, "1.2.1", SEGMENTING);
    SeriesRecord returning = series(there, "1.2.2", RETURNING);
    series(there, "1.2.3");
    series(here, "1.2.4", SEGMENTING);
    series(here, "1.2.5", RETURNING);
    series(here, "1.2.6");
    recovery.run();

    assertEquals(segmenting.changedAt(), find("1.2.1").changedAt());
    assertEquals(Set.of("1.2.4#1"), queued());
    assertEquals(returning.changedAt(), find("1.2.2").changedAt());
    assertEquals(SeriesState.RETURNING, find("1.2.2").state(), "its result is in an outbox that this node does not see");
    assertEquals(SeriesState.DONE, find("1.2.5").state());
    clock.advance(RULES.maxWait());
    assembler.check();
    assertEquals(List.of("1.2.6"), ready);
    assertEquals(SeriesState.RECEIVING, find("1.2.3").state());
  }

  @Test
  void aDeadNodesSeriesAreGoneOnWith() throws Exception {
    series(there, "1.2.1", SEGMENTING);
    series(there, "1.2.2", RETURNING);
    series(there, "1.2.3", RETURNING);
    series(there, "1.2.4");
    series(here, "1.2.5");
    there.resume("1.2.5");
    Dataset result = Series.slice("1.2.2", 0);
    byte[] expected = put("1.2.2", result);
    put("1.2.1", Series.slice("1.2.1", 0));
    recovery.takeOver("there", folder.resolve("there"));
    // As when the first time broke off before its end.
    recovery.takeOver("there", folder.resolve("there"));

    assertEquals(Set.of("1.2.1#1"), queued());
    assertEquals(List.of("1.2.2"), outbox.entries().stream().map(Outbox.Entry::seriesUid).toList());
    assertArrayEquals(expected, Files.readAllBytes(outbox.entries().get(0).file()));
    assertEquals(outbox.entries(), Outbox.open(folder.resolve("here"), clock).entries());
    assertEquals(List.of(), Outbox.open(folder.resolve("there"), clock).entries());
    assertEquals(SeriesState.RETURNING, find("1.2.2").state());
    assertEquals("here", find("1.2.2").node());
    assertEquals(SeriesState.DONE, find("1.2.3").state(), "nothing of it was left to deliver");
    clock.advance(RULES.maxWait());
    assembler.check();
    assertEquals(Set.of("1.2.4", "1.2.5"), Set.copyOf(ready));
    assertFalse(here.isReceivedElsewhere("1.2.4"));
  }

  @Test
  void whatIsInHandWhenTheNodeStopsIsHandedBackAndCountsAsNoAttempt() throws Exception {
    series(here, "1.2.1", SEGMENTING);
    series(there, "1.2.2", SEGMENTING);
    recovery.handBack();
    assertEquals(SeriesState.READY, find("1.2.1").state());
    assertEquals(0, find("1.2.1").attempts());
    assertEquals(SeriesState.SEGMENTING, find("1.2.2").state());
    assertEquals(Set.of("1.2.1#1"), queued());
  }

  private byte[] put(String seriesUid, Dataset result) throws IOException {
    Outbox.Entry entry = outboxThere.put(seriesUid, 1, "pacs", ResultObject.of(ResultKind.SEG, result));
    return Files.readAllBytes(entry.file());
  }

  private Set<String> queued() throws Exception {
    Set<String> queued = new TreeSet<>();
    try (Connection connection = database.dataSource().getConnection();
        Statement query = connection.createStatement();
        ResultSet rows = query.executeQuery("SELECT task_instance FROM scheduled_tasks")) {
      while (rows.next()) {
        queued.add(rows.getString(1));
      }
    }
    return queued;
  }
}
