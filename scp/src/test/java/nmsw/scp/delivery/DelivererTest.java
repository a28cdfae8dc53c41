package nmsw.scp.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.CommitmentReport;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.SopReference;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreHandler;
import nmsw.dicom.net.StoreRequest;
import nmsw.scp.FakeClock;
import nmsw.scp.Series;
import nmsw.scp.config.ResultKind;
import nmsw.scp.database.Database;
import nmsw.scp.database.Memory;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.events.NodeListener;
import nmsw.scp.result.ResultObject;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DelivererTest {
  static final Deliverer.Rules RULES =
      new Deliverer.Rules(
          new Backoff(Duration.ofSeconds(5), Duration.ofSeconds(15), Duration.ofMinutes(1), () -> 0),
          Duration.ofHours(1));
  private static final Map<String, RemoteAe> DESTINATIONS =
      Map.of("pacs", RemoteAe.parse("PACS@a.example:104"), "vna", RemoteAe.parse("VNA@b.example:104"));

  /** What one association does with one file. */
  private interface Answer {
    Status to(RemoteAe remote, Path file) throws IOException;
  }

  private interface Opener {
    Deliverer.Delivery open(RemoteAe remote) throws IOException;
  }

  @TempDir Path folder;
  private final FakeClock clock = new FakeClock();
  private final List<String> sent = new ArrayList<>();
  private int opened;
  private int released;
  private Database database;
  private SeriesTable table;
  private Outbox outbox;
  private Answer answer;
  private Deliverer deliverer;

  @BeforeEach
  void open() throws Exception {
    database = Memory.database();
    table = new SeriesTable(database.dataSource(), clock, "node", series -> {});
    outbox = Outbox.open(folder, clock);
    answer = (remote, file) -> Status.SUCCESS;
    deliverer = deliverer();
    SeriesRecord series = table.open(Series.UID, "CT1", "NMSW", "");
    for (SeriesState next :
        List.of(SeriesState.READY, SeriesState.SEGMENTING, SeriesState.RETURNING)) {
      series = table.move(series, Set.of(series.state()), next, row -> row, "").orElseThrow();
    }
    outbox.put(Series.UID, 1, "pacs", ResultObject.of(ResultKind.SEG, Series.slice(Series.UID, 0)));
    outbox.put(Series.UID, 1, "vna", ResultObject.of(ResultKind.SEG, Series.slice(Series.UID, 0)));
  }

  private Deliverer deliverer() {
    return deliverer(this::open);
  }

  private Deliverer deliverer(Opener opener) {
    Map<String, Deliverer.Destination> destinations = new HashMap<>();
    DESTINATIONS.forEach((name, remote) -> destinations.put(name, destination(() -> opener.open(remote))));
    return new Deliverer(outbox, table, destinations, RULES, clock, new NodeListener() {});
  }

  private static Deliverer.Destination destination(Deliverer.Sender sender) {
    return new Deliverer.Destination(sender, Optional.empty());
  }

  private Deliverer.Delivery open(RemoteAe remote) {
    opened++;
    return new Deliverer.Delivery() {
      @Override
      public Status store(Path file) throws IOException {
        String series = DicomReader.read(file).dataset().requireString(Tag.SeriesInstanceUID);
        sent.add(remote.aeTitle() + " " + series);
        return answer.to(remote, file);
      }

      @Override
      public Status requestCommitment(String transactionUid, List<SopReference> objects) {
        throw new AssertionError("nobody wants a commitment");
      }

      @Override
      public Optional<CommitmentReport> awaitCommitment(Duration patience) {
        throw new AssertionError("nobody wants a commitment");
      }

      @Override
      public void close() {
        released++;
      }
    };
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void otherSettingsHoldForWhatWaits() throws Exception {
    answer =
        (remote, file) -> {
          throw new IOException("down");
        };
    deliverer.deliverDue("pacs");
    answer = (remote, file) -> Status.SUCCESS;
    RemoteAe moved = RemoteAe.parse("PACS2@c.example:104");
    deliverer.reconfigure(Map.of("pacs", destination(() -> open(moved))), RULES);
    deliverer.deliverDue("pacs");
    deliverer.deliverDue("vna");
    assertEquals(List.of("PACS " + Series.UID, "PACS2 " + Series.UID), sent, "due at once, and no longer for vna");
    assertEquals(Set.of("pacs"), deliverer.destinations());
    assertEquals(Backlog.NONE, deliverer.backlog("vna"));
    assertEquals(1, outbox.entries().size(), "what was for vna is kept");
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
    answer =
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
    answer = (remote, file) -> Status.OUT_OF_RESOURCES;
    deliverer.deliverDue("pacs");
    assertEquals(2, outbox.entries().size());
    answer = (remote, file) -> new Status(0xB000);
    clock.advance(Duration.ofSeconds(5));
    deliverer.deliverDue("pacs");
    deliverer.deliverDue("vna");
    assertEquals(SeriesState.DONE, state());
  }

  @Test
  void undeliveredResultsSurviveARestart() throws Exception {
    Files.writeString(folder.resolve("new-1.part"), "half");
    outbox = Outbox.open(folder, clock);
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

  /** A viewer that opens the report finds the segments that it speaks of. */
  @Test
  void whatOthersReferToIsSentFirst() throws Exception {
    outbox.remove(entries().get(0));
    for (ResultKind kind : List.of(ResultKind.PREVIEW, ResultKind.SR, ResultKind.SEG)) {
      outbox.put(
          Series.UID, 1, "pacs", ResultObject.of(kind, result(Uid.derived("of", kind.toString()))));
    }
    outbox = Outbox.open(folder, clock);
    assertEquals(
        List.of(ResultKind.SEG, ResultKind.SR, ResultKind.PREVIEW),
        entries().stream().map(Outbox.Entry::kind).toList());
    deliverer = deliverer();
    List<String> order = new ArrayList<>();
    answer =
        (remote, file) -> {
          order.add(DicomReader.read(file).dataset().requireString(Tag.SOPInstanceUID));
          return Status.SUCCESS;
        };
    deliverer.deliverDue("pacs");
    assertEquals(
        List.of(Uid.derived("of", "seg"), Uid.derived("of", "sr"), Uid.derived("of", "preview")), order);
  }

  @Test
  void withoutAnAssociationEverythingWaits() throws Exception {
    putResults(5);
    deliverer =
        deliverer(
            remote -> {
              opened++;
              throw new IOException("no connection to " + remote);
            });
    deliverer.deliverDue("pacs");
    deliverer.deliverDue("pacs");
    assertEquals(1, opened, "an attempt for all that is due");
    clock.advance(Duration.ofSeconds(5));
    deliverer.deliverDue("pacs");
    assertEquals(2, opened);
    assertEquals(5, entries().size());
  }

  @Test
  void afterALostAssociationTheRestGoesOverTheNext() throws Exception {
    putResults(3);
    String second = entries().get(1).file().getFileName().toString();
    answer =
        (remote, file) -> {
          if (file.getFileName().toString().equals(second)) {
            throw new IOException("no connection any more");
          }
          return Status.SUCCESS;
        };
    deliverer.deliverDue("pacs");
    assertEquals(List.of(1, 2, 2), List.of(opened, sent.size(), entries().size()));
    deliverer.deliverDue("pacs");
    assertEquals(List.of(2, 3, 1), List.of(opened, sent.size(), entries().size()));
    deliverer.deliverDue("pacs");
    assertEquals(2, opened, "what failed is not due yet");
    assertEquals(opened, released);
  }

  @Test
  void aFileThatCannotBeSentCostsNoAssociation() throws Exception {
    putResults(3);
    String second = entries().get(1).file().getFileName().toString();
    answer =
        (remote, file) -> {
          if (file.getFileName().toString().equals(second)) {
            throw new DicomException("its class was not accepted");
          }
          return Status.SUCCESS;
        };
    deliverer.deliverDue("pacs");
    assertEquals(List.of(1, 3, 1), List.of(opened, sent.size(), entries().size()));
  }

  @Test
  void oneAssociationCarriesAllThatIsDueWhateverIsAnswered() throws Exception {
    putResults(6);
    List<String> uids = entries().stream().map(Outbox.Entry::sopInstanceUid).toList();
    Map<String, Status> odd =
        Map.of(
            uids.get(0), Status.OUT_OF_RESOURCES, uids.get(2), new Status(0xB000), uids.get(4), Status.CANNOT_UNDERSTAND);
    List<StoreRequest> requests = new CopyOnWriteArrayList<>();
    StoreHandler pacs =
        (request, dataset) -> {
          dataset.readAllBytes();
          requests.add(request);
          return odd.getOrDefault(request.sopInstanceUid(), Status.SUCCESS);
        };
    try (DicomServer server = DicomServer.start(pacsConfig().build(), pacs)) {
      deliverer = deliverer(remote -> results(server).open());
      deliverer.deliverDue("pacs");
      assertEquals(uids, requests.stream().map(StoreRequest::sopInstanceUid).toList());
      assertEquals(1, requests.stream().map(request -> request.association().id()).distinct().count());
      assertEquals(List.of(uids.get(0), uids.get(4)), entries().stream().map(Outbox.Entry::sopInstanceUid).toList());
      requests.clear();
      clock.advance(Duration.ofSeconds(5));
      deliverer.deliverDue("pacs");
      assertEquals(List.of(uids.get(0), uids.get(4)), requests.stream().map(StoreRequest::sopInstanceUid).toList());
    }
  }

  /** The peer's time runs out inside the third object, so that it aborts. */
  @Test
  void anAbortInTheMiddleLeavesTheRestToTheNextAssociation() throws Exception {
    putResults(6);
    List<String> uids = entries().stream().map(Outbox.Entry::sopInstanceUid).toList();
    FakeClock peersClock = new FakeClock();
    Set<String> slow = new HashSet<>(Set.of(uids.get(2)));
    List<StoreRequest> requests = new CopyOnWriteArrayList<>();
    StoreHandler pacs =
        (request, dataset) -> {
          if (slow.remove(request.sopInstanceUid())) {
            peersClock.advance(Duration.ofDays(1));
          }
          dataset.readAllBytes();
          requests.add(request);
          return Status.SUCCESS;
        };
    try (DicomServer server = DicomServer.start(pacsConfig().clock(peersClock).build(), pacs)) {
      deliverer = deliverer(remote -> results(server).open());
      deliverer.deliverDue("pacs");
      assertEquals(uids.subList(0, 2), requests.stream().map(StoreRequest::sopInstanceUid).toList());
      deliverer.deliverDue("pacs");
      assertEquals(List.of(uids.get(2)), entries().stream().map(Outbox.Entry::sopInstanceUid).toList());
      assertEquals(2, requests.stream().map(request -> request.association().id()).distinct().count());
      clock.advance(Duration.ofSeconds(5));
      deliverer.deliverDue("pacs");
      assertEquals(List.of(), entries());
      assertEquals(6, requests.size(), "none was sent twice");
    }
  }

  private static ResultSender results(DicomServer server) {
    return new ResultSender(
        new RemoteAe("PACS", "127.0.0.1", server.port()), "NMSW", false, ClientConfig.defaults());
  }

  private static ServerConfig.Builder pacsConfig() {
    return ServerConfig.builder().bindAddress("127.0.0.1").port(0).closeTimeout(Duration.ofSeconds(5));
  }

  private static Dataset result(String sopInstanceUid) {
    return Series.slice(Series.UID, 0)
        .putString(Tag.SOPClassUID, Uid.SegmentationStorage)
        .putString(Tag.SOPInstanceUID, sopInstanceUid);
  }

  /** So many results for one destination, instead of the one that is there. */
  private void putResults(int number) throws IOException {
    outbox.remove(entries().get(0));
    for (int i = 0; i < number; i++) {
      outbox.put(Series.UID, 1, "pacs", ResultObject.of(ResultKind.SEG, result(Uid.derived("result", Integer.toString(i)))));
    }
  }

  private List<Outbox.Entry> entries() {
    return outbox.entries().stream().filter(entry -> entry.destination().equals("pacs")).toList();
  }

  private SeriesState state() throws SQLException {
    return table.find(Series.UID).orElseThrow().state();
  }
}
