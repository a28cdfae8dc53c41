package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import nmsw.scp.config.NodeConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Page and API of a node that lets other machines in: HTTPS with the material of {@code network.tls}, and nothing else. */
@Timeout(60)
class HttpsTest {
  private static final String TOKEN = "0123456789abcdef0123456789abcdef";
  private static final String PASSWORD = "changeit";
  private static final int PATIENCE_MS = 20_000;
  private static final int ALERT = 21;
  private static final int PROTOCOL_VERSION = 70;

  @TempDir static Path folder;
  private static Path identity;
  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    identity = identity("node.p12");
    Path tokens = folder.resolve("tokens");
    Files.createFile(tokens, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(tokens, "anna " + TOKEN + "\n");
    Path model = Files.createDirectories(folder.resolve("models").resolve("test"));
    Files.writeString(model.resolve("current"), "1\n");
    String yaml =
        """
        bind: 127.0.0.1
        port: 0
        dataDirectory: data
        modelsDirectory: models
        destinations: {pacs: 'PACS@127.0.0.1:1'}
        routes: [{model: test, destinations: [pacs]}]
        storage: {diskReserve: 1MiB}
        network: {tls: {certificate: node.p12, trusted: node.p12, password: changeit}}
        web: {bind: 0.0.0.0, port: 0, tls: true, tokenFile: tokens}
        """;
    node =
        Node.start(NodeConfig.parse(yaml, "test", folder), Clock.systemUTC(), bundle -> new Threshold("1"));
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** A certificate for 127.0.0.1 and its key, as PKCS#12. */
  private static Path identity(String name) throws IOException, InterruptedException {
    Path store = folder.resolve(name);
    List<String> keytool =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair", "-alias", "node", "-keyalg", "EC", "-dname", "CN=node", "-ext", "san=ip:127.0.0.1",
            "-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD);
    assertEquals(0, new ProcessBuilder(keytool).start().waitFor());
    return store;
  }

  private static SSLContext trusting(Path store) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      trusted.load(in, PASSWORD.toCharArray());
    }
    // Of a key's entry only the certificate is trusted.
    KeyStore authorities = KeyStore.getInstance("PKCS12");
    authorities.load(null, null);
    authorities.setCertificateEntry("node", trusted.getCertificate("node"));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(authorities);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private static int port() {
    return node.webPort().orElseThrow();
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port() + path));
  }

  @Test
  void aLoginIsKeptInACookieThatGoesByHttpsAlone() throws Exception {
    HttpClient http = HttpClient.newBuilder().sslContext(trusting(identity)).build();
    HttpResponse<String> live = http.send(request("/health/live").build(), BodyHandlers.ofString());
    assertEquals(200, live.statusCode());
    assertEquals(List.of("max-age=31536000"), live.headers().allValues("Strict-Transport-Security"));
    for (String path : List.of("/api/v1/status", "/api/v1/series", "/metrics", "/api/v1/events")) {
      assertEquals(401, http.send(request(path).build(), BodyHandlers.ofString()).statusCode(), path);
    }

    HttpRequest.Builder login =
        request("/api/v1/login")
            .header("Content-Type", "application/json")
            .header("X-NMSW", "1")
            .POST(BodyPublishers.ofString("{\"token\": \"" + TOKEN + "\"}"));
    HttpResponse<String> session = http.send(login.build(), BodyHandlers.ofString());
    assertEquals(200, session.statusCode(), session.body());
    List<String> cookies = session.headers().allValues("Set-Cookie");
    assertEquals(1, cookies.size());
    Set<String> attributes =
        Arrays.stream(cookies.get(0).split("; *")).skip(1).map(String::toLowerCase).collect(Collectors.toSet());
    assertTrue(attributes.containsAll(Set.of("secure", "httponly", "samesite=strict", "path=/")), cookies.get(0));
    String cookie = cookies.get(0).substring(0, cookies.get(0).indexOf(';'));
    for (String path : List.of("/api/v1/status", "/metrics")) {
      HttpRequest with = request(path).header("Cookie", cookie).build();
      assertEquals(200, http.send(with, BodyHandlers.ofString()).statusCode(), path);
    }
  }

  @Test
  void nothingIsAnsweredWithoutTls() throws Exception {
    try (Socket plain = new Socket("127.0.0.1", port())) {
      plain.setSoTimeout(PATIENCE_MS);
      plain.getOutputStream().write("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      String answer = new String(readAll(plain), StandardCharsets.ISO_8859_1);
      assertFalse(answer.contains("HTTP") || answer.contains("live"), answer);
    }
  }

  private static byte[] readAll(Socket socket) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      socket.getInputStream().transferTo(all);
    } catch (SocketException reset) {
      // It was closed before it had read all that we sent.
    }
    return all.toByteArray();
  }

  @Test
  void onlyTls12And13AreSpoken() throws Exception {
    for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
      try (SSLSocket socket = (SSLSocket) trusting(identity).getSocketFactory().createSocket("127.0.0.1", port())) {
        socket.setSoTimeout(PATIENCE_MS);
        socket.setEnabledProtocols(new String[] {protocol});
        socket.startHandshake();
        assertEquals(protocol, socket.getSession().getProtocol());
      }
    }
    // Java itself offers nothing older any more.
    for (int minor : new int[] {1, 2}) {
      try (Socket socket = new Socket("127.0.0.1", port())) {
        socket.setSoTimeout(PATIENCE_MS);
        socket.getOutputStream().write(clientHello(minor));
        byte[] answer = readAll(socket);
        assertEquals(ALERT, answer[0], "TLS 1." + (minor - 1));
        assertArrayEquals(new byte[] {2, PROTOCOL_VERSION}, Arrays.copyOfRange(answer, 5, 7));
      }
    }
  }

  /** RFC 4346 §7.4.1.2, with a cipher suite that every version has. */
  private static byte[] clientHello(int minor) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(body);
    out.writeByte(3);
    out.writeByte(minor);
    out.write(new byte[32]);
    out.writeByte(0);
    out.writeShort(4);
    // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_128_CBC_SHA
    out.writeShort(0xC009);
    out.writeShort(0x002F);
    out.writeShort(0x0100);
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    DataOutputStream head = new DataOutputStream(record);
    head.writeByte(22);
    head.writeShort(0x0301);
    head.writeShort(body.size() + 4);
    head.writeInt(1 << 24 | body.size());
    body.writeTo(head);
    return record.toByteArray();
  }

  /** As for DICOM: no reload, and no restart, is needed. */
  @Test
  void aReplacedCertificateServesTheNextConnection() throws Exception {
    BigInteger before = shown(identity);
    Path fresh = identity("fresh.p12");
    Files.move(fresh, identity, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    assertNotEquals(before, shown(identity));
  }

  private static BigInteger shown(Path trusted) throws Exception {
    try (SSLSocket socket = (SSLSocket) trusting(trusted).getSocketFactory().createSocket("127.0.0.1", port())) {
      socket.setSoTimeout(PATIENCE_MS);
      socket.startHandshake();
      return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
    }
  }
}
