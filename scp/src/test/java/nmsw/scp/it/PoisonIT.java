package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.Status;
import nmsw.scp.PoisonedServe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A series that takes the process with it every time: after so many attempts it is left alone, and the others are done. */
class PoisonIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int ATTEMPTS = 3;
  private static final int SLICES = 20;

  @TempDir Path folder;
  private final int port = Peers.freePort();
  private final Set<String> results = ConcurrentHashMap.newKeySet();

  @Test
  @Timeout(240)
  void aSeriesThatKillsTheProcessEachTimeIsParkedAndTheOthersAreDone() throws Exception {
    ServerConfig peer = ServerConfig.builder().bindAddress("127.0.0.1").port(0).build();
    try (DicomServer pacs =
        DicomServer.start(
            peer,
            (request, dataset) -> {
              dataset.readAllBytes();
              results.add(request.sopInstanceUid());
              return Status.SUCCESS;
            })) {
      Path config = configure(pacs.port());
      SmallSeries phantom = new SmallSeries(folder.resolve("slices"), 32, SLICES);
      List<Dataset> objects = phantom.named("deadly");
      String deadly = objects.get(0).requireString(Tag.SeriesInstanceUID);
      for (Dataset object : objects) {
        object.putNumber(Tag.RescaleIntercept, 5000);
      }
      objects.addAll(phantom.named("good"));
      Process process = start(config);
      int deaths = 0;
      try {
        Peers.await(LIMIT, "the node to listen", () -> log().contains("listens on"));
        SmallSeries.send(port, objects);
        assertTrue(objects.isEmpty(), "not everything was acknowledged");
        while (!log().contains(" PARKED INTERRUPTED:")) {
          if (!process.isAlive()) {
            assertEquals(PoisonedServe.KILLED, process.exitValue(), this::log);
            deaths++;
            assertTrue(deaths <= ATTEMPTS, "it is begun again and again:\n" + log());
            process = start(config);
          }
          TimeUnit.MILLISECONDS.sleep(50);
        }
        assertEquals(ATTEMPTS, deaths, this::log);
        Peers.await(LIMIT, "the result of the other series", () -> results.size() == 1);
        assertTrue(process.isAlive(), this::log);
      } finally {
        process.destroy();
        process.waitFor(30, TimeUnit.SECONDS);
      }
      requireEvidence(deadly);
    }
  }

  private void requireEvidence(String seriesUid) throws IOException {
    List<Path> evidence =
        Peers.files(folder.resolve("data/spool")).stream().filter(file -> file.endsWith("attempts.log")).toList();
    assertEquals(1, evidence.size(), evidence.toString());
    String text = Files.readString(evidence.get(0));
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      assertTrue(text.contains("attempt " + attempt + " of revision 1 on node nmsw-node: INTERRUPTED"), text);
    }
    for (Path object : Peers.files(evidence.get(0).getParent())) {
      if (object.toString().endsWith(".dcm")) {
        assertEquals(seriesUid, DicomReader.read(object).dataset().requireString(Tag.SeriesInstanceUID));
      }
    }
  }

  private Path configure(int peer) throws IOException {
    Path model = Files.createDirectories(folder.resolve("models/test"));
    Files.writeString(model.resolve("current"), "1");
    Path config = folder.resolve("node.yaml");
    Files.writeString(
        config,
        """
        bind: 127.0.0.1
        port: %d
        dataDirectory: data
        modelsDirectory: models
        destinations: {pacs: 'PACS@127.0.0.1:%d'}
        routes: [{model: test, destinations: [pacs]}]
        series: {quiet: 100ms, maxWait: 2s}
        storage: {diskReserve: 1MiB}
        work: {attempts: %d, firstRetry: 100ms, maxRetry: 1s}
        """
            .formatted(port, peer, ATTEMPTS));
    return config;
  }

  /** What every process so far has said. */
  private String log() {
    try {
      return Files.readString(folder.resolve("log.txt"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Process start(Path config) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    return new ProcessBuilder(
            java.toString(), "-cp", System.getProperty("java.class.path"), PoisonedServe.class.getName(), config.toString())
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log.txt").toFile()))
        .start();
  }
}
