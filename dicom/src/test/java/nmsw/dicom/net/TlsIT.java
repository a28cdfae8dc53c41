package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.TestCertificates.Identity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TLS with DCMTK's programs, which use OpenSSL, in both directions. */
@Timeout(120)
class TlsIT {
  private static final Dataset OBJECT = TestObjects.ct(1, 300, 200);

  @TempDir static Path certificatesFolder;
  private static TestCertificates certificates;

  @TempDir Path folder;

  private final Received received = new Received();
  private DicomServer server;
  private Path object;

  @BeforeAll
  static void makeCertificates() throws Exception {
    certificates = new TestCertificates(certificatesFolder);
  }

  private void start(TlsCredentials credentials, boolean clientCertificateRequired) throws IOException {
    ServerConfig config =
        ServerConfig.builder()
            .bindAddress("127.0.0.1")
            .port(0)
            .closeTimeout(Duration.ofSeconds(5))
            .tls(new ServerTls(credentials, clientCertificateRequired))
            .build();
    server = DicomServer.start(config, received);
    object = folder.resolve("object.dcm");
    DicomWriter.writeFile(object, OBJECT, TransferSyntax.EXPLICIT_LE);
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static List<Object> shows(Identity identity) {
    return List.of("+tls", identity.privateKey(), identity.certificate(), "+cf", certificates.trusted);
  }

  private Dcmtk.Outcome storescu(List<Object> tls, Object... more) throws Exception {
    List<Object> arguments = new ArrayList<>(tls);
    arguments.addAll(List.of(more));
    arguments.addAll(List.of("127.0.0.1", server.port(), object));
    return Dcmtk.run(folder, Dcmtk.command("storescu", arguments.toArray()));
  }

  private void assertReceived(int objects) throws IOException {
    assertEquals(objects, received.requests.size());
    byte[] stored = received.objects.values().iterator().next();
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    DicomWriter.writeDataset(expected, OBJECT, TransferSyntax.EXPLICIT_LE);
    assertArrayEquals(expected.toByteArray(), stored);
  }

  @Test
  void storescuInEachProfileWithItsCertificate() throws Exception {
    start(certificates.pkcs12(certificates.node), true);
    List<String> profiles = List.of("--profile-bcp195-nd", "--profile-bcp195", "--profile-bcp195-ex");
    for (String profile : profiles) {
      Dcmtk.Outcome outcome = storescu(shows(certificates.peer), profile);
      assertEquals(0, outcome.code(), outcome.output());
    }
    assertReceived(profiles.size());
  }

  @Test
  void storescuWithoutAValidCertificateIsRefusedWhereOneIsRequired() throws Exception {
    start(certificates.pem(certificates.node), true);
    assertNotEquals(0, storescu(List.of("+tla", "+cf", certificates.trusted)).code());
    assertNotEquals(0, storescu(shows(certificates.stranger)).code());
    assertNotEquals(0, storescu(List.of()).code());
    assertTrue(received.requests.isEmpty());
    Dcmtk.Outcome good = storescu(shows(certificates.peer));
    assertEquals(0, good.code(), good.output());
    assertReceived(1);
  }

  @Test
  void storescuWithoutACertificateWhereNoneIsRequired() throws Exception {
    start(certificates.pem(certificates.node), false);
    Dcmtk.Outcome outcome = storescu(List.of("+tla", "+cf", certificates.trusted));
    assertEquals(0, outcome.code(), outcome.output());
    assertReceived(1);
  }

  @Test
  void keyEncryptedByOpenssl() throws Exception {
    Path key = folder.resolve("encrypted.key");
    List<String> command =
        Dcmtk.command(
            "openssl", "pkcs8", "-topk8", "-v2", "aes256", "-passout", "pass:geheim", "-in",
            certificates.node.privateKey(), "-out", key);
    Dcmtk.Outcome made = Dcmtk.run(folder, command);
    assertEquals(0, made.code(), made.output());
    Optional<Path> certificate = Optional.of(certificates.node.certificate());
    TlsFiles files = new TlsFiles(certificate, Optional.of(key), certificates.trusted, Optional.of("geheim"));
    start(TlsCredentials.open(files), true);
    Dcmtk.Outcome outcome = storescu(shows(certificates.peer));
    assertEquals(0, outcome.code(), outcome.output());
    TlsFiles wrong = new TlsFiles(certificate, Optional.of(key), certificates.trusted, Optional.of("falsch"));
    assertThrows(IOException.class, () -> TlsCredentials.open(wrong));
  }

  /** Starts storescp with more options, and sends to it. */
  private void toStorescp(ClientTls tls, List<Object> options, boolean accepted) throws Exception {
    Path inbox = Files.createTempDirectory(folder, "inbox");
    int port = Dcmtk.freePort();
    List<Object> arguments = new ArrayList<>(shows(certificates.node));
    arguments.addAll(options);
    arguments.addAll(List.of("-od", inbox, port));
    Path log = folder.resolve("storescp.log");
    Process storescp = Dcmtk.start(folder, log, Dcmtk.command("storescp", arguments.toArray()));
    RemoteAe remote = new RemoteAe("STORESCP", "127.0.0.1", port);
    List<ProposedContext> contexts = List.of(ProposedContext.uncompressed(Uid.CTImageStorage));
    ClientConfig config = ClientConfig.defaults().withTls(tls);
    try {
      Dcmtk.awaitListening(port, storescp);
      if (accepted) {
        try (DicomClient client = DicomClient.connect(remote, "NODE", contexts, config)) {
          assertTrue(client.store(OBJECT, TransferSyntax.EXPLICIT_LE).isSuccess());
        }
      } else {
        assertThrows(IOException.class, () -> DicomClient.connect(remote, "NODE", contexts, config));
      }
    } finally {
      storescp.destroy();
    }
    try (Stream<Path> files = Files.list(inbox)) {
      List<Path> stored = files.toList();
      assertEquals(accepted ? 1 : 0, stored.size(), Files.readString(log));
      for (Path file : stored) {
        assertArrayEquals(
            OBJECT.bytes(Tag.PixelData), DicomReader.read(file).dataset().bytes(Tag.PixelData));
      }
    }
  }

  @Test
  void clientToStorescp() throws Exception {
    ClientTls withCertificate = new ClientTls(certificates.pem(certificates.peer), true);
    ClientTls without = new ClientTls(certificates.none(), true);
    toStorescp(withCertificate, List.of("-rc"), true);
    toStorescp(without, List.of("-rc"), false);
    toStorescp(without, List.of("-ic"), true);
    toStorescp(withCertificate, List.of("-rc", "--profile-bcp195-ex"), true);
  }
}
