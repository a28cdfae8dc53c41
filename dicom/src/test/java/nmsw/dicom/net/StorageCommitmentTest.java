package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.dicom.net.CommitmentReport.Failed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StorageCommitmentTest {
  private static final String PUSH_MODEL = Uid.StorageCommitmentPushModel;
  private static final String PUSH_INSTANCE = Uid.StorageCommitmentPushModelInstance;
  private static final String TRANSACTION = "2.25.77";
  private static final SopReference HERE = new SopReference(Uid.CTImageStorage, "1.2.3.1");
  private static final SopReference MISSING = new SopReference(Uid.CTImageStorage, "1.2.3.2");
  private static final List<ProposedContext> CONTEXTS =
      List.of(
          ProposedContext.verification(),
          ProposedContext.uncompressed(PUSH_MODEL),
          ProposedContext.uncompressed(Uid.CTImageStorage));
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Received received = new Received();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  /** Has {@link #HERE}, and keeps what it was asked and told. */
  private static final class Archive implements CommitmentProvider {
    final BlockingQueue<CommitmentRequest> requests = new LinkedBlockingQueue<>();
    final BlockingQueue<CommitmentReport> delivered = new LinkedBlockingQueue<>();
    final BlockingQueue<String> undelivered = new LinkedBlockingQueue<>();
    final Optional<Destination> destination;

    Archive(Optional<Integer> port) {
      destination =
          port.map(p -> new Destination(new RemoteAe("NODE", "127.0.0.1", p), ClientConfig.defaults()));
    }

    @Override
    public CommitmentReport commit(CommitmentRequest request) throws IOException {
      requests.add(request);
      if (request.transactionUid().endsWith(".13")) {
        throw new IOException("the index can't be read");
      }
      return CommitmentReport.of(request, HERE::equals);
    }

    @Override
    public Optional<Destination> reportTo(CommitmentRequest request) {
      return destination;
    }

    @Override
    public void delivered(CommitmentReport report) {
      delivered.add(report);
    }

    @Override
    public void undelivered(CommitmentReport report, String why) {
      undelivered.add(why);
    }
  }

  private DicomServer server(ServerHandlers handlers) throws IOException {
    return server(handlers, Duration.ofMillis(10));
  }

  private DicomServer server(ServerHandlers handlers, Duration retry) throws IOException {
    ServerConfig config =
        ServerConfig.builder()
            .bindAddress("127.0.0.1")
            .port(0)
            .closeTimeout(Duration.ZERO)
            .reportRetries(List.of(retry))
            .build();
    DicomServer server = DicomServer.start(config, handlers);
    open.add(server);
    return server;
  }

  private static DicomClient connect(int port) throws IOException {
    RemoteAe remote = new RemoteAe("PACS", "127.0.0.1", port);
    return DicomClient.connect(remote, "NODE", CONTEXTS, ClientConfig.defaults());
  }

  private static CommitmentReport expected() {
    return new CommitmentReport(
        TRANSACTION, List.of(HERE), List.of(new Failed(MISSING, Failed.NO_SUCH_OBJECT_INSTANCE)));
  }

  @Test
  void reportComesOnTheAssociationOfTheRequest() throws Exception {
    Archive archive = new Archive(Optional.empty());
    int port = server(ServerHandlers.of(received).withCommitmentProvider(archive)).port();
    try (DicomClient client = connect(port)) {
      assertTrue(client.requestCommitment(TRANSACTION, List.of(HERE, MISSING)).isSuccess());
      assertTrue(client.echo().isSuccess(), "whatever comes first");
      assertEquals(expected(), client.awaitCommitment(PATIENCE).orElseThrow());
      assertTrue(client.echo().isSuccess());
      assertEquals(expected(), archive.delivered.poll(20, TimeUnit.SECONDS));
      assertEquals("NODE", archive.requests.take().association().callingAeTitle());
      assertTrue(client.requestCommitment("2.25.78", List.of(HERE)).isSuccess());
      assertTrue(client.awaitCommitment(PATIENCE).orElseThrow().isComplete());
      assertTrue(client.requestCommitment("2.25.13", List.of(HERE)).isSuccess());
      assertEquals(
          List.of(new Failed(HERE, Failed.PROCESSING_FAILURE)),
          client.awaitCommitment(PATIENCE).orElseThrow().failed());
      assertTrue(client.awaitCommitment(Duration.ofMillis(1)).isEmpty());
      assertTrue(client.echo().isSuccess(), "a wait in vain ends nothing");
    }
  }

  @Test
  void reportComesOnANewAssociation() throws Exception {
    BlockingQueue<CommitmentReport> reports = new LinkedBlockingQueue<>();
    BlockingQueue<AssociationInfo> by = new LinkedBlockingQueue<>();
    CommitmentListener listener =
        (association, report) -> {
          by.add(association);
          reports.add(report);
          return Status.SUCCESS;
        };
    int back = server(ServerHandlers.of(received).withCommitmentListener(listener)).port();
    Archive archive = new Archive(Optional.of(back));
    int port = server(ServerHandlers.of(received).withCommitmentProvider(archive)).port();
    try (DicomClient client = connect(port)) {
      assertTrue(client.requestCommitment(TRANSACTION, List.of(HERE, MISSING)).isSuccess());
    }
    assertEquals(expected(), reports.poll(20, TimeUnit.SECONDS));
    assertEquals("PACS", by.take().callingAeTitle());
    assertEquals(expected(), archive.delivered.poll(20, TimeUnit.SECONDS));
  }

  @Test
  void reportThatIsNotTakenIsSentAgainAndThenGivenUp() throws Exception {
    BlockingQueue<CommitmentReport> reports = new LinkedBlockingQueue<>();
    CommitmentListener forgetful =
        (association, report) -> {
          reports.add(report);
          return reports.size() % 2 == 1 ? Status.PROCESSING_FAILURE : Status.SUCCESS;
        };
    int back = server(ServerHandlers.of(received).withCommitmentListener(forgetful)).port();
    Archive archive = new Archive(Optional.of(back));
    int port = server(ServerHandlers.of(received).withCommitmentProvider(archive)).port();
    Archive deaf = new Archive(Optional.of(server(ServerHandlers.of(received)).port()));
    int deafPort = server(ServerHandlers.of(received).withCommitmentProvider(deaf)).port();
    try (DicomClient client = connect(port);
        DicomClient other = connect(deafPort)) {
      assertTrue(client.requestCommitment(TRANSACTION, List.of(HERE, MISSING)).isSuccess());
      assertTrue(other.requestCommitment(TRANSACTION, List.of(HERE)).isSuccess());
    }
    assertEquals(expected(), archive.delivered.poll(20, TimeUnit.SECONDS));
    assertEquals(2, reports.size());
    String why = deaf.undelivered.poll(20, TimeUnit.SECONDS);
    assertTrue(why.contains("refused"), why);
    assertTrue(deaf.delivered.isEmpty());
  }

  /** Whether the attempt is still to come, under way, or was in vain: it is not forgotten. */
  @Test
  void reportThatWaitsWhenTheServerClosesIsGivenBack() throws Exception {
    Archive archive = new Archive(Optional.of(server(ServerHandlers.of(received)).port()));
    DicomServer closing = server(ServerHandlers.of(received).withCommitmentProvider(archive), Duration.ofHours(1));
    int requests = 20;
    try (DicomClient client = connect(closing.port())) {
      for (int i = 0; i < requests; i++) {
        assertTrue(client.requestCommitment("2.25.10" + i, List.of(HERE)).isSuccess());
      }
    }
    closing.close();
    assertEquals(requests, archive.undelivered.size());
    assertTrue(archive.undelivered.stream().anyMatch(why -> why.contains("closed")), archive.undelivered.toString());
    assertTrue(archive.delivered.isEmpty());
  }

  @Test
  void reportWithoutAnAnswerIsNotDelivered() throws Exception {
    Archive archive = new Archive(Optional.empty());
    int port = server(ServerHandlers.of(received).withCommitmentProvider(archive)).port();
    try (RawPeer peer = raw(port)) {
      send(peer, StorageCommitment.action(5), StorageCommitment.request(TRANSACTION, List.of(HERE)));
      assertEquals(0, peer.readCommand().requireInteger(Tag.Status));
      CommandSet event = peer.readCommand();
      assertEquals(CommandSet.N_EVENT_REPORT_RQ, event.field());
      assertEquals(1, event.requireInteger(Tag.EventTypeID));
      assertInstanceOf(Pdu.DataTf.class, peer.read());
      peer.send(new Pdu.ReleaseRq());
      assertEquals(new Pdu.ReleaseRp(), peer.read());
    }
    String why = archive.undelivered.poll(20, TimeUnit.SECONDS);
    assertTrue(why.contains("ended without an answer"), why);
  }

  private static final int CONTEXT = 1;

  private static RawPeer raw(int port, Pdu.UserItem... items) throws IOException {
    RawPeer peer = new RawPeer(port);
    peer.send(request(items));
    assertInstanceOf(Pdu.AssociateAc.class, peer.read());
    return peer;
  }

  private static Pdu.AssociateRq request(Pdu.UserItem... items) {
    return new Pdu.AssociateRq(
        1,
        "NODE",
        "TEST",
        Pdu.APPLICATION_CONTEXT,
        List.of(new Pdu.PresentationContext(CONTEXT, PUSH_MODEL, List.of(Uid.ExplicitVRLittleEndian))),
        List.of(items));
  }

  private static void send(RawPeer peer, CommandSet command, Dataset dataset) throws IOException {
    peer.sendCommand(CONTEXT, command);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DicomWriter.writeDataset(bytes, dataset, TransferSyntax.EXPLICIT_LE);
    peer.send(RawPeer.data(CONTEXT, false, true, bytes.toByteArray()));
  }

  private static int statusOf(RawPeer peer, CommandSet command, Dataset dataset) throws IOException {
    send(peer, command, dataset);
    CommandSet response = peer.readCommand();
    assertEquals(command.field() | CommandSet.RESPONSE, response.field());
    assertFalse(response.hasDataset());
    return response.requireInteger(Tag.Status);
  }

  @Test
  void requestsThatMakeNoSenseAreRefusedWithTheirStatus() throws Exception {
    Archive archive = new Archive(Optional.empty());
    int port = server(ServerHandlers.of(received).withCommitmentProvider(archive)).port();
    Dataset good = StorageCommitment.request(TRANSACTION, List.of(HERE));
    try (RawPeer peer = raw(port)) {
      CommandSet action = StorageCommitment.action(5);
      assertEquals(0x0123, statusOf(peer, StorageCommitment.action(5).put(Tag.ActionTypeID, 2), good));
      assertEquals(0x0118, statusOf(peer, StorageCommitment.action(5).put(Tag.RequestedSOPClassUID, "1.2"), good));
      assertEquals(
          0x0112, statusOf(peer, StorageCommitment.action(5).put(Tag.RequestedSOPInstanceUID, "1.2"), good));
      assertEquals(0x0115, statusOf(peer, action, good.copy().putString(Tag.TransactionUID, "../x")));
      assertEquals(0x0115, statusOf(peer, action, good.copy().remove(Tag.TransactionUID)));
      assertEquals(0x0115, statusOf(peer, action, good.copy().remove(Tag.ReferencedSOPSequence)));
      assertEquals(0x0115, statusOf(peer, action, good.copy().putItems(Tag.ReferencedSOPSequence, List.of(new Dataset()))));
      assertEquals(
          0x0115, statusOf(peer, action, good.copy().putBytes(Tag.ReferencedSOPSequence, VR.OB, new byte[10])));
      peer.sendCommand(CONTEXT, StorageCommitment.action(5).put(Tag.CommandDataSetType, 0x0101));
      assertEquals(0x0115, peer.readCommand().requireInteger(Tag.Status));
      peer.sendCommand(CONTEXT, action);
      peer.send(RawPeer.data(CONTEXT, false, true, new byte[] {8, 0, (byte) 0x95, 0x11, 'U', 'I', 100, 0, '1'}));
      assertEquals(0x0115, peer.readCommand().requireInteger(Tag.Status));
      assertEquals(
          0x0211,
          statusOf(peer, StorageCommitment.event(5, expected()), StorageCommitment.report(expected())),
          "reports need the SCP's role");
      assertEquals(0, statusOf(peer, action, good));
      assertEquals(List.of(HERE), archive.requests.poll(20, TimeUnit.SECONDS).references());
      assertTrue(archive.requests.isEmpty());
    }
  }

  @Test
  void rolesAreThoseThatThereAreHandlersFor() throws Exception {
    int neither = server(ServerHandlers.of(received)).port();
    int provider =
        server(ServerHandlers.of(received).withCommitmentProvider(new Archive(Optional.empty()))).port();
    int listener =
        server(ServerHandlers.of(received).withCommitmentListener((a, r) -> Status.SUCCESS)).port();
    Pdu.UserItem both = new Pdu.UserItem.RoleSelection(PUSH_MODEL, true, true);
    Pdu.UserItem scp = new Pdu.UserItem.RoleSelection(PUSH_MODEL, false, true);
    assertEquals(List.of(3), results(neither));
    assertEquals(List.of(3), results(neither, both));
    assertEquals(List.of(0), results(provider));
    assertEquals(List.of(0, true, false), results(provider, both));
    assertEquals(List.of(1), results(provider, scp));
    assertEquals(List.of(1), results(listener));
    assertEquals(List.of(0, false, true), results(listener, both));
    assertEquals(List.of(0, false, true), results(listener, scp));
  }

  private static List<Object> results(int port, Pdu.UserItem... items) throws IOException {
    try (RawPeer peer = new RawPeer(port)) {
      peer.send(request(items));
      Pdu.AssociateAc answer = assertInstanceOf(Pdu.AssociateAc.class, peer.read());
      List<Object> results = new ArrayList<>();
      results.add(answer.contexts().get(0).result());
      for (Pdu.UserItem item : answer.userItems()) {
        if (item instanceof Pdu.UserItem.RoleSelection role) {
          results.addAll(List.of(role.scu(), role.scp()));
        }
      }
      return results;
    }
  }

  @Test
  void listenerHearsOnlyReportsThatMakeSense() throws Exception {
    BlockingQueue<CommitmentReport> reports = new LinkedBlockingQueue<>();
    CommitmentListener listener =
        (association, report) -> {
          if (report.transactionUid().endsWith(".13")) {
            throw new IllegalStateException("fault");
          }
          reports.add(report);
          return report.transactionUid().equals(TRANSACTION) ? Status.SUCCESS : Status.PROCESSING_FAILURE;
        };
    int port = server(ServerHandlers.of(received).withCommitmentListener(listener)).port();
    Dataset good = StorageCommitment.report(expected());
    try (RawPeer peer = raw(port, new Pdu.UserItem.RoleSelection(PUSH_MODEL, false, true))) {
      CommandSet event = StorageCommitment.event(5, expected());
      assertEquals(0, statusOf(peer, event, good));
      assertEquals(expected(), reports.take());
      assertEquals(0x0110, statusOf(peer, event, good.copy().putString(Tag.TransactionUID, "2.25.1")));
      reports.take();
      assertEquals(0x0110, statusOf(peer, event, good.copy().putString(Tag.TransactionUID, "2.25.13")));
      assertEquals(0x0113, statusOf(peer, StorageCommitment.event(5, expected()).put(Tag.EventTypeID, 3), good));
      assertEquals(0x0115, statusOf(peer, event, good.copy().remove(Tag.FailedSOPSequence)));
      assertEquals(0x0211, statusOf(peer, StorageCommitment.action(5), StorageCommitment.request("1.2", List.of(HERE))));
      assertTrue(reports.isEmpty());
      assertEquals(PUSH_INSTANCE, event.text(Tag.AffectedSOPInstanceUID));
    }
  }

  @Test
  void reportsThatComeDuringOtherOperationsAreKept() throws Exception {
    RawAcceptor.Script script =
        peer -> {
          CommandSet store = peer.readCommand();
          int context = peer.context(PUSH_MODEL);
          peer.send(context, StorageCommitment.event(9, expected()), Optional.of(StorageCommitment.report(expected())));
          CommandSet confirmation = peer.readCommand();
          assertEquals(9, confirmation.requireInteger(Tag.MessageIDBeingRespondedTo));
          assertEquals(0, confirmation.requireInteger(Tag.Status));
          peer.send(context, StorageCommitment.event(10, expected()), Optional.of(new Dataset()));
          assertEquals(0x0115, peer.readCommand().requireInteger(Tag.Status));
          peer.send(peer.context(Uid.CTImageStorage), RawAcceptor.response(store, 0), Optional.empty());
        };
    try (RawAcceptor peer = new RawAcceptor(false, script)) {
      try (DicomClient client = connect(peer.port())) {
        assertTrue(client.store(TestObjects.ct(1, 8, 8), TransferSyntax.EXPLICIT_LE).isSuccess());
        assertEquals(expected(), client.awaitCommitment(PATIENCE).orElseThrow());
      }
      peer.await();
    }
  }

  @Test
  void peerThatReleasesInsteadOfReportingIsLetGo() throws Exception {
    RawAcceptor.Script script =
        peer -> {
          CommandSet action = peer.readCommand();
          peer.send(peer.context(PUSH_MODEL), action.response(Status.SUCCESS), Optional.empty());
          peer.send(new Pdu.ReleaseRq());
          throw peer.expectReleaseRp();
        };
    try (RawAcceptor peer = new RawAcceptor(false, script)) {
      try (DicomClient client = connect(peer.port())) {
        assertTrue(client.requestCommitment(TRANSACTION, List.of(HERE)).isSuccess());
        AssociationAborted released =
            assertThrows(AssociationAborted.class, () -> client.awaitCommitment(PATIENCE));
        assertTrue(released.getMessage().contains("released"), released.getMessage());
      }
      peer.await();
    }
  }

  @Test
  void peerWithoutStorageCommitmentIsNamed() throws Exception {
    int port = server(ServerHandlers.of(received)).port();
    try (DicomClient client = connect(port)) {
      DicomException refused =
          assertThrows(DicomException.class, () -> client.requestCommitment(TRANSACTION, List.of(HERE)));
      assertTrue(refused.getMessage().contains("Storage Commitment Push Model"), refused.getMessage());
      assertThrows(IllegalArgumentException.class, () -> client.requestCommitment(TRANSACTION, List.of()));
      assertThrows(IllegalArgumentException.class, () -> client.requestCommitment("x", Set.of(HERE)));
    }
  }
}
