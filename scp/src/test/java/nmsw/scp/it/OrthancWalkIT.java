package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * README's way from zero to a first Segmentation in Orthanc: its commands as they stand there, but for ports and folders, with
 * Debian's Orthanc as the PACS, whose Lua script sends the series on.
 */
class OrthancWalkIT {
  private static final Duration LIMIT = Duration.ofMinutes(4);
  private static final Duration HTTP = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private final List<Process> started = new ArrayList<>();
  private final Map<String, String> changes = new TreeMap<>();

  /** A command that README tells, with what is other here. */
  private ProcessBuilder command(String line, Path log) throws IOException {
    assertTrue(Files.readString(ServeProcess.ROOT.resolve("README.md")).contains("\n" + line + "\n"), "not in README: " + line);
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", "exec " + changed(line))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("NMSW_BUILD", "never");
    return builder;
  }

  private void begin(String line, String name) throws IOException {
    started.add(command(line, folder.resolve(name + ".log")).start());
  }

  private void done(String line, String name) throws IOException, InterruptedException {
    Path log = folder.resolve(name + ".log");
    Process process = command(line, log).start();
    started.add(process);
    assertTrue(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), line + " does not end");
    assertEquals(0, process.exitValue(), () -> line + ": " + read(log));
  }

  private String changed(String text) {
    String changed = text;
    for (Map.Entry<String, String> change : changes.entrySet()) {
      changed = changed.replace(change.getKey(), change.getValue());
    }
    return changed;
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** The examples, beside what they refer to. */
  private void copyExamples() throws IOException {
    int pacs = Peers.freePort();
    int web = Peers.freePort();
    int node = Peers.freePort();
    changes.putAll(Map.of("4343", "" + pacs, "8043", "" + web, "11112", "" + node));
    Path examples = Files.createDirectories(folder.resolve("config/examples/orthanc"));
    try (Stream<Path> files = Files.list(ServeProcess.ROOT.resolve("config/examples/orthanc"))) {
      for (Path file : files.toList()) {
        Files.writeString(examples.resolve(file.getFileName()), changed(Files.readString(file)));
      }
    }
    Files.createSymbolicLink(folder.resolve("config/models"), ServeProcess.ROOT.resolve("config/models"));
    Files.createSymbolicLink(folder.resolve("nmsw"), ServeProcess.ROOT.resolve("nmsw"));
  }

  private JsonNode get(String path) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + changes.get("8043") + path)).timeout(HTTP).build();
      return json.readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    } catch (IOException notYet) {
      return json.nullNode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void end() throws InterruptedException {
    for (Process process : started) {
      process.destroy();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }

  @Test
  void aSeriesSentToOrthancHasItsSegmentationThere() throws Exception {
    copyExamples();
    begin("Orthanc config/examples/orthanc/orthanc.json", "orthanc");
    begin("./nmsw serve --config config/examples/orthanc/node.yaml", "serve");
    done("./nmsw phantom --matrix 256 --slices 100 --out out/phantom", "phantom");
    Peers.await(LIMIT, "Orthanc to answer", () -> get("/system").path("DicomAet").asText().equals("PACS"));
    Peers.await(LIMIT, "the node to listen", () -> read(folder.resolve("serve.log")).contains("NMSW listens on"));
    done("./nmsw send out/phantom/ct --to PACS@127.0.0.1:4343", "send");

    Peers.await(
        LIMIT,
        "a Segmentation in Orthanc",
        () -> get("/studies").path(0).isTextual() && series().containsKey("SEG"));

    assertEquals(1, get("/studies").size(), "the result is in the study of its series");
    assertEquals(List.of("CT", "SEG"), List.copyOf(series().keySet()));
    JsonNode seg = get("/instances/" + series().get("SEG").path("Instances").path(0).asText() + "/simplified-tags");
    assertEquals(
        series().get("CT").path("MainDicomTags").path("SeriesInstanceUID").asText(),
        seg.path("ReferencedSeriesSequence").path(0).path("SeriesInstanceUID").asText());
    assertTrue(seg.path("SegmentSequence").size() >= 8, seg.path("SegmentSequence").toString());
    // The script sent the CT series, and nothing of what came back.
    JsonNode jobs = get("/jobs?expand");
    assertEquals(1, jobs.size(), jobs.toString());
    assertEquals("DicomModalityStore Success", jobs.path(0).path("Type").asText() + " " + jobs.path(0).path("State").asText());
  }

  /** The series of the one study, by modality. */
  private TreeMap<String, JsonNode> series() {
    TreeMap<String, JsonNode> series = new TreeMap<>();
    get("/studies/" + get("/studies").path(0).asText() + "/series")
        .forEach(one -> series.put(one.path("MainDicomTags").path("Modality").asText(), one));
    return series;
  }
}
