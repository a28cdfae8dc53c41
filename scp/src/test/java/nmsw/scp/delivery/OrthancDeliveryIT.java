package nmsw.scp.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.Tag;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.ServerHandlers;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreHandler;
import nmsw.dicom.net.TlsCredentials;
import nmsw.dicom.net.TlsFiles;
import nmsw.scp.config.HttpAuthorization;
import nmsw.scp.series.SeriesState;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Results go to Orthanc, which commits itself to them, and to its DICOMweb plugin, over TLS with a password. Something before
 * it speaks the TLS: Orthanc 1.10.1 as Debian 12 builds it ends with a segmentation fault when it is spoken to in TLS by HTTP.
 */
@Timeout(180)
class OrthancDeliveryIT {
  private static final Path PLUGIN = Path.of("/usr/share/orthanc/plugins/libOrthancDicomWeb.so");
  private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
  private static final String PASSWORD = "orthanc:s3cret";

  @TempDir static Path folder;
  @TempDir Path own;
  private static Process orthanc;
  private static int dicomPort;
  private static int httpPort;
  private static DicomServer node;
  private static TlsCredentials trust;
  private static TlsRelay relay;
  private static Optional<Deliverer> listening = Optional.empty();

  private ReturningSeries series;

  @BeforeAll
  static void startOrthanc() throws Exception {
    assertTrue(Files.exists(PLUGIN), "the Debian package orthanc-dicomweb is missing: " + PLUGIN);
    dicomPort = freePort();
    httpPort = freePort();
    StoreHandler nothing = (request, dataset) -> Status.CANNOT_UNDERSTAND;
    node =
        DicomServer.start(
            ServerConfig.builder().bindAddress("127.0.0.1").port(0).calledAeTitles(Set.of("NMSW")).build(),
            ServerHandlers.of(nothing)
                .withCommitmentListener(
                    (association, report) -> listening.orElseThrow().reported(association, report)));
    trust = TlsCredentials.open(TlsFiles.trustOnly(certificate()));
    relay = new TlsRelay(folder.resolve("relay.p12"), "changeit".toCharArray(), httpPort);
    Path settings =
        Files.writeString(
            folder.resolve("orthanc.json"),
            """
            {
              "Name": "test", "StorageDirectory": "%s", "IndexDirectory": "%s", "Plugins": ["%s"],
              "HttpServerEnabled": true, "HttpPort": %d, "RemoteAccessAllowed": false,
              "AuthenticationEnabled": true, "RegisteredUsers": {"orthanc": "s3cret"},
              "DicomServerEnabled": true, "DicomAet": "PACS", "DicomPort": %d, "DicomCheckCalledAet": true,
              "DicomModalities": {"node": {"AET": "NMSW", "Host": "127.0.0.1", "Port": %d,
                  "AllowStorageCommitment": true}},
              "DicomWeb": {"Enable": true, "Root": "/dicom-web/"}, "ConcurrentJobs": 2
            }
            """
                .formatted(
                    folder.resolve("db"),
                    folder.resolve("db"),
                    PLUGIN,
                    httpPort,
                    dicomPort,
                    node.port()));
    Path log = folder.resolve("orthanc.log");
    orthanc =
        new ProcessBuilder("Orthanc", "--verbose", settings.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    awaitListening(httpPort, log);
    awaitListening(dicomPort, log);
  }

  /** Its own authority; the relay gets it with its key. */
  private static Path certificate() throws Exception {
    Path key = folder.resolve("relay.key");
    Path certificate = folder.resolve("relay.crt");
    run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=orthanc",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key.toString(), "-out", certificate.toString());
    run(
        "openssl", "pkcs12", "-export", "-in", certificate.toString(), "-inkey", key.toString(),
        "-out", folder.resolve("relay.p12").toString(), "-passout", "pass:changeit");
    return certificate;
  }

  private static void run(String... command) throws Exception {
    Path log = folder.resolve("openssl.log");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertEquals(0, process.waitFor(), () -> command[1] + " failed, see " + log);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void awaitListening(int port, Path log) throws IOException {
    Instant end = Instant.now().plusSeconds(60);
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException notYet) {
        if (!orthanc.isAlive() || Instant.now().isAfter(end)) {
          throw new AssertionError(Files.readString(log), notYet);
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  @AfterAll
  static void stopOrthanc() throws Exception {
    if (orthanc != null) {
      // Its folder goes with the test; an orderly end would take it three seconds.
      orthanc.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
    }
    if (relay != null) {
      relay.close();
    }
    if (node != null) {
      node.close();
    }
  }

  @BeforeEach
  void start() throws Exception {
    series = new ReturningSeries(own.resolve("outbox"), 3);
  }

  @AfterEach
  void stop() throws Exception {
    for (String instance : instances()) {
      request("DELETE", "/instances/" + instance);
    }
    series.close();
  }

  private static HttpResponse<byte[]> request(String method, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
            .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(PASSWORD.getBytes()))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    // A client of its own: Orthanc closes connections, and what was not got is not sent again by itself.
    HttpResponse<byte[]> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
    assertEquals(200, response.statusCode(), method + " " + path);
    return response;
  }

  private static List<String> instances() throws Exception {
    Matcher ids = Pattern.compile("\"([0-9a-f-]{44})\"").matcher(new String(request("GET", "/instances").body()));
    List<String> found = new ArrayList<>();
    while (ids.find()) {
      found.add(ids.group(1));
    }
    return found;
  }

  private static Dataset stored(String instance) throws Exception {
    byte[] file = request("GET", "/instances/" + instance + "/file").body();
    return DicomReader.read(new ByteArrayInputStream(file), ParseLimits.defaults()).dataset();
  }

  private void deliverByDimse(int port) throws Exception {
    series.deliverTo(
        ReturningSeries.at(
            port,
            ClientConfig.defaults(),
            Optional.of(new Deliverer.Commitment(Duration.ofHours(1), Duration.ofSeconds(60)))));
    listening = Optional.of(series.deliverer);
  }

  /** Orthanc reports on an association of its own. */
  @Test
  void orthancCommitsItselfToWhatItHas() throws Exception {
    deliverByDimse(dicomPort);
    series.deliver();
    assertEquals(3, instances().size());
    assertEquals(List.of(), series.waiting());
    assertEquals(SeriesState.DONE, series.state());
  }

  @Test
  void whatOrthancHasLostIsSentAgain() throws Exception {
    try (PduProxy proxy =
        new PduProxy(
            dicomPort,
            command -> command == PduProxy.N_ACTION_RQ ? PduProxy.Fate.CLOSE : PduProxy.Fate.PASS)) {
      deliverByDimse(proxy.port());
      series.deliver();
    }
    assertEquals(Collections.nCopies(3, Outbox.Step.ASK), series.steps());
    String lost = instances().get(0);
    String uid = stored(lost).requireString(Tag.SOPInstanceUID);
    request("DELETE", "/instances/" + lost);

    deliverByDimse(dicomPort);
    series.deliver();
    assertEquals(List.of(uid), series.waiting());
    assertTrue(series.failures.get(3).contains("0112H no such SOP instance"), series.failures.toString());
    assertEquals(2, instances().size());
    series.deliverAfter(FIRST_RETRY);
    assertEquals(3, instances().size());
    assertEquals(SeriesState.DONE, series.state());
  }

  private void deliverByStow(String password, Optional<TlsCredentials> credentials) throws IOException {
    Path secret = Files.writeString(own.resolve("secret"), password);
    StowSender sender =
        new StowSender(
            URI.create("https://127.0.0.1:" + relay.port() + "/dicom-web/studies"),
            Optional.of(new HttpAuthorization(HttpAuthorization.Scheme.BASIC, secret)),
            credentials,
            Duration.ofSeconds(10),
            Duration.ofSeconds(60));
    series.deliverTo(new Deliverer.Destination(sender, Optional.empty()));
  }

  @Test
  void itsPluginTakesTheSameByStowRs() throws Exception {
    Dataset first = DicomReader.read(series.outbox.entries("pacs").get(0).file()).dataset();
    deliverByStow("orthanc:wrong", Optional.of(trust));
    series.deliver();
    assertTrue(series.failures.get(0).contains("HTTP 401"), series.failures.toString());
    deliverByStow(PASSWORD, Optional.empty());
    series.deliver();
    assertTrue(series.failures.get(1).contains("no TLS connection"), series.failures.toString());
    deliverByStow(PASSWORD, Optional.of(trust));
    series.deliver();
    assertEquals(SeriesState.DONE, series.state(), series.failures.toString());
    List<Dataset> there = new ArrayList<>();
    for (String instance : instances()) {
      there.add(stored(instance));
    }
    assertEquals(3, there.size());
    assertTrue(there.contains(first), "to the element");
    series.put(0);
    series.deliver();
    assertEquals(List.of(), series.waiting(), "what it has already");
  }
}
