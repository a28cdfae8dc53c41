package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.PixelEncoder;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DicomClientTest {
  private static final List<ProposedContext> CONTEXTS =
      List.of(ProposedContext.verification(), ProposedContext.uncompressed(Uid.CTImageStorage));

  @TempDir Path folder;

  private final Received received = new Received();

  private static ServerConfig.Builder config() {
    return ServerConfig.builder().bindAddress("127.0.0.1").port(0).closeTimeout(Duration.ofSeconds(5));
  }

  private static RemoteAe at(int port) {
    return new RemoteAe("NODE", "127.0.0.1", port);
  }

  private static DicomClient connect(int port) throws IOException {
    return DicomClient.connect(at(port), "TEST", CONTEXTS, ClientConfig.defaults());
  }

  /** Checks object and transfer syntax of a request, byte by byte. */
  private void assertStored(int number, Dataset expected, TransferSyntax syntax) throws IOException {
    StoreRequest request = received.requests.get(number);
    assertEquals(syntax, request.transferSyntax());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DicomWriter.writeDataset(bytes, expected, syntax);
    assertArrayEquals(bytes.toByteArray(), received.objects.get(request.sopInstanceUid()));
  }

  @Test
  void echoesAndStoresDataSetsAndFiles() throws Exception {
    Dataset first = TestObjects.ct(1, 64, 48);
    Dataset second = TestObjects.ct(2, 256, 200);
    Path file = folder.resolve("second.dcm");
    DicomWriter.writeFile(file, second, TransferSyntax.EXPLICIT_LE);
    try (DicomServer server = DicomServer.start(config().build(), received)) {
      try (DicomClient client = connect(server.port())) {
        assertTrue(client.echo().isSuccess());
        assertTrue(client.store(first, TransferSyntax.EXPLICIT_LE).isSuccess());
        assertTrue(client.store(file).isSuccess());
        assertTrue(client.accepts(Uid.CTImageStorage));
        assertFalse(client.accepts(Uid.MRImageStorage));
      }
      assertEquals(true, received.closed.poll(20, TimeUnit.SECONDS));
    }
    assertStored(0, first, TransferSyntax.EXPLICIT_LE);
    assertStored(1, second, TransferSyntax.EXPLICIT_LE);
  }

  @Test
  void convertsWhatThePeerDoesNotTake() throws Exception {
    Dataset dataset = TestObjects.ct(3, 32, 32);
    Path file = folder.resolve("explicit.dcm");
    DicomWriter.writeFile(file, dataset, TransferSyntax.EXPLICIT_LE);
    ServerConfig implicitOnly = config().transferSyntaxes(List.of(TransferSyntax.IMPLICIT_LE)).build();
    try (DicomServer server = DicomServer.start(implicitOnly, received);
        DicomClient client = connect(server.port())) {
      assertTrue(client.store(file).isSuccess());
    }
    assertStored(0, dataset, TransferSyntax.IMPLICIT_LE);
  }

  /** From a file and from memory; what loses something by it is not. */
  @Test
  void decompressesWhatThePeerDoesNotTake() throws Exception {
    Dataset dataset = TestObjects.ct(3, 32, 32);
    Dataset compressed = dataset.copy().put(PixelEncoder.rle(dataset));
    Path file = folder.resolve("rle.dcm");
    DicomWriter.writeFile(file, compressed, TransferSyntax.RLE_LOSSLESS);
    try (DicomServer server = DicomServer.start(config().build(), received);
        DicomClient client = connect(server.port())) {
      assertTrue(client.store(file).isSuccess());
      assertTrue(client.store(compressed, TransferSyntax.RLE_LOSSLESS).isSuccess());
      DicomException refused =
          assertThrows(DicomException.class, () -> client.store(compressed, TransferSyntax.of("1.2.840.10008.1.2.4.50")));
      assertTrue(refused.getMessage().contains("the object is in"), refused.getMessage());
    }
    assertStored(0, dataset, TransferSyntax.EXPLICIT_LE);
    assertStored(1, dataset, TransferSyntax.EXPLICIT_LE);
  }

  @Test
  void saysWhyAnObjectCannotBeSent() throws Exception {
    Dataset dataset = TestObjects.ct(3, 8, 8).putString(Tag.SOPClassUID, Uid.MRImageStorage);
    Path notDicom = Files.write(folder.resolve("x.txt"), new byte[200]);
    try (DicomServer server = DicomServer.start(config().build(), received);
        DicomClient client = connect(server.port())) {
      DicomException refused =
          assertThrows(DicomException.class, () -> client.store(dataset, TransferSyntax.EXPLICIT_LE));
      assertTrue(refused.getMessage().contains("MR Image Storage"), refused.getMessage());
      DicomException wrong = assertThrows(DicomException.class, () -> client.store(notDicom));
      assertTrue(wrong.getMessage().contains("x.txt"), wrong.getMessage());
      assertTrue(client.echo().isSuccess());
    }
  }

  @Test
  void statusOfTheServerIsReturned() throws Exception {
    try (DicomServer server =
            DicomServer.start(config().build(), (r, in) -> Status.OUT_OF_RESOURCES);
        DicomClient client = connect(server.port())) {
      Status status = client.store(TestObjects.ct(1, 8, 8), TransferSyntax.EXPLICIT_LE);
      assertEquals(Status.OUT_OF_RESOURCES, status);
      assertTrue(status.isFailure());
    }
  }

  @Test
  void rejectionSaysWhyAndWhatToDo() throws Exception {
    ServerConfig strict = config().calledAeTitles(Set.of("ELSE")).build();
    try (DicomServer server = DicomServer.start(strict, received)) {
      AssociationRejected rejected =
          assertThrows(AssociationRejected.class, () -> connect(server.port()));
      assertEquals(List.of(1, 1, 7), List.of(rejected.result(), rejected.source(), rejected.reason()));
      assertFalse(rejected.isTransient());
      assertTrue(rejected.getMessage().contains("'NODE' not recognized"), rejected.getMessage());
    }
  }

  @Test
  void identityThatIsNotConfirmedIsNoIdentity() throws Exception {
    try (DicomServer server = DicomServer.start(config().build(), received)) {
      AssociationOptions asked = AssociationOptions.none().withIdentity(UserIdentity.username("dose", "geheim", true));
      DicomException unconfirmed =
          assertThrows(
              DicomException.class,
              () -> DicomClient.connect(at(server.port()), "TEST", CONTEXTS, asked, ClientConfig.defaults()));
      assertTrue(unconfirmed.getMessage().contains("does not confirm"), unconfirmed.getMessage());
      AssociationOptions told = AssociationOptions.none().withIdentity(UserIdentity.username("dose", "geheim", false));
      try (DicomClient client = DicomClient.connect(at(server.port()), "TEST", CONTEXTS, told, ClientConfig.defaults())) {
        assertTrue(client.echo().isSuccess());
      }
    }
  }

  @Test
  void nobodyListening() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    IOException e = assertThrows(IOException.class, () -> connect(port));
    assertTrue(e.getMessage().contains("no connection to NODE@127.0.0.1:" + port), e.getMessage());
  }

  @Test
  void silentPeerIsGivenUp() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ClientConfig hasty =
          new ClientConfig(
              Duration.ofSeconds(5),
              Duration.ofMillis(50),
              Duration.ofSeconds(5),
              Duration.ofMillis(50),
              16384,
              Monotonic.source());
      assertThrows(
          AssociationAborted.class,
          () -> DicomClient.connect(at(silent.getLocalPort()), "TEST", CONTEXTS, hasty));
    }
  }

  @Test
  void abortOfThePeerIsNamed() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> peer =
          CompletableFuture.runAsync(
              () -> {
                try (Socket socket = listener.accept()) {
                  new PduDecoder(socket.getInputStream(), 1 << 20, 1 << 20).read();
                  PduEncoder.write(new Pdu.Abort(2, 6), socket.getOutputStream());
                  socket.getInputStream().read();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      AssociationAborted aborted =
          assertThrows(AssociationAborted.class, () -> connect(listener.getLocalPort()));
      assertTrue(aborted.getMessage().contains("invalid PDU parameter value"), aborted.getMessage());
      peer.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void releaseCollisionIsResolvedByTheRequestor() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Pdu> answer =
          CompletableFuture.supplyAsync(
              () -> {
                try (Socket socket = listener.accept()) {
                  PduDecoder in = new PduDecoder(socket.getInputStream(), 1 << 20, 1 << 20);
                  Pdu.AssociateRq request = (Pdu.AssociateRq) in.read();
                  PduEncoder.write(
                      new Negotiation(config().build(), ServerHandlers.of(received)).accept(request), socket.getOutputStream());
                  in.read();
                  PduEncoder.write(new Pdu.ReleaseRq(), socket.getOutputStream());
                  Pdu response = in.read();
                  PduEncoder.write(new Pdu.ReleaseRp(), socket.getOutputStream());
                  return response;
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      connect(listener.getLocalPort()).close();
      assertEquals(new Pdu.ReleaseRp(), answer.get(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void lostAssociationsAreReopened() throws Exception {
    CountDownLatch releaseAsked = new CountDownLatch(1);
    try (RawAcceptor peer =
        new RawAcceptor(
            false,
            first -> {
              first.readCommand();
              first.send(new Pdu.Abort(0, 0));
            },
            second -> {
              second.send(1, RawAcceptor.response(second.readCommand(), 0), Optional.empty());
              second.send(new Pdu.ReleaseRq());
              releaseAsked.countDown();
              throw second.expectReleaseRp();
            },
            third -> third.send(1, RawAcceptor.response(third.readCommand(), 0), Optional.empty()))) {
      try (DicomClient client = connect(peer.port())) {
        AssociationAborted aborted = assertThrows(AssociationAborted.class, client::echo);
        assertTrue(aborted.getMessage().contains("by the peer's application"), aborted.getMessage());
        assertTrue(client.echo().isSuccess(), "after an abort");
        // Sent before it was there, the next request would cross the peer's, and be lost with the association.
        assertTrue(releaseAsked.await(20, TimeUnit.SECONDS));
        assertTrue(client.echo().isSuccess(), "after the peer's release");
      }
      peer.await();
      assertEquals(3, peer.commands.size());
    }
  }

  @Test
  void associationThatCannotBeReopenedIsACheckedError() throws Exception {
    DicomServer server = DicomServer.start(config().closeTimeout(Duration.ZERO).build(), received);
    try (DicomClient client = connect(server.port())) {
      assertTrue(client.echo().isSuccess());
      server.close();
      // Whether the first one finds the association gone or loses it depends on when the server's end arrives.
      IOException lost = assertThrows(IOException.class, client::echo);
      assertTrue(lost.getMessage().matches("(no connection to NODE|connection lost).*"), lost.getMessage());
      IOException unreachable = assertThrows(IOException.class, client::echo);
      assertTrue(unreachable.getMessage().contains("no connection to NODE"), unreachable.getMessage());
      List<StoreResult> results = client.storeAll(List.of(folder.resolve("a"), folder.resolve("b")));
      assertEquals(2, results.size());
      assertTrue(results.stream().allMatch(r -> r.failure().orElseThrow().getMessage().contains("no connection")));
    }
  }

  @Test
  void useAfterCloseIsAFaultOfTheCaller() throws Exception {
    try (DicomServer server = DicomServer.start(config().build(), received)) {
      DicomClient client = connect(server.port());
      client.close();
      assertThrows(IllegalStateException.class, client::echo);
    }
  }

  private List<Path> files(int number) throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      Path file = folder.resolve(i + ".dcm");
      DicomWriter.writeFile(file, TestObjects.ct(i, 30, 40), TransferSyntax.EXPLICIT_LE);
      files.add(file);
    }
    return files;
  }

  @Test
  void batchReportsEachObject() throws Exception {
    List<Path> files = files(20);
    Files.writeString(files.get(5), "no DICOM");
    DicomWriter.writeFile(
        files.get(7), TestObjects.ct(7, 8, 8).putString(Tag.SOPClassUID, Uid.MRImageStorage), TransferSyntax.EXPLICIT_LE);
    StoreHandler choosy =
        (request, in) ->
            request.sopInstanceUid().endsWith(".11") ? new Status(0xA700) : received.store(request, in);
    for (int operations : new int[] {1, 8, 100}) {
      try (DicomServer server = DicomServer.start(config().build(), choosy);
          DicomClient client =
              DicomClient.connect(
                  at(server.port()),
                  "TEST",
                  CONTEXTS,
                  AssociationOptions.none().withOperations(operations),
                  ClientConfig.defaults())) {
        assertEquals(Math.min(operations, 16), client.window());
        List<StoreResult> results = client.storeAll(files);
        for (int i = 0; i < files.size(); i++) {
          StoreResult result = results.get(i);
          assertEquals(files.get(i), result.file());
          assertEquals(i != 5 && i != 7 && i != 10, result.isStored(), "object " + i);
          assertEquals(i == 5 || i == 7, result.failure().isPresent(), "object " + i);
        }
        assertEquals(new Status(0xA700), results.get(10).status().orElseThrow());
      }
    }
    assertEquals(3 * 17, received.requests.size());
  }

  @Test
  void batchGoesOnAfterAnAbort() throws Exception {
    List<Path> files = files(4);
    try (RawAcceptor peer =
        new RawAcceptor(
            false,
            first -> {
              CommandSet one = first.readCommand();
              CommandSet two = first.readCommand();
              first.send(3, RawAcceptor.response(two, 0), Optional.empty());
              first.send(3, RawAcceptor.response(one, 0xB000), Optional.empty());
              first.readCommand();
              first.send(new Pdu.Abort(0, 0));
            },
            second -> {
              while (true) {
                second.send(3, RawAcceptor.response(second.readCommand(), 0), Optional.empty());
              }
            })) {
      try (DicomClient client =
          DicomClient.connect(
              at(peer.port()),
              "TEST",
              CONTEXTS,
              AssociationOptions.none().withOperations(2),
              ClientConfig.defaults())) {
        List<StoreResult> results = client.storeAll(files);
        assertTrue(results.stream().allMatch(StoreResult::isStored));
        assertEquals(new Status(0xB000), results.get(0).status().orElseThrow());
        assertEquals(Status.SUCCESS, results.get(1).status().orElseThrow());
      }
      peer.await();
    }
  }

  @Test
  void batchForgetsNoObjectWhoseAnswerMakesNoSense() throws Exception {
    RawAcceptor.Script answersSomethingElse =
        peer -> {
          int messageId = peer.readCommand().messageId();
          CommandSet echo = new CommandSet(CommandSet.C_ECHO_RSP).put(Tag.MessageIDBeingRespondedTo, messageId);
          peer.send(3, echo.put(Tag.Status, 0), Optional.empty());
        };
    RawAcceptor.Script withoutStatus =
        peer -> {
          int messageId = peer.readCommand().messageId();
          CommandSet store = new CommandSet(CommandSet.C_STORE_RSP).put(Tag.MessageIDBeingRespondedTo, messageId);
          peer.send(3, store, Optional.empty());
        };
    try (RawAcceptor peer = new RawAcceptor(false, answersSomethingElse, withoutStatus)) {
      try (DicomClient client = connect(peer.port())) {
        List<StoreResult> results = client.storeAll(files(1));
        assertEquals(AssociationAborted.class, results.get(0).failure().orElseThrow().getClass());
      }
      peer.await();
    }
  }

  @Test
  void batchGivesUpAnObjectThatEndsEveryAssociation() throws Exception {
    RawAcceptor.Script aborts =
        peer -> {
          peer.readCommand();
          peer.send(new Pdu.Abort(0, 0));
        };
    RawAcceptor.Script answers =
        peer -> peer.send(3, RawAcceptor.response(peer.readCommand(), 0), Optional.empty());
    try (RawAcceptor peer = new RawAcceptor(false, aborts, answers.then(aborts))) {
      try (DicomClient client = connect(peer.port())) {
        List<StoreResult> results = client.storeAll(files(2));
        assertEquals(AssociationAborted.class, results.get(0).failure().orElseThrow().getClass());
        assertTrue(results.get(1).isStored());
      }
      peer.await();
    }
  }

  @Test
  void addressesAreParsed() {
    assertEquals(new RemoteAe("PACS", "10.0.0.1", 104), RemoteAe.parse("PACS@10.0.0.1:104"));
    assertEquals(new RemoteAe("PACS", "::1", 104), RemoteAe.parse("PACS@[::1]:104"));
    assertEquals("PACS@[::1]:104", RemoteAe.parse("PACS@[::1]:104").toString());
    for (String wrong :
        List.of("PACS", "PACS@host", "@host:104", "PACS@host:x", "A@h:99999", "A234567890123456Z@h:1")) {
      assertThrows(IllegalArgumentException.class, () -> RemoteAe.parse(wrong), wrong);
    }
  }
}
