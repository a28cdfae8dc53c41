package nmsw.dicom.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DicomServerTest {
  private static final String INSTANCE = "1.2.3.4";

  private final Received received = new Received();
  private DicomServer server;

  private static ServerConfig.Builder config() {
    return ServerConfig.builder()
        .bindAddress("127.0.0.1")
        .port(0)
        .calledAeTitles(Set.of("NODE"))
        .maxPduLength(16384)
        .closeTimeout(Duration.ZERO);
  }

  private int start(ServerConfig.Builder config, StoreHandler handler) throws IOException {
    server = DicomServer.start(config.build(), handler);
    return server.port();
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static Pdu answerTo(int port, Pdu request) throws IOException {
    try (RawPeer peer = new RawPeer(port)) {
      peer.send(request);
      return peer.read();
    }
  }

  private void nextGoodAssociationWorks() throws IOException {
    try (RawPeer peer = RawPeer.associated(server.port())) {
      peer.sendCommand(RawPeer.ECHO, RawPeer.echoRequest());
      CommandSet response = peer.readCommand();
      assertEquals(CommandSet.C_ECHO_RSP, response.field());
      assertEquals(0, response.requireInteger(Tag.Status));
      assertEquals(9, response.requireInteger(Tag.MessageIDBeingRespondedTo));
      peer.send(new Pdu.ReleaseRq());
      assertEquals(new Pdu.ReleaseRp(), peer.read());
    }
  }

  @Test
  void storesAndReleases() throws Exception {
    int port = start(config(), received);
    byte[] data = {8, 0, 5, 0, 0, 0, 0, 0};
    try (RawPeer peer = RawPeer.associated(port)) {
      peer.sendCommand(RawPeer.CT, RawPeer.storeRequest(Uid.CTImageStorage, INSTANCE));
      peer.send(RawPeer.data(RawPeer.CT, false, false, data));
      peer.send(RawPeer.data(RawPeer.CT, false, true, new byte[0]));
      CommandSet response = peer.readCommand();
      assertEquals(CommandSet.C_STORE_RSP, response.field());
      assertEquals(0, response.requireInteger(Tag.Status));
      assertEquals(7, response.requireInteger(Tag.MessageIDBeingRespondedTo));
      assertEquals(INSTANCE, response.text(Tag.AffectedSOPInstanceUID));
      assertFalse(response.hasDataset());
      peer.send(new Pdu.ReleaseRq());
      assertEquals(new Pdu.ReleaseRp(), peer.read());
    }
    assertArrayEquals(data, received.objects.get(INSTANCE));
    assertEquals("TEST", received.requests.get(0).association().callingAeTitle());
    assertEquals(true, received.closed.poll(20, TimeUnit.SECONDS));
  }

  @Test
  void rejectsWithTheReason() throws IOException {
    int port = start(config().callingAeTitles(Set.of("TEST")), received);
    assertEquals(new Pdu.AssociateRj(1, 1, 7), answerTo(port, RawPeer.request("OTHER", "TEST")));
    assertEquals(new Pdu.AssociateRj(1, 1, 3), answerTo(port, RawPeer.request("NODE", "OTHER")));
    assertEquals(
        new Pdu.AssociateRj(1, 1, 2),
        answerTo(port, new Pdu.AssociateRq(1, "NODE", "TEST", "1.2.3", List.of(), List.of())));
    assertEquals(
        new Pdu.AssociateRj(1, 2, 2),
        answerTo(
            port,
            new Pdu.AssociateRq(2, "NODE", "TEST", Pdu.APPLICATION_CONTEXT, List.of(), List.of())));
    nextGoodAssociationWorks();
  }

  @Test
  void rejectsForNowWhenAllSeatsAreTaken() throws Exception {
    int port = start(config().maxAssociations(1), received);
    try (RawPeer first = RawPeer.associated(port)) {
      assertEquals(new Pdu.AssociateRj(2, 3, 2), answerTo(port, RawPeer.request("NODE", "TEST")));
      first.send(new Pdu.Abort(0, 0));
      assertEquals(false, received.closed.poll(20, TimeUnit.SECONDS));
    }
    Instant deadline = Instant.now().plusSeconds(20);
    while (!(answerTo(port, RawPeer.request("NODE", "TEST")) instanceof Pdu.AssociateAc)) {
      assertTrue(Instant.now().isBefore(deadline), "the seat was not given back");
    }
  }

  @Test
  void rejectsForNowWhenTheHandlerHasNoRoom() throws IOException {
    StoreHandler full =
        new StoreHandler() {
          @Override
          public Status store(StoreRequest request, InputStream dataset) {
            return Status.SUCCESS;
          }

          @Override
          public boolean admits(AssociationInfo association) {
            return false;
          }
        };
    int port = start(config(), full);
    assertEquals(new Pdu.AssociateRj(2, 3, 2), answerTo(port, RawPeer.request("NODE", "TEST")));
  }

  @Test
  void httpRequestIsAbortedAtOnce() throws IOException {
    int port = start(config(), received);
    try (RawPeer peer = new RawPeer(port)) {
      peer.send("GET / HTTP/1.1\r\nHost: node\r\n\r\n".getBytes(US_ASCII));
      assertEquals(List.of(new Pdu.Abort(0, 0)), peer.readAll());
    }
    nextGoodAssociationWorks();
  }

  @Test
  void gigabytePduIsAbortedBeforeItsBody() throws IOException {
    int port = start(config(), received);
    try (RawPeer peer = new RawPeer(port)) {
      peer.send(ByteBuffer.allocate(6).put((byte) 1).put((byte) 0).putInt(1 << 30).array());
      assertEquals(List.of(new Pdu.Abort(0, 0)), peer.readAll());
    }
    try (RawPeer peer = RawPeer.associated(port)) {
      peer.send(ByteBuffer.allocate(6).put((byte) 4).put((byte) 0).putInt(16385).array());
      assertEquals(List.of(new Pdu.Abort(2, 6)), peer.readAll());
    }
    nextGoodAssociationWorks();
  }

  @Test
  void abortsSayWhatWasWrong() throws IOException {
    int port = start(config(), received);
    assertEquals(new Pdu.Abort(2, 1), abortAfter(port, new byte[] {9}));
    assertEquals(new Pdu.Abort(2, 2), abortAfter(port, RawPeer.request("NODE", "TEST")));
    assertEquals(new Pdu.Abort(2, 2), abortAfter(port, new Pdu.ReleaseRp()));
    assertEquals(new Pdu.Abort(2, 6), abortAfter(port, RawPeer.data(99, true, true, new byte[2])));
    assertEquals(new Pdu.Abort(0, 0), abortAfter(port, RawPeer.data(1, false, true, new byte[2])));
    assertEquals(new Pdu.Abort(0, 0), abortAfter(port, RawPeer.data(1, true, true, new byte[3])));
    nextGoodAssociationWorks();
  }

  private static Pdu abortAfter(int port, Object sent) throws IOException {
    try (RawPeer peer = RawPeer.associated(port)) {
      if (sent instanceof Pdu pdu) {
        peer.send(pdu);
      } else {
        peer.send((byte[]) sent);
      }
      return peer.read();
    }
  }

  @Test
  void endlessCommandIsAborted() throws IOException {
    int port = start(config(), received);
    try (RawPeer peer = RawPeer.associated(port)) {
      for (int i = 0; i < 5; i++) {
        peer.send(RawPeer.data(RawPeer.ECHO, true, false, new byte[16000]));
      }
      assertEquals(new Pdu.Abort(0, 0), peer.read());
    }
  }

  @Test
  void silenceEndsWithArtim() throws IOException {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    int port = start(config().clock(now::get).artimTimeout(Duration.ofHours(1)), received);
    try (RawPeer peer = new RawPeer(port)) {
      peer.send(new byte[] {1, 0, 0});
      passTimeUntilInput(now, peer);
      assertEquals(-1, peer.socket.getInputStream().read());
    }
    nextGoodAssociationWorks();
  }

  /**
   * Moves the server's clock by hours until it has answered or closed, since it may not have begun to wait.
   */
  private static void passTimeUntilInput(AtomicReference<Instant> now, RawPeer peer) throws IOException {
    Instant deadline = Instant.now().plusSeconds(20);
    PushbackInputStream in = peer.in;
    peer.socket.setSoTimeout(100);
    while (true) {
      now.updateAndGet(instant -> instant.plus(Duration.ofHours(2)));
      try {
        int first = in.read();
        if (first >= 0) {
          in.unread(first);
        }
        return;
      } catch (SocketTimeoutException e) {
        assertTrue(Instant.now().isBefore(deadline), "the server waits on");
      }
    }
  }

  @Test
  void idleAssociationIsAborted() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    int port = start(config().clock(now::get).idleTimeout(Duration.ofHours(1)), received);
    try (RawPeer peer = RawPeer.associated(port)) {
      peer.sendCommand(RawPeer.ECHO, RawPeer.echoRequest());
      assertEquals(CommandSet.C_ECHO_RSP, peer.readCommand().field());
      passTimeUntilInput(now, peer);
      assertEquals(new Pdu.Abort(0, 0), peer.read());
    }
    assertEquals(false, received.closed.poll(20, TimeUnit.SECONDS));
  }

  @Test
  void peerThatTakesNoAnswersIsCut() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    int port = start(config().clock(now::get).dataTimeout(Duration.ofHours(1)), received);
    AtomicLong sent = new AtomicLong();
    try (RawPeer peer = RawPeer.associated(port)) {
      CompletableFuture<Void> flood =
          CompletableFuture.runAsync(
              () -> {
                try {
                  while (true) {
                    peer.sendCommand(RawPeer.ECHO, RawPeer.echoRequest());
                    sent.incrementAndGet();
                  }
                } catch (IOException e) {
                  // The server has cut the connection.
                }
              });
      long before;
      do {
        before = sent.get();
        assertNull(received.closed.poll(500, TimeUnit.MILLISECONDS), "closed before it was stuck");
      } while (sent.get() > before);
      now.set(Instant.EPOCH.plus(Duration.ofHours(2)));
      assertEquals(false, received.closed.poll(20, TimeUnit.SECONDS));
      flood.get(20, TimeUnit.SECONDS);
    }
    nextGoodAssociationWorks();
  }

  @Test
  void halfOpenConnectionsTakeNoSeat() throws IOException {
    int port = start(config().maxAssociations(1), received);
    try (RawPeer silent = new RawPeer(port);
        RawPeer slow = new RawPeer(port)) {
      slow.send(new byte[] {1});
      nextGoodAssociationWorks();
      assertFalse(silent.socket.isClosed());
    }
  }

  @Test
  void connectionsBeyondAllBoundsAreClosedAtOnce() throws IOException {
    int port = start(config().maxAssociations(1), received);
    RawPeer[] peers = new RawPeer[18];
    try {
      for (int i = 0; i < peers.length; i++) {
        peers[i] = new RawPeer(port);
      }
      assertEquals(-1, peers[17].socket.getInputStream().read());
    } finally {
      for (RawPeer peer : peers) {
        peer.close();
      }
    }
  }

  @Test
  void negotiatesEachContext() throws IOException {
    int port = start(config(), received);
    Pdu.AssociateRq request =
        new Pdu.AssociateRq(
            1,
            "NODE",
            "TEST",
            Pdu.APPLICATION_CONTEXT,
            List.of(
                context(1, Uid.Verification, Uid.ImplicitVRLittleEndian),
                context(3, Uid.CTImageStorage, Uid.ImplicitVRLittleEndian, Uid.ExplicitVRLittleEndian),
                context(5, Uid.CTImageStorage, Uid.JPEG2000),
                context(7, Uid.MRImageStorage, Uid.ImplicitVRLittleEndian),
                context(9, Uid.EnhancedCTImageStorage, Uid.ImplicitVRLittleEndian)),
            List.of(
                new Pdu.UserItem.AsynchronousOperations(5, 5),
                new Pdu.UserItem.RoleSelection(Uid.CTImageStorage, true, true),
                new Pdu.UserItem.RoleSelection(Uid.EnhancedCTImageStorage, false, true),
                new Pdu.UserItem.RoleSelection(Uid.MRImageStorage, true, true),
                new Pdu.UserItem.Extended(Uid.CTImageStorage, ByteBuffer.wrap(new byte[] {2, 0, 0, 0, 0, 0})),
                new Pdu.UserItem.Other(0x57, ByteBuffer.allocate(3)),
                new Pdu.UserItem.Identity(1, true, ByteBuffer.wrap(new byte[] {'x'}), ByteBuffer.allocate(0))));
    Pdu.AssociateAc answer = assertInstanceOf(Pdu.AssociateAc.class, answerTo(port, request));
    assertEquals(
        List.of(
            new Pdu.ContextResult(1, 0, Uid.ImplicitVRLittleEndian),
            new Pdu.ContextResult(3, 0, Uid.ExplicitVRLittleEndian),
            new Pdu.ContextResult(5, 4, Uid.JPEG2000),
            new Pdu.ContextResult(7, 3, Uid.ImplicitVRLittleEndian),
            new Pdu.ContextResult(9, 1, Uid.ImplicitVRLittleEndian)),
        answer.contexts());
    assertEquals("NODE", answer.calledAeTitle());
    assertEquals(16384, Pdu.maximumLength(answer.userItems()).orElseThrow());
    assertEquals(
        List.of(
            new Pdu.UserItem.AsynchronousOperations(5, 1),
            new Pdu.UserItem.RoleSelection(Uid.CTImageStorage, true, false)),
        answer.userItems().subList(3, answer.userItems().size()),
        "identities and extended negotiation are not known of");
  }

  @Test
  void ofTransferSyntaxesTheServersPreferenceCounts() throws IOException {
    List<TransferSyntax> preference =
        List.of(TransferSyntax.JPEG_LS_LOSSLESS, TransferSyntax.IMPLICIT_LE, TransferSyntax.EXPLICIT_LE);
    int port = start(config().transferSyntaxes(preference), received);
    List<Pdu.PresentationContext> contexts = new ArrayList<>();
    for (int id = 1; id <= 255; id += 2) {
      contexts.add(
          id % 4 == 1
              ? context(id, Uid.CTImageStorage, Uid.ExplicitVRLittleEndian, Uid.JPEGLSLossless, Uid.ImplicitVRLittleEndian)
              : context(id, Uid.CTImageStorage, Uid.JPEG2000, Uid.ExplicitVRLittleEndian, Uid.ImplicitVRLittleEndian));
    }
    assertEquals(128, contexts.size(), "as many as there are ids");
    Pdu.AssociateRq request =
        new Pdu.AssociateRq(1, "NODE", "TEST", Pdu.APPLICATION_CONTEXT, contexts, List.of());
    Pdu.AssociateAc answer = assertInstanceOf(Pdu.AssociateAc.class, answerTo(port, request));
    assertEquals(
        contexts.stream()
            .map(c -> new Pdu.ContextResult(c.id(), 0, c.id() % 4 == 1 ? Uid.JPEGLSLossless : Uid.ImplicitVRLittleEndian))
            .toList(),
        answer.contexts());
  }

  private Pdu answerTo(int port, Pdu.UserItem... items) throws IOException {
    Pdu.AssociateRq plain = RawPeer.request("NODE", "TEST");
    return answerTo(
        port,
        new Pdu.AssociateRq(
            1, "NODE", "TEST", Pdu.APPLICATION_CONTEXT, plain.contexts(), List.of(items)));
  }

  private static Set<Pdu.UserItem> beyondOwn(Pdu answer) {
    List<Pdu.UserItem> items = assertInstanceOf(Pdu.AssociateAc.class, answer).userItems();
    return Set.copyOf(items.subList(3, items.size()));
  }

  @Test
  void windowIsAnsweredWithinOurs() throws IOException {
    int port = start(config().maxOperations(8), received);
    for (int[] each : new int[][] {{0, 8}, {1, 1}, {5, 5}, {8, 8}, {9, 8}, {65535, 8}}) {
      assertEquals(
          Set.of(new Pdu.UserItem.AsynchronousOperations(each[1], 1)),
          beyondOwn(answerTo(port, new Pdu.UserItem.AsynchronousOperations(each[0], 0))));
    }
  }

  @Test
  void operationsUnderWayAreAnsweredInOrder() throws IOException {
    int port = start(config(), received);
    try (RawPeer peer = RawPeer.associated(port)) {
      for (int id = 1; id <= 50; id++) {
        peer.sendCommand(RawPeer.ECHO, RawPeer.echoRequest().put(Tag.MessageID, id));
      }
      for (int id = 1; id <= 50; id++) {
        assertEquals(id, peer.readCommand().requireInteger(Tag.MessageIDBeingRespondedTo));
      }
    }
  }

  @Test
  void identitiesAreCheckedAndAnswered() throws IOException {
    UserAuthenticator users =
        (association, identity) ->
            identity
                .map(user -> user.name().equals("dose") && user.passcode().equals("geheim"))
                .orElse(association.callingAeTitle().equals("OTHER"));
    server = DicomServer.start(config().build(), ServerHandlers.of(received).withAuthenticator(users));
    int port = server.port();
    Pdu.UserItem right = identity(2, true, "dose", "geheim");
    assertEquals(
        Set.of(new Pdu.UserItem.IdentityResponse(ByteBuffer.allocate(0))), beyondOwn(answerTo(port, right)));
    assertEquals(Set.of(), beyondOwn(answerTo(port, identity(2, false, "dose", "geheim"))));
    Pdu rejection = new Pdu.AssociateRj(1, 1, 1);
    assertEquals(rejection, answerTo(port, identity(2, true, "dose", "falsch")));
    assertEquals(rejection, answerTo(port, identity(1, true, "dose", "")));
    assertEquals(rejection, answerTo(port, new Pdu.UserItem[0]));
    assertInstanceOf(Pdu.AssociateAc.class, answerTo(port, RawPeer.request("NODE", "OTHER")));
    RemoteAe remote = new RemoteAe("NODE", "127.0.0.1", port);
    AssociationOptions options =
        AssociationOptions.none().withIdentity(UserIdentity.username("dose", "geheim", true));
    List<ProposedContext> contexts = List.of(ProposedContext.verification());
    try (DicomClient client =
        DicomClient.connect(remote, "TEST", contexts, options, ClientConfig.defaults())) {
      assertTrue(client.echo().isSuccess());
    }
    assertFalse(UserIdentity.username("dose", "geheim", true).toString().contains("geheim"));
  }

  private static Pdu.UserItem identity(int type, boolean responseRequested, String name, String passcode) {
    return new Pdu.UserItem.Identity(
        type,
        responseRequested,
        ByteBuffer.wrap(name.getBytes(US_ASCII)),
        ByteBuffer.wrap(passcode.getBytes(US_ASCII)));
  }

  @Test
  void extendedNegotiationIsTheHandlersAffair() throws IOException {
    ExtendedNegotiation storage =
        (sopClass, proposed) ->
            sopClass.equals(Uid.CTImageStorage)
                ? Optional.of(new byte[] {(byte) Math.min(1, proposed[0]), 0, 0, 0, 0, 0})
                : Optional.empty();
    server = DicomServer.start(config().build(), ServerHandlers.of(received).withExtendedNegotiation(storage));
    RemoteAe remote = new RemoteAe("NODE", "127.0.0.1", server.port());
    List<ProposedContext> contexts =
        List.of(
            ProposedContext.uncompressed(Uid.CTImageStorage), ProposedContext.uncompressed(Uid.SegmentationStorage));
    byte[] full = {2, 0, 3, 0, 0, 0};
    AssociationOptions options =
        AssociationOptions.none()
            .withExtended(Uid.CTImageStorage, full)
            .withExtended(Uid.SegmentationStorage, full)
            .withExtended(Uid.MRImageStorage, full);
    try (DicomClient client =
        DicomClient.connect(remote, "TEST", contexts, options, ClientConfig.defaults())) {
      assertArrayEquals(
          new byte[] {1, 0, 0, 0, 0, 0}, client.extendedNegotiation(Uid.CTImageStorage).orElseThrow());
      assertTrue(client.extendedNegotiation(Uid.SegmentationStorage).isEmpty());
      assertTrue(client.extendedNegotiation(Uid.MRImageStorage).isEmpty());
    }
  }

  @Test
  void acceptsAllStorageWhenAsked() throws IOException {
    int port = start(config().acceptAllStorage(true), received);
    Pdu.AssociateRq request =
        new Pdu.AssociateRq(
            1,
            "NODE",
            "TEST",
            Pdu.APPLICATION_CONTEXT,
            List.of(
                context(1, Uid.MRImageStorage, Uid.ImplicitVRLittleEndian),
                context(3, Uid.StudyRootQueryRetrieveInformationModelFind, Uid.ImplicitVRLittleEndian)),
            List.of());
    Pdu.AssociateAc answer = assertInstanceOf(Pdu.AssociateAc.class, answerTo(port, request));
    assertEquals(List.of(0, 3), answer.contexts().stream().map(Pdu.ContextResult::result).toList());
  }

  private static Pdu.PresentationContext context(int id, String abstractSyntax, String... syntaxes) {
    return new Pdu.PresentationContext(id, abstractSyntax, List.of(syntaxes));
  }

  private int statusOf(StoreHandler handler, int context, String sopClass, String instance)
      throws IOException {
    if (server == null) {
      start(config().maxObjectBytes(100_000), handler);
    }
    try (RawPeer peer = RawPeer.associated(server.port())) {
      peer.sendCommand(context, RawPeer.storeRequest(sopClass, instance));
      for (int i = 0; i < 10; i++) {
        peer.send(RawPeer.data(context, false, i == 9, new byte[12000]));
      }
      int status = peer.readCommand().requireInteger(Tag.Status);
      peer.sendCommand(RawPeer.ECHO, RawPeer.echoRequest());
      assertEquals(CommandSet.C_ECHO_RSP, peer.readCommand().field());
      return status;
    }
  }

  @Test
  void objectBeyondTheLimitIsOutOfResources() throws IOException {
    assertEquals(0xA700, statusOf(received, RawPeer.CT, Uid.CTImageStorage, INSTANCE));
    assertNull(received.objects.get(INSTANCE));
  }

  @Test
  void requestThatDoesNotFitItsContextIsRefused() throws IOException {
    assertEquals(0xA900, statusOf(received, RawPeer.CT, Uid.SegmentationStorage, INSTANCE));
    assertEquals(0x0122, statusOf(received, RawPeer.CT, Uid.MRImageStorage, INSTANCE));
    assertEquals(0x0122, statusOf(received, RawPeer.ECHO, Uid.Verification, INSTANCE));
    assertEquals(0x0117, statusOf(received, RawPeer.CT, Uid.CTImageStorage, "../../etc/passwd"));
    assertTrue(received.requests.isEmpty());
  }

  @Test
  void handlerThatStopsReadingCostsNothing() throws IOException {
    assertEquals(0xB006, statusOf((r, in) -> new Status(0xB006), RawPeer.CT, Uid.CTImageStorage, INSTANCE));
  }

  @Test
  void handlersFailuresBecomeStatuses() throws IOException {
    StoreHandler failing =
        (request, in) -> {
          switch (request.sopInstanceUid()) {
            case "1.1" -> throw new DicomException(0xC123, "own status");
            case "1.2" -> throw new DicomException("none");
            case "1.3" -> throw new IOException("disk full");
            default -> throw new IllegalStateException("fault");
          }
        };
    assertEquals(0xC123, statusOf(failing, RawPeer.CT, Uid.CTImageStorage, "1.1"));
    assertEquals(0xC000, statusOf(failing, RawPeer.CT, Uid.CTImageStorage, "1.2"));
    assertEquals(0xA700, statusOf(failing, RawPeer.CT, Uid.CTImageStorage, "1.3"));
    assertEquals(0x0110, statusOf(failing, RawPeer.CT, Uid.CTImageStorage, "1.4"));
  }

  @Test
  void unknownOperationIsAnsweredSo() throws IOException {
    int port = start(config(), received);
    try (RawPeer peer = RawPeer.associated(port)) {
      peer.sendCommand(
          RawPeer.CT,
          new CommandSet(0x0020).withDataset().put(Tag.MessageID, 3).put(Tag.AffectedSOPClassUID, "1.2"));
      peer.send(RawPeer.data(RawPeer.CT, false, true, new byte[100]));
      CommandSet response = peer.readCommand();
      assertEquals(0x8020, response.field());
      assertEquals(0x0211, response.requireInteger(Tag.Status));
    }
  }

  @Test
  void storeWithoutDatasetIsNotUnderstood() throws IOException {
    int port = start(config(), received);
    try (RawPeer peer = RawPeer.associated(port)) {
      CommandSet request = RawPeer.storeRequest(Uid.CTImageStorage, INSTANCE);
      peer.sendCommand(RawPeer.CT, request.put(Tag.CommandDataSetType, 0x0101));
      assertEquals(0xC000, peer.readCommand().requireInteger(Tag.Status));
    }
  }

  @Test
  void lossInsideAnObjectReachesTheHandler() throws Exception {
    CompletableFuture<Throwable> seen = new CompletableFuture<>();
    CompletableFuture<Boolean> released = new CompletableFuture<>();
    StoreHandler handler =
        new StoreHandler() {
          @Override
          public Status store(StoreRequest request, InputStream dataset) throws IOException {
            try {
              dataset.readAllBytes();
              seen.complete(null);
            } catch (IOException e) {
              seen.complete(e);
              throw e;
            }
            return Status.SUCCESS;
          }

          @Override
          public void associationClosed(AssociationInfo association, boolean wasReleased) {
            released.complete(wasReleased);
          }
        };
    int port = start(config(), handler);
    try (RawPeer peer = RawPeer.associated(port)) {
      peer.sendCommand(RawPeer.CT, RawPeer.storeRequest(Uid.CTImageStorage, INSTANCE));
      peer.send(RawPeer.data(RawPeer.CT, false, false, new byte[1000]));
    }
    assertInstanceOf(AssociationAborted.class, seen.get(20, TimeUnit.SECONDS));
    assertFalse(released.get(20, TimeUnit.SECONDS));
    nextGoodAssociationWorks();
  }

  @Test
  void closeAbortsWhatDoesNotFinish() throws Exception {
    int port = start(config(), received);
    try (RawPeer peer = RawPeer.associated(port)) {
      CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
      assertEquals(List.of(new Pdu.Abort(0, 0)), peer.readAll());
      peer.hangUp();
      closing.get(20, TimeUnit.SECONDS);
    }
    assertEquals(false, received.closed.poll(20, TimeUnit.SECONDS));
  }

  @Test
  void closeLetsAnAssociationFinish() throws Exception {
    CountDownLatch inStore = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    StoreHandler slow =
        (request, in) -> {
          inStore.countDown();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          return Status.SUCCESS;
        };
    int port = start(config().closeTimeout(Duration.ofSeconds(30)), slow);
    try (RawPeer peer = RawPeer.associated(port)) {
      peer.sendCommand(RawPeer.CT, RawPeer.storeRequest(Uid.CTImageStorage, INSTANCE));
      peer.send(RawPeer.data(RawPeer.CT, false, true, new byte[10]));
      inStore.await();
      CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
      goOn.countDown();
      assertEquals(0, peer.readCommand().requireInteger(Tag.Status));
      peer.send(new Pdu.ReleaseRq());
      assertEquals(new Pdu.ReleaseRp(), peer.read());
      peer.hangUp();
      closing.get(20, TimeUnit.SECONDS);
    }
  }
}
