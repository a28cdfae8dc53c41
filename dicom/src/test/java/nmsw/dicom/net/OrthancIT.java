package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Element;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.PixelDecoder;
import nmsw.dicom.SameElements;
import nmsw.dicom.SharedData;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Both sides against Orthanc, an archive that the test starts and ends; without TLS and with. */
@Timeout(180)
class OrthancIT {
  private static final int OBJECTS = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir static Path certificatesFolder;
  private static TestCertificates certificates;

  @TempDir Path folder;

  private final Received received = new Received();
  private final BlockingQueue<CommitmentReport> reports = new LinkedBlockingQueue<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private boolean secured;
  private DicomServer node;
  private Process orthanc;
  private RemoteAe remote;
  private int httpPort;

  @BeforeAll
  static void makeCertificates() throws Exception {
    certificates = new TestCertificates(certificatesFolder);
  }

  private void start(boolean tls) throws Exception {
    secured = tls;
    CommitmentProvider provider =
        new CommitmentProvider() {
          @Override
          public CommitmentReport commit(CommitmentRequest request) {
            return CommitmentReport.of(request, object -> received.objects.containsKey(object.sopInstanceUid()));
          }

          @Override
          public Optional<Destination> reportTo(CommitmentRequest request) {
            return Optional.of(new Destination(remote, config()));
          }
        };
    ServerConfig.Builder config =
        ServerConfig.builder()
            .bindAddress("127.0.0.1")
            .port(0)
            .calledAeTitles(Set.of("NODE"))
            .transferSyntaxes(PixelDecoder.transferSyntaxes());
    if (tls) {
      config.tls(new ServerTls(certificates.pem(certificates.peer), true));
    }
    ServerHandlers handlers =
        ServerHandlers.of(received)
            .withCommitmentProvider(provider)
            .withCommitmentListener(
                (association, report) -> {
                  reports.add(report);
                  return Status.SUCCESS;
                });
    node = DicomServer.start(config.build(), handlers);
    remote = new RemoteAe("ORTHANC", "127.0.0.1", Dcmtk.freePort());
    httpPort = Dcmtk.freePort();
    Path settings =
        Files.writeString(
            folder.resolve("orthanc.json"),
            """
            {
              "Name": "test", "StorageDirectory": "%s", "IndexDirectory": "%s", "Plugins": [],
              "HttpServerEnabled": true, "HttpPort": %d, "RemoteAccessAllowed": false, "AuthenticationEnabled": false,
              "DicomServerEnabled": true, "DicomAet": "ORTHANC", "DicomPort": %d, "DicomCheckCalledAet": true,
              "DicomModalities": {"node": {"AET": "NODE", "Host": "127.0.0.1", "Port": %d, "AllowStorageCommitment": true,
                  "UseDicomTls": %b}},
              "DicomTlsEnabled": %b, "DicomTlsCertificate": "%s", "DicomTlsPrivateKey": "%s",
              "DicomTlsTrustedCertificates": "%s",
              "ConcurrentJobs": 2, "StableAge": 1
            }
            """
                .formatted(
                    folder.resolve("db"),
                    folder.resolve("db"),
                    httpPort,
                    remote.port(),
                    node.port(),
                    tls,
                    tls,
                    certificates.node.certificate(),
                    certificates.node.privateKey(),
                    certificates.trusted));
    Path log = folder.resolve("orthanc.log");
    orthanc = Dcmtk.start(folder, log, Dcmtk.command("Orthanc", "--verbose", settings));
    try {
      Dcmtk.awaitListening(httpPort, orthanc);
      Dcmtk.awaitListening(remote.port(), orthanc);
    } catch (AssertionError e) {
      throw new AssertionError(Files.readString(log), e);
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (orthanc != null) {
      // Its folder goes with the test; an orderly end would take it three seconds.
      orthanc.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
    }
    if (node != null) {
      node.close();
    }
  }

  private ClientConfig config() {
    ClientConfig config = ClientConfig.defaults();
    try {
      return secured ? config.withTls(new ClientTls(certificates.pem(certificates.peer), true)) : config;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Dataset object(int number) {
    return TestObjects.ct(number, 200, 150);
  }

  private static List<SopReference> references() {
    List<SopReference> all = new ArrayList<>();
    for (int i = 0; i < OBJECTS; i++) {
      all.add(new SopReference(Uid.CTImageStorage, object(i).string(Tag.SOPInstanceUID).orElseThrow()));
    }
    return all;
  }

  private DicomClient connect() throws IOException {
    List<ProposedContext> contexts =
        List.of(
            ProposedContext.verification(),
            ProposedContext.uncompressed(Uid.CTImageStorage),
            ProposedContext.uncompressed(Uid.StorageCommitmentPushModel));
    return DicomClient.connect(remote, "NODE", contexts, config());
  }

  private void fill() throws IOException {
    try (DicomClient client = connect()) {
      assertTrue(client.echo().isSuccess());
      for (int i = 0; i < OBJECTS; i++) {
        assertTrue(client.store(object(i), TransferSyntax.EXPLICIT_LE).isSuccess());
      }
    }
  }

  private void assertAllReceived() throws IOException {
    assertEquals(OBJECTS, received.objects.size());
    for (StoreRequest request : received.requests) {
      int number = Integer.parseInt(request.sopInstanceUid().replaceAll(".*\\.", "")) - 1;
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      DicomWriter.writeDataset(expected, object(number), request.transferSyntax());
      assertArrayEquals(expected.toByteArray(), received.objects.get(request.sopInstanceUid()), "object " + number);
    }
  }

  private static Dataset series() {
    return uniqueKeys().putString(Tag.QueryRetrieveLevel, "SERIES");
  }

  private static Dataset uniqueKeys() {
    return new Dataset()
        .putString(Tag.StudyInstanceUID, object(0).string(Tag.StudyInstanceUID).orElseThrow())
        .putString(Tag.SeriesInstanceUID, object(0).string(Tag.SeriesInstanceUID).orElseThrow());
  }

  private QueryRetrieve query() throws IOException {
    return QueryRetrieve.connect(remote, "NODE", Set.of(Uid.CTImageStorage), config());
  }

  private String post(String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
            .timeout(PATIENCE)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    // A client of its own: Orthanc closes connections, and what was posted is not sent again by itself.
    HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertEquals(200, response.statusCode(), response.body() + Files.readString(folder.resolve("orthanc.log")));
    return response.body();
  }

  private String get(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path)).build();
    return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  private static String match(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertTrue(matcher.find(), text);
    return matcher.group(1);
  }

  /** Has Orthanc send all that it has by C-STORE. */
  private void storeFromOrthanc() throws Exception {
    String resources = get("/instances");
    String answer = post("/modalities/node/store", resources);
    assertEquals("0", match("\"FailedInstancesCount\"\\s*:\\s*(\\d+)", answer));
  }

  @Test
  void storesBothWays() throws Exception {
    start(false);
    fill();
    storeFromOrthanc();
    assertAllReceived();
  }

  /** Asks Orthanc for what it has, and has it sent in both ways. */
  private void findMoveAndGet() throws Exception {
    try (QueryRetrieve query = query()) {
      List<String> found = new ArrayList<>();
      Dataset studies =
          new Dataset()
              .putString(Tag.QueryRetrieveLevel, "STUDY")
              .putString(Tag.PatientID, "TEST")
              .putEmpty(Tag.StudyInstanceUID);
      assertTrue(query.find(studies, 10, match -> found.add(match.string(Tag.StudyInstanceUID).orElse(""))));
      assertEquals(List.of(object(0).string(Tag.StudyInstanceUID).orElseThrow()), found);
      Retrieval got = query.get(series(), received, 1 << 30, () -> true);
      assertTrue(got.isComplete(), got.toString());
      assertAllReceived();
      received.objects.clear();
      received.requests.clear();
      Retrieval moved = query.move(series(), "NODE", () -> true);
      assertTrue(moved.isComplete(), moved.toString());
      assertAllReceived();
    }
  }

  /** A real image in every transfer syntax, each an object of its own. */
  private List<Path> everySyntax() throws IOException {
    List<Path> files = new ArrayList<>();
    Path images = SharedData.folder().resolve("transfer-syntax/cornerstone-ctimage");
    for (Path image : SharedData.files(images)) {
      DicomFile file = DicomReader.read(image);
      String syntax = file.transferSyntax().uid();
      if (PixelDecoder.transferSyntaxes().contains(file.transferSyntax())) {
        Path own = folder.resolve(syntax + ".dcm");
        Dataset dataset =
            file.dataset()
                .putString(Tag.SOPInstanceUID, Uid.derived(syntax))
                .putAll(uniqueKeys());
        DicomWriter.writeFile(own, dataset, file.transferSyntax());
        files.add(own);
      }
    }
    assertEquals(PixelDecoder.transferSyntaxes().size(), files.size());
    return files;
  }

  @Test
  void storesEveryTransferSyntaxBothWays() throws Exception {
    start(false);
    List<Path> files = everySyntax();
    List<ProposedContext> contexts =
        PixelDecoder.transferSyntaxes().stream().map(ts -> ProposedContext.of(Uid.CTImageStorage, ts)).toList();
    try (DicomClient client = DicomClient.connect(remote, "NODE", contexts, config())) {
      for (StoreResult result : client.storeAll(files)) {
        assertTrue(result.isStored(), result.toString());
      }
    }
    storeFromOrthanc();
    assertCameBackAsTheyAre(files);
    received.requests.clear();
    received.objects.clear();
    try (QueryRetrieve query = query()) {
      Retrieval got = query.get(series(), received, 1 << 30, () -> true);
      assertTrue(got.isComplete(), got.toString());
    }
    assertCameBackAsTheyAre(files);
  }

  private void assertCameBackAsTheyAre(List<Path> files) throws IOException {
    assertEquals(files.size(), received.requests.size());
    for (StoreRequest request : received.requests) {
      DicomFile sent = files.stream().map(OrthancIT::read).filter(file -> is(file, request)).findFirst().orElseThrow();
      String what = sent.transferSyntax().toString();
      Dataset back =
          DicomReader.readDataset(
              new ByteArrayInputStream(received.objects.get(request.sopInstanceUid())),
              request.transferSyntax(),
              ParseLimits.defaults());
      SameElements.assertEqual(sent.dataset(), back, what);
      Element pixels = sent.dataset().get(Tag.PixelData);
      assertEquals(pixels.isEncapsulated(), back.get(Tag.PixelData).isEncapsulated(), what);
      if (pixels.isEncapsulated()) {
        assertEquals(sent.transferSyntax(), request.transferSyntax());
        assertEquals(pixels.fragments().size(), back.get(Tag.PixelData).fragments().size(), what);
        for (int i = 1; i < pixels.fragments().size(); i++) {
          assertArrayEquals(pixels.fragments().get(i), back.get(Tag.PixelData).fragments().get(i), what);
        }
      } else {
        assertArrayEquals(pixels.bytes(), back.bytes(Tag.PixelData), what);
      }
    }
  }

  private static DicomFile read(Path file) {
    try {
      return DicomReader.read(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean is(DicomFile file, StoreRequest request) {
    return file.dataset().string(Tag.SOPInstanceUID).equals(Optional.of(request.sopInstanceUid()));
  }

  private void commitmentFromOrthanc() throws Exception {
    try (DicomClient client = connect()) {
      SopReference missing = new SopReference(Uid.CTImageStorage, "1.2.3.4");
      List<SopReference> asked = new ArrayList<>(references());
      asked.add(missing);
      assertTrue(client.requestCommitment("2.25.4711", asked).isSuccess());
    }
    CommitmentReport report = reports.poll(60, TimeUnit.SECONDS);
    assertEquals("2.25.4711", report.transactionUid());
    assertEquals(Set.copyOf(references()), Set.copyOf(report.committed()));
    assertEquals(1, report.failed().size());
    assertEquals("1.2.3.4", report.failed().get(0).object().sopInstanceUid());
    assertEquals(CommitmentReport.Failed.NO_SUCH_OBJECT_INSTANCE, report.failed().get(0).reason());
  }

  private void commitmentToOrthanc() throws Exception {
    storeFromOrthanc();
    String forgotten = references().get(0).sopInstanceUid();
    received.objects.remove(forgotten);
    String resources = get("/instances");
    String started = post("/modalities/node/storage-commitment", "{\"Resources\": " + resources + "}");
    String id = match("\"ID\"\\s*:\\s*\"([^\"]+)\"", started);
    Instant deadline = Instant.now().plus(PATIENCE);
    String report = get("/storage-commitment/" + id);
    while (match("\"Status\"\\s*:\\s*\"([^\"]+)\"", report).equals("Pending")) {
      assertTrue(Instant.now().isBefore(deadline), report);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      report = get("/storage-commitment/" + id);
    }
    assertEquals("Failure", match("\"Status\"\\s*:\\s*\"([^\"]+)\"", report), report);
    String failures = report.substring(0, report.indexOf("\"Success\""));
    assertTrue(failures.contains(forgotten), report);
    assertFalse(failures.contains(references().get(1).sopInstanceUid() + "\""), report);
  }

  @Test
  void findsMovesAndGets() throws Exception {
    start(false);
    fill();
    findMoveAndGet();
  }

  @Test
  void commitsBothWays() throws Exception {
    start(false);
    fill();
    commitmentFromOrthanc();
    commitmentToOrthanc();
  }

  @Test
  void allOfItOverTls() throws Exception {
    start(true);
    fill();
    findMoveAndGet();
    assertEquals("{}", post("/modalities/node/echo", "{}").replaceAll("\\s", ""));
    commitmentFromOrthanc();
    commitmentToOrthanc();
    assertThrows(
        IOException.class,
        () ->
            DicomClient.connect(
                remote, "NODE", List.of(ProposedContext.verification()), ClientConfig.defaults()));
    ClientTls stranger = new ClientTls(certificates.pem(certificates.stranger), true);
    assertThrows(
        IOException.class,
        () ->
            DicomClient.connect(
                remote,
                "NODE",
                List.of(ProposedContext.verification()),
                ClientConfig.defaults().withTls(stranger)));
  }
}
