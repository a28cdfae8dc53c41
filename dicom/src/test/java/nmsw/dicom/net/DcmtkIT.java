package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both sides against DCMTK's programs. */
@Timeout(120)
class DcmtkIT {
  @TempDir Path folder;

  private final Received received = new Received();
  private DicomServer server;
  private Path objects;

  @BeforeEach
  void start() throws IOException {
    ServerConfig config =
        ServerConfig.builder()
            .bindAddress("127.0.0.1")
            .port(0)
            .calledAeTitles(Set.of("NODE"))
            .closeTimeout(Duration.ofSeconds(5))
            .build();
    server = DicomServer.start(config, received);
    objects = Files.createDirectory(folder.resolve("objects"));
    for (int i = 0; i < 4; i++) {
      TransferSyntax syntax = i % 2 == 0 ? TransferSyntax.EXPLICIT_LE : TransferSyntax.IMPLICIT_LE;
      DicomWriter.writeFile(objects.resolve(i + ".dcm"), object(i), syntax);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static Dataset object(int number) {
    return TestObjects.ct(number, 200, 150);
  }

  private Dcmtk.Outcome peer(String program, Object... arguments) throws Exception {
    List<String> command = Dcmtk.command(program, "-v", "-aet", "PEER", "-aec", "NODE");
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return Dcmtk.run(folder, command);
  }

  private void assertAllReceived() throws IOException {
    assertEquals(4, received.requests.size());
    for (StoreRequest request : received.requests) {
      byte[] actual = received.objects.get(request.sopInstanceUid());
      int number = Integer.parseInt(request.sopInstanceUid().replaceAll(".*\\.", "")) - 1;
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      DicomWriter.writeDataset(expected, object(number), request.transferSyntax());
      assertArrayEquals(expected.toByteArray(), actual, "object " + number);
    }
  }

  @Test
  void echoscu() throws Exception {
    Dcmtk.Outcome outcome = peer("echoscu", "127.0.0.1", server.port());
    assertEquals(0, outcome.code(), outcome.output());
    assertEquals(0, peer("echoscu", "--repeat", 5, "127.0.0.1", server.port()).code());
    assertEquals(0, peer("echoscu", "-pts", 3, "-ppc", 100, "127.0.0.1", server.port()).code());
  }

  @Test
  void echoscuIsToldThatItCalledTheWrongTitle() throws Exception {
    Dcmtk.Outcome outcome =
        Dcmtk.run(folder, Dcmtk.command("echoscu", "-aec", "ELSE", "127.0.0.1", server.port()));
    assertNotEquals(0, outcome.code());
    assertTrue(outcome.output().contains("Called AE Title Not Recognized"), outcome.output());
  }

  @Test
  void echoscuAborts() throws Exception {
    Dcmtk.Outcome outcome = peer("echoscu", "--abort", "127.0.0.1", server.port());
    assertEquals(0, outcome.code(), outcome.output());
    assertEquals(false, received.closed.poll(20, TimeUnit.SECONDS));
  }

  @Test
  void storescuProposingAllUncompressed() throws Exception {
    Dcmtk.Outcome outcome = peer("storescu", "+sd", "127.0.0.1", server.port(), objects);
    assertEquals(0, outcome.code(), outcome.output());
    assertAllReceived();
    assertEquals(true, received.closed.poll(20, TimeUnit.SECONDS));
  }

  @Test
  void storescuProposingExplicit() throws Exception {
    Dcmtk.Outcome outcome = peer("storescu", "-xe", "+sd", "127.0.0.1", server.port(), objects);
    assertEquals(0, outcome.code(), outcome.output());
    assertAllReceived();
  }

  @Test
  void storescuProposingImplicit() throws Exception {
    Dcmtk.Outcome outcome = peer("storescu", "-xi", "+sd", "127.0.0.1", server.port(), objects);
    assertEquals(0, outcome.code(), outcome.output());
    assertAllReceived();
    assertTrue(
        received.requests.stream().allMatch(r -> r.transferSyntax().equals(TransferSyntax.IMPLICIT_LE)));
  }

  @Test
  void storescuProposingOneContextPerSyntax() throws Exception {
    Dcmtk.Outcome outcome = peer("storescu", "+C", "+sd", "127.0.0.1", server.port(), objects);
    assertEquals(0, outcome.code(), outcome.output());
    assertAllReceived();
  }

  @ParameterizedTest
  @ValueSource(ints = {4096, 16384, 131072})
  void storescuWithPduLength(int length) throws Exception {
    Dcmtk.Outcome outcome =
        peer(
            "storescu",
            "-pdu",
            length,
            "--max-send-pdu",
            length,
            "+sd",
            "127.0.0.1",
            server.port(),
            objects);
    assertEquals(0, outcome.code(), outcome.output());
    assertAllReceived();
  }

  @Test
  void storescuAborts() throws Exception {
    Dcmtk.Outcome outcome = peer("storescu", "--abort", "+sd", "127.0.0.1", server.port(), objects);
    assertEquals(0, outcome.code(), outcome.output());
    assertEquals(4, received.objects.size());
    assertEquals(false, received.closed.poll(20, TimeUnit.SECONDS));
  }

  @Test
  void severalStorescuAtOnce() throws Exception {
    List<CompletableFuture<Dcmtk.Outcome>> peers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Path object = objects.resolve(i + ".dcm");
      peers.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return peer("storescu", "127.0.0.1", server.port(), object);
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              }));
    }
    for (CompletableFuture<Dcmtk.Outcome> peer : peers) {
      assertEquals(0, peer.get().code(), peer.get().output());
    }
    assertAllReceived();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-pdu 4096 +x=", "-pdu 131072 +x=", "+xe", "+xi"})
  void clientToStorescp(String options) throws Exception {
    Path inbox = Files.createDirectory(folder.resolve("inbox"));
    int port = Dcmtk.freePort();
    List<String> command = Dcmtk.command("storescp", (Object[]) options.split(" "));
    command.addAll(List.of("-od", inbox.toString(), String.valueOf(port)));
    Process storescp = Dcmtk.start(folder, folder.resolve("storescp.log"), command);
    try {
      Dcmtk.awaitListening(port, storescp);
      List<ProposedContext> contexts =
          List.of(ProposedContext.verification(), ProposedContext.uncompressed(Uid.CTImageStorage));
      RemoteAe remote = new RemoteAe("STORESCP", "127.0.0.1", port);
      try (DicomClient client =
          DicomClient.connect(remote, "NODE", contexts, ClientConfig.defaults())) {
        assertTrue(client.echo().isSuccess());
        for (int i = 0; i < 3; i++) {
          assertTrue(client.store(objects.resolve(i + ".dcm")).isSuccess());
        }
        assertTrue(client.store(object(3), TransferSyntax.EXPLICIT_LE).isSuccess());
      }
    } finally {
      storescp.destroy();
    }
    try (Stream<Path> files = Files.list(inbox)) {
      List<Path> stored = files.toList();
      assertEquals(4, stored.size(), Files.readString(folder.resolve("storescp.log")));
      for (Path path : stored) {
        DicomFile file = DicomReader.read(path);
        int number = file.dataset().requireInt(Tag.InstanceNumber);
        assertArrayEquals(object(number).bytes(Tag.PixelData), file.dataset().bytes(Tag.PixelData));
      }
    }
  }

  @Test
  void storescuShowsWhoItIs() throws Exception {
    UserAuthenticator users =
        (association, identity) ->
            identity.filter(user -> user.name().equals("dose") && user.passcode().equals("geheim")).isPresent();
    ServerConfig config = ServerConfig.builder().bindAddress("127.0.0.1").port(0).build();
    try (DicomServer strict = DicomServer.start(config, ServerHandlers.of(received).withAuthenticator(users))) {
      Path object = objects.resolve("0.dcm");
      int port = strict.port();
      Dcmtk.Outcome confirmed = peer("storescu", "-usr", "dose", "-pwd", "geheim", "-rsp", "127.0.0.1", port, object);
      assertEquals(0, confirmed.code(), confirmed.output());
      assertEquals(0, peer("storescu", "-usr", "dose", "-pwd", "geheim", "127.0.0.1", port, object).code());
      assertEquals(2, received.requests.size());
      List<List<String>> wrong =
          List.of(List.of(), List.of("-usr", "dose"), List.of("-usr", "dose", "-pwd", "falsch", "-rsp"));
      for (List<String> identity : wrong) {
        List<Object> arguments = new ArrayList<>(identity);
        arguments.addAll(List.of("127.0.0.1", port, object));
        Dcmtk.Outcome refused = peer("storescu", arguments.toArray());
        assertNotEquals(0, refused.code());
        assertTrue(refused.output().contains("Association Rejected"), refused.output());
      }
      assertEquals(2, received.requests.size());
    }
    Dcmtk.Outcome unconfirmed =
        peer("storescu", "-usr", "dose", "-pwd", "x", "-rsp", "127.0.0.1", server.port(), objects.resolve("0.dcm"));
    assertNotEquals(0, unconfirmed.code(), "who checks no identities confirms none");
  }

  @Test
  void storescpSeesWhoWeAreAndWhatWeAskFor() throws Exception {
    int port = Dcmtk.freePort();
    Path log = folder.resolve("storescp.log");
    Process storescp = Dcmtk.start(folder, log, Dcmtk.command("storescp", "-d", "-od", folder, port));
    try {
      Dcmtk.awaitListening(port, storescp);
      RemoteAe remote = new RemoteAe("STORESCP", "127.0.0.1", port);
      AssociationOptions options =
          AssociationOptions.none()
              .withIdentity(UserIdentity.username("dose", "geheim", false))
              .withOperations(4)
              .withProvidedClasses(Set.of(Uid.MRImageStorage))
              .withExtended(Uid.CTImageStorage, new byte[] {2, 0, 3, 0, 0, 0});
      List<ProposedContext> contexts =
          List.of(
              ProposedContext.verification(),
              ProposedContext.uncompressed(Uid.CTImageStorage),
              ProposedContext.uncompressed(Uid.MRImageStorage));
      try (DicomClient client = DicomClient.connect(remote, "NODE", contexts, options, ClientConfig.defaults())) {
        assertEquals(1, client.window(), "DCMTK has no asynchronous operations");
        assertTrue(client.echo().isSuccess());
      }
    } finally {
      storescp.destroy();
      storescp.waitFor(20, TimeUnit.SECONDS);
    }
    String seen = Files.readString(log);
    for (String what :
        List.of(
            "Authentication mode 2: Username/Password",
            "Username: [dose]",
            "Password: [geheim]",
            "Proposed SCP/SCU Role: SCP",
            "[0x02, 0x00, 0x03, 0x00, 0x00, 0x00]")) {
      assertTrue(seen.contains(what), () -> what + " is not in " + seen);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--refuse", "--abort-after", "--abort-during"})
  void storescpThatMisbehavesIsReported(String misbehaviour) throws Exception {
    int port = Dcmtk.freePort();
    List<String> command =
        Dcmtk.command("storescp", misbehaviour, "-od", folder, port);
    Process storescp = Dcmtk.start(folder, folder.resolve("storescp.log"), command);
    try {
      Dcmtk.awaitListening(port, storescp);
      RemoteAe remote = new RemoteAe("STORESCP", "127.0.0.1", port);
      List<ProposedContext> contexts = List.of(ProposedContext.uncompressed(Uid.CTImageStorage));
      Exception failure = null;
      try (DicomClient client = DicomClient.connect(remote, "NODE", contexts, ClientConfig.defaults())) {
        client.store(object(0), TransferSyntax.EXPLICIT_LE);
        client.store(object(1), TransferSyntax.EXPLICIT_LE);
      } catch (IOException e) {
        failure = e;
      }
      Class<?> expected =
          misbehaviour.equals("--refuse") ? AssociationRejected.class : AssociationAborted.class;
      assertEquals(expected, failure == null ? null : failure.getClass());
    } finally {
      storescp.destroy();
    }
  }
}
