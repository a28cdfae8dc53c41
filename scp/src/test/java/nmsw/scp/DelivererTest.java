package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.Status;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DelivererTest {
  private static final NodeConfig.Delivery RULES =
      new NodeConfig.Delivery(
          Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(15), false);
  private static final Map<String, RemoteAe> DESTINATIONS =
      Map.of("pacs", RemoteAe.parse("PACS@a.example:104"), "vna", RemoteAe.parse("VNA@b.example:104"));

  @TempDir Path folder;
  private final FakeClock clock = new FakeClock();
  private final List<String> sent = new ArrayList<>();
  private Database database;
  private SeriesTable table;
  private Outbox outbox;
  private Deliverer.Sender sender;
  private Deliverer deliverer;

  @BeforeEach
  void open() throws Exception {
    database = Memory.database();
    table = new SeriesTable(database.dataSource(), clock, series -> {});
    outbox = Outbox.open(folder);
    sender = (remote, file) -> Status.SUCCESS;
    deliverer = deliverer();
    SeriesRecord series = table.open(Series.UID, "CT1", "NMSW", "");
    for (SeriesState next :
        List.of(SeriesState.READY, SeriesState.SEGMENTING, SeriesState.RETURNING)) {
      series = table.move(series, Set.of(series.state()), next, row -> row, "").orElseThrow();
    }
    outbox.put(Series.UID, 1, "pacs", Series.slice(Series.UID, 0));
    outbox.put(Series.UID, 1, "vna", Series.slice(Series.UID, 0));
  }

  private Deliverer deliverer() {
    return new Deliverer(
        outbox,
        table,
        DESTINATIONS,
        RULES,
        (remote, file) -> {
          String series = DicomReader.read(file).dataset().requireString(Tag.SeriesInstanceUID);
          sent.add(remote.aeTitle() + " " + series);
          return sender.send(remote, file);
        },
        clock,
        new NodeListener() {});
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void doneWhenEveryDestinationHasIt() throws Exception {
    deliverer.deliverDue("pacs");
    assertEquals(SeriesState.RETURNING, state());
    deliverer.deliverDue("vna");
    assertEquals(SeriesState.DONE, state());
    assertEquals(List.of("PACS " + Series.UID, "VNA " + Series.UID), sent);
    assertEquals(List.of(), outbox.entries());
    try (var files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void whatIsNotAcceptedIsTriedAgainWithDoublingWaits() throws Exception {
    sender =
        (remote, file) -> {
          throw new IOException("connection refused");
        };
    List<Long> triedAt = new ArrayList<>();
    for (int second = 0; second < 60; second++) {
      int before = sent.size();
      deliverer.deliverDue("pacs");
      if (sent.size() > before) {
        triedAt.add((long) second);
      }
      clock.advance(Duration.ofSeconds(1));
    }
    assertEquals(List.of(0L, 5L, 15L, 30L, 45L), triedAt);
    assertEquals(2, outbox.entries().size());
    assertEquals(SeriesState.RETURNING, state());
  }

  @Test
  void aFailureStatusIsNoSuccessAndAWarningIsOne() throws Exception {
    sender = (remote, file) -> Status.OUT_OF_RESOURCES;
    deliverer.deliverDue("pacs");
    assertEquals(2, outbox.entries().size());
    sender = (remote, file) -> new Status(0xB000);
    clock.advance(Duration.ofSeconds(5));
    deliverer.deliverDue("pacs");
    deliverer.deliverDue("vna");
    assertEquals(SeriesState.DONE, state());
  }

  @Test
  void undeliveredResultsSurviveARestart() throws Exception {
    Files.writeString(folder.resolve("new-1.part"), "half");
    outbox = Outbox.open(folder);
    assertEquals(2, outbox.entries().size());
    deliverer = deliverer();
    deliverer.deliverDue("pacs");
    deliverer.deliverDue("vna");
    assertEquals(SeriesState.DONE, state());
    assertTrue(Files.notExists(folder.resolve("new-1.part")));
  }

  @Test
  void aResultOfAnEarlierRevisionDoesNotEndTheSeries() throws Exception {
    SeriesRecord reopened = table.open(Series.UID, "CT1", "NMSW", "");
    deliverer.deliverDue("pacs");
    deliverer.deliverDue("vna");
    assertEquals(2, reopened.revision());
    assertEquals(SeriesState.RECEIVING, state());
  }

  private SeriesState state() throws SQLException {
    return table.find(Series.UID).orElseThrow().state();
  }
}
