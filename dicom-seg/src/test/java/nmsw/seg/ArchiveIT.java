package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Orthanc, an archive that the test starts and ends, takes our objects in every form and gives them back equal. */
@Timeout(120)
class ArchiveIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder;

  private final HttpClient http = HttpClient.newHttpClient();
  private Process orthanc;
  private int dicomPort;
  private int httpPort;

  @BeforeEach
  void start() throws Exception {
    dicomPort = freePort();
    httpPort = freePort();
    Path settings =
        Files.writeString(
            folder.resolve("orthanc.json"),
            """
            {
              "StorageDirectory": "%1$s", "IndexDirectory": "%1$s", "Plugins": [],
              "HttpPort": %2$d, "RemoteAccessAllowed": false, "AuthenticationEnabled": false,
              "DicomAet": "ORTHANC", "DicomPort": %3$d, "UnknownSopClassAccepted": true
            }
            """
                .formatted(folder.resolve("db"), httpPort, dicomPort));
    orthanc =
        new ProcessBuilder("Orthanc", settings.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("orthanc.log").toFile())
            .start();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!answers()) {
      assertTrue(orthanc.isAlive() && System.nanoTime() < end, Files.readString(folder.resolve("orthanc.log")));
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    orthanc.destroy();
    if (!orthanc.waitFor(30, TimeUnit.SECONDS)) {
      orthanc.destroyForcibly();
    }
  }

  @Test
  void storesEveryFormAndGivesItBackEqual() throws Exception {
    CtFixture ct = CtFixture.axial(23, 31, 7);
    for (Kind kind : Kind.values()) {
      for (Compression compression : Compression.values()) {
        SegmentationFormat format = new SegmentationFormat(kind, compression);
        Path file = folder.resolve("seg.dcm");
        try (OutputStream out = Files.newOutputStream(file)) {
          ct.write(ct.boxes(), format).writeFile(out);
        }
        store(file, format);
        String instance = get("/instances").body().replaceAll("[^0-9a-f-]", "");
        byte[] returned = bytes("/instances/" + instance + "/file");
        DicomFile sent = DicomReader.read(file);
        DicomFile back = DicomReader.read(new ByteArrayInputStream(returned), ParseLimits.defaults());
        assertEquals(sent.transferSyntax(), back.transferSyntax(), format.toString());
        assertEquals(sent.dataset(), back.dataset(), format.toString());
        delete("/instances/" + instance);
      }
    }
  }

  private void store(Path file, SegmentationFormat format) throws IOException {
    ProposedContext context = ProposedContext.of(format.sopClassUid(), format.transferSyntax());
    RemoteAe remote = new RemoteAe("ORTHANC", "127.0.0.1", dicomPort);
    try (DicomClient client = DicomClient.connect(remote, "NODE", List.of(context), ClientConfig.defaults())) {
      assertTrue(client.store(file).isSuccess(), format.toString());
    }
  }

  private boolean answers() throws InterruptedException {
    try {
      return get("/system").statusCode() == 200;
    } catch (IOException notYet) {
      return false;
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path)).timeout(PATIENCE);
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
  }

  private byte[] bytes(String path) throws IOException, InterruptedException {
    return http.send(request(path).build(), HttpResponse.BodyHandlers.ofByteArray()).body();
  }

  private void delete(String path) throws IOException, InterruptedException {
    assertEquals(200, http.send(request(path).DELETE().build(), HttpResponse.BodyHandlers.discarding()).statusCode());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
