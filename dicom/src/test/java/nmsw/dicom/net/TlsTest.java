package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TlsTest {
  private static final List<ProposedContext> CONTEXTS =
      List.of(ProposedContext.verification(), ProposedContext.uncompressed(Uid.CTImageStorage));

  @TempDir static Path folder;
  private static TestCertificates certificates;

  private final Received received = new Received();
  private DicomServer server;

  @BeforeAll
  static void makeCertificates() throws Exception {
    certificates = new TestCertificates(folder);
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static ServerConfig.Builder config() {
    return ServerConfig.builder().bindAddress("127.0.0.1").port(0).closeTimeout(Duration.ZERO);
  }

  private void start(TlsCredentials credentials, boolean clientCertificateRequired) throws IOException {
    server = DicomServer.start(config().tls(new ServerTls(credentials, clientCertificateRequired)).build(), received);
  }

  private DicomClient connect(TlsCredentials credentials) throws IOException {
    return connect(new ClientTls(credentials, true));
  }

  private DicomClient connect(ClientTls tls) throws IOException {
    RemoteAe remote = new RemoteAe("NODE", "127.0.0.1", server.port());
    return DicomClient.connect(remote, "TEST", CONTEXTS, ClientConfig.defaults().withTls(tls));
  }

  private void nextGoodAssociationWorks() throws IOException {
    try (DicomClient client = connect(certificates.pem(certificates.peer))) {
      assertTrue(client.echo().isSuccess());
    }
  }

  @Test
  void storesWithCertificatesOfBothSidesInBothForms() throws Exception {
    for (boolean pem : new boolean[] {false, true}) {
      start(pem ? certificates.pem(certificates.node) : certificates.pkcs12(certificates.node), true);
      Dataset dataset = TestObjects.ct(pem ? 1 : 2, 300, 300);
      TlsCredentials peer = pem ? certificates.pem(certificates.peer) : certificates.pkcs12(certificates.peer);
      try (DicomClient client = connect(peer)) {
        assertTrue(client.echo().isSuccess());
        assertTrue(client.store(dataset, TransferSyntax.EXPLICIT_LE).isSuccess());
      }
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      DicomWriter.writeDataset(expected, dataset, TransferSyntax.EXPLICIT_LE);
      String instance = received.requests.get(pem ? 1 : 0).sopInstanceUid();
      assertArrayEquals(expected.toByteArray(), received.objects.get(instance));
      assertEquals(true, received.closed.take());
      server.close();
    }
  }

  @Test
  void clientWithoutCertificateIsRefusedOnlyWhereOneIsRequired() throws Exception {
    start(certificates.pem(certificates.node), true);
    IOException refused = assertThrows(IOException.class, () -> connect(certificates.none()));
    assertTrue(refused.getMessage().contains("TLS"), refused.getMessage());
    nextGoodAssociationWorks();
    server.close();
    start(certificates.pem(certificates.node), false);
    try (DicomClient client = connect(certificates.none())) {
      assertTrue(client.echo().isSuccess());
    }
  }

  @Test
  void certificatesOfStrangersAreRefusedByBothSides() throws Exception {
    start(certificates.pem(certificates.node), true);
    TlsCredentials stranger = certificates.pem(certificates.stranger);
    assertThrows(IOException.class, () -> connect(stranger));
    TlsCredentials trustsOthers =
        TlsCredentials.open(
            TlsFiles.pem(
                certificates.peer.certificate(), certificates.peer.privateKey(), certificates.strangerTrusted));
    IOException refused = assertThrows(IOException.class, () -> connect(trustsOthers));
    assertTrue(refused.getMessage().contains("no agreement on TLS"), refused.getMessage());
    nextGoodAssociationWorks();
  }

  @Test
  void certificateOfAnotherHostIsRefusedUnlessNamesAreNotChecked() throws Exception {
    start(certificates.pem(certificates.elsewhere), false);
    IOException refused = assertThrows(IOException.class, () -> connect(new ClientTls(certificates.none(), true)));
    assertTrue(refused.getMessage().contains("no agreement on TLS"), refused.getMessage());
    try (DicomClient client = connect(new ClientTls(certificates.none(), false))) {
      assertTrue(client.echo().isSuccess());
    }
  }

  @Test
  void peersWithoutTlsAreRefused() throws Exception {
    start(certificates.pem(certificates.node), false);
    RemoteAe remote = new RemoteAe("NODE", "127.0.0.1", server.port());
    assertThrows(
        AssociationAborted.class, () -> DicomClient.connect(remote, "TEST", CONTEXTS, ClientConfig.defaults()));
    try (RawPeer http = new RawPeer(server.port())) {
      http.send("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      // The rest is a TLS alert, which is no PDU.
      http.socket.getInputStream().readAllBytes();
    }
    try (RawPeer probe = new RawPeer(server.port())) {
      probe.hangUp();
    }
    nextGoodAssociationWorks();
  }

  @Test
  void serverWithoutTlsIsNotTalkedTo() throws Exception {
    server = DicomServer.start(config().build(), received);
    IOException refused = assertThrows(IOException.class, () -> connect(certificates.none()));
    assertTrue(refused.getMessage().contains("no agreement on TLS"), refused.getMessage());
  }

  @Test
  void silenceInTheHandshakeEndsWithArtim() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    ServerTls tls = new ServerTls(certificates.pem(certificates.node), false);
    server =
        DicomServer.start(config().tls(tls).clock(now::get).artimTimeout(Duration.ofHours(1)).build(), received);
    try (RawPeer peer = new RawPeer(server.port())) {
      peer.send(new byte[] {22, 3, 1, 0, 100, 1});
      peer.socket.setSoTimeout(100);
      Instant deadline = Instant.now().plusSeconds(20);
      int end = 0;
      while (end >= 0) {
        now.updateAndGet(instant -> instant.plus(Duration.ofHours(2)));
        try {
          end = peer.socket.getInputStream().read();
        } catch (SocketTimeoutException e) {
          assertTrue(Instant.now().isBefore(deadline), "the server waits on");
        }
      }
    }
    server.close();
    start(certificates.pem(certificates.node), false);
    nextGoodAssociationWorks();
  }

  private static SSLContext trusting() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    X509Certificate authority = new Pem(Files.readAllBytes(certificates.trusted)).certificates().get(0);
    store.setCertificateEntry("ca", authority);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private SSLSocket socket(String protocol, String... suites) throws Exception {
    SSLSocket socket = (SSLSocket) trusting().getSocketFactory().createSocket("127.0.0.1", server.port());
    socket.setSoTimeout(20_000);
    socket.setEnabledProtocols(new String[] {protocol});
    if (suites.length > 0) {
      socket.setEnabledCipherSuites(suites);
    }
    return socket;
  }

  @Test
  void tls12And13AreSpokenWithStrongSuitesOnly() throws Exception {
    start(certificates.pem(certificates.node), false);
    for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
      try (SSLSocket socket = socket(protocol)) {
        PduEncoder.write(RawPeer.request("NODE", "TEST"), socket.getOutputStream());
        assertTrue(new PduDecoder(socket.getInputStream(), 1 << 20, 1 << 20).read() instanceof Pdu.AssociateAc);
        assertEquals(protocol, socket.getSession().getProtocol());
        assertTrue(TlsCredentials.CIPHER_SUITES.contains(socket.getSession().getCipherSuite()));
      }
    }
    for (String weak : List.of("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256")) {
      try (SSLSocket socket = socket("TLSv1.2", weak)) {
        assertThrows(SSLException.class, socket::startHandshake);
      }
    }
    nextGoodAssociationWorks();
  }

  /** Somebody who just looks whether the port is open is none of them. */
  @Test
  void theHandlerIsToldOfEachHandshakeThatFails() throws Exception {
    start(certificates.pem(certificates.node), true);
    new Socket("127.0.0.1", server.port()).close();
    try (RawPeer plain = new RawPeer(server.port())) {
      plain.send(RawPeer.request("NODE", "TEST"));
      String told = received.failedHandshakes.poll(20, TimeUnit.SECONDS);
      assertTrue(told.startsWith("127.0.0.1:" + plain.socket.getLocalPort() + " "), told);
    }
    assertThrows(IOException.class, () -> connect(certificates.none()));
    assertTrue(received.failedHandshakes.poll(20, TimeUnit.SECONDS) != null);
    nextGoodAssociationWorks();
    assertEquals(List.of(), List.copyOf(received.failedHandshakes));
  }

  @Test
  void renegotiationIsRefused() throws Exception {
    start(certificates.pem(certificates.node), false);
    try (SSLSocket socket = socket("TLSv1.2")) {
      PduEncoder.write(RawPeer.request("NODE", "TEST"), socket.getOutputStream());
      PduDecoder in = new PduDecoder(socket.getInputStream(), 1 << 20, 1 << 20);
      assertTrue(in.read() instanceof Pdu.AssociateAc);
      assertThrows(
          IOException.class,
          () -> {
            socket.startHandshake();
            in.read();
          });
    }
    assertEquals(false, received.closed.take());
    nextGoodAssociationWorks();
  }

  private X509Certificate shown() throws Exception {
    try (SSLSocket socket = socket("TLSv1.3")) {
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  private static void replace(Path target, Path source) throws IOException {
    Path fresh = Files.copy(source, folder.resolve("fresh"), StandardCopyOption.REPLACE_EXISTING);
    Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void replacedFilesServeNewConnections() throws Exception {
    Path certificate = Files.copy(certificates.node.certificate(), folder.resolve("live.crt"));
    Path key = Files.copy(certificates.node.privateKey(), folder.resolve("live.key"));
    start(TlsCredentials.open(TlsFiles.pem(certificate, key, certificates.trusted)), false);
    assertEquals("CN=node", shown().getSubjectX500Principal().getName());
    try (DicomClient standing = connect(certificates.none())) {
      assertTrue(standing.echo().isSuccess());
      replace(certificate, certificates.renewed.certificate());
      assertEquals("CN=node", shown().getSubjectX500Principal().getName(), "half of a change is not used");
      replace(key, certificates.renewed.privateKey());
      assertEquals("CN=renewed", shown().getSubjectX500Principal().getName());
      assertTrue(standing.echo().isSuccess());
      Files.writeString(certificate, "no certificate");
      assertEquals("CN=renewed", shown().getSubjectX500Principal().getName());
      Files.delete(certificate);
      assertEquals("CN=renewed", shown().getSubjectX500Principal().getName());
      assertTrue(standing.echo().isSuccess());
    }
  }

  @Test
  void filesThatCannotBeUsedAreNamed() throws Exception {
    Path certificate = certificates.node.certificate();
    Path key = certificates.node.privateKey();
    Path trusted = certificates.trusted;
    Path empty = Files.write(folder.resolve("empty.pem"), new byte[0]);
    Path text = Files.writeString(folder.resolve("text.pem"), "hello");
    Path old = Files.writeString(folder.resolve("old.key"), TestCertificates.pem("RSA PRIVATE KEY", new byte[9]));
    Path broken = Files.writeString(folder.resolve("broken.pem"), TestCertificates.pem("CERTIFICATE", new byte[9]));
    refused(TlsFiles.pem(certificate, key, folder.resolve("none.pem")), "none.pem");
    refused(TlsFiles.pem(certificate, key, empty), "empty.pem");
    refused(TlsFiles.pem(certificate, key, text), "text.pem has no certificates to trust");
    refused(TlsFiles.pem(certificate, key, broken), "broken.pem has no certificates to trust");
    refused(TlsFiles.pem(certificate, text, trusted), "no private key in " + text);
    refused(TlsFiles.pem(certificate, old, trusted), "openssl pkcs8 -topk8");
    refused(TlsFiles.pem(certificate, certificates.peer.privateKey(), trusted), "does not belong to the certificate");
    refused(TlsFiles.pkcs12(certificates.node.pkcs12(), "wrong", trusted), "node.p12");
    assertThrows(IllegalArgumentException.class, () -> new ServerTls(certificates.none(), true));
  }

  private static void refused(TlsFiles files, String why) {
    IOException e = assertThrows(IOException.class, () -> TlsCredentials.open(files));
    assertTrue(e.getMessage().contains(why), e.getMessage());
  }
}
