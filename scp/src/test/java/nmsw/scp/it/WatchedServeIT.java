package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.scp.audit.AuditSchema;
import nmsw.scp.audit.SyslogReceiver;
import nmsw.volume.SliceStack;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What can be seen of a node from outside, over one run of it: log, metrics and audit trail tell what happened and no
 * patient's name, and SIGHUP has it read its configuration again.
 */
class WatchedServeIT {
  private static final Duration SEGMENTED = Duration.ofMinutes(5);
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final String NAME = "ZZMARKED^PATIENT";
  private static final String ID = "ID-4711";

  @TempDir Path folder;

  @Test
  void tellsWhatHappensAndNoName() throws Exception {
    Path identity = SyslogReceiver.identity(folder);
    int web = Peers.freePort();
    List<String> audit = new ArrayList<>();
    List<String> log;
    String metrics;
    String series;
    try (SyslogReceiver repository = SyslogReceiver.start(identity, 0);
        Peers.StoreScp pacs = new Peers.StoreScp(folder.resolve("pacs"), "PACS")) {
      String more =
          """
          audit:
            repository: tls://127.0.0.1:%d
            tls: {trusted: '%s', password: changeit}
          log: {format: json}
          web: {bind: 127.0.0.1, port: %d}
          """
              .formatted(repository.port(), identity, web);
      Path data = folder.resolve("node");
      try (ServeProcess node = new ServeProcess(data, Peers.freePort(), pacs.port, "abdomen-phantom", more)) {
        audit.add(repository.next());
        series = sendMarked(node.port, 40);
        node.awaitLog(SEGMENTED, "series " + series + " DONE");
        String refused = sendMarked(node.port, 3);
        node.awaitLog(SOON, "series " + refused + " REFUSED.*TOO_FEW_SLICES");
        assertNotEquals(0, Peers.echoscu(node.port, "STRANGER", "NMSW").exitCode());
        readsItsConfigurationAgain(node, data.resolve("node.yaml"));
        for (int i = 0; i < 5; i++) {
          audit.add(repository.next());
        }
        metrics = get(web, "/metrics");
        log = List.copyOf(node.log());
      }
      audit.add(repository.next());
    }

    List<String> kinds = audit.stream().map(WatchedServeIT::kind).toList();
    assertEquals("Application Start", kinds.get(0));
    assertEquals("Application Stop", kinds.get(kinds.size() - 1));
    assertEquals(
        List.of("Node Authentication", "Node Authentication", "from STORESCU", "from STORESCU", "to PACS"),
        kinds.subList(1, kinds.size() - 1).stream().sorted().toList());
    AuditSchema schema = new AuditSchema();
    for (String message : audit) {
      String xml = message.substring(message.indexOf('<', 5));
      schema.validate(xml);
      assertFalse(xml.toUpperCase(Locale.ROOT).contains("ZZMARKED"), xml);
      assertEquals(xml.contains("\"110104\""), xml.contains("ParticipantObjectID=\"" + ID + "\""), xml);
    }
    assertTrue(metrics.lines().anyMatch("nmsw_audit_messages_total{outcome=\"lost\"} 0.0"::equals), metrics);
    assertTrue(metrics.lines().anyMatch("nmsw_config_reloads_total{outcome=\"taken\"} 1.0"::equals), metrics);
    assertFalse(metrics.toUpperCase(Locale.ROOT).contains("ZZMARKED") || metrics.contains(ID), metrics);
    for (String line : log) {
      assertFalse(line.contains("avalin") || line.contains("jetty"), line);
      assertFalse(line.toUpperCase(Locale.ROOT).contains("ZZMARKED") || line.contains(ID), line);
    }
    ObjectMapper mapper = new ObjectMapper();
    boolean job = false;
    for (String line : log.stream().filter(line -> line.startsWith("{")).toList()) {
      JsonNode event = mapper.readTree(line);
      if (event.get("formattedMessage").asText().startsWith("series " + series + " seconds")) {
        job = true;
        assertEquals(series, event.at("/mdc/series").asText());
        assertTrue(event.at("/mdc/job").asText().startsWith(series + "#"), line);
      }
    }
    assertTrue(job, "the line with the seconds is there");
  }

  private static String kind(String message) {
    if (message.contains("<EventTypeCode")) {
      return message.replaceAll("(?s).*<EventTypeCode [^>]*originalText=\"([^\"]*)\".*", "$1");
    }
    return message.contains("UserID=\"PACS\"") ? "to PACS" : message.contains("UserID=\"STORESCU\"") ? "from STORESCU" : "?";
  }

  private void readsItsConfigurationAgain(ServeProcess node, Path file) throws Exception {
    String yaml = Files.readString(file);
    Files.writeString(file, yaml.replace("callingAeTitles: [", "callingAeTitles: [STRANGER, ") + "colour: blue\n");
    node.signal("HUP");
    node.awaitLog(SOON, "not taken over, the node goes on as before: line \\d+: colour: unknown key");
    assertNotEquals(0, Peers.echoscu(node.port, "VISITOR", "NMSW").exitCode());
    Files.writeString(file, yaml.replace("callingAeTitles: [", "callingAeTitles: [VISITOR, "));
    node.signal("HUP");
    node.awaitLog(SOON, "read again; taken over: callingAeTitles");
    assertEquals(0, Peers.echoscu(node.port, "VISITOR", "NMSW").exitCode());
  }

  private String sendMarked(int port, int slices) throws Exception {
    SliceStack stack = AbdomenPhantom.standardStack(64, 64, slices, 6.8, 6.8, 5);
    Path series = folder.resolve("series-" + slices);
    List<Path> files = PhantomSeries.write(series, new AbdomenPhantom(400 + slices), stack, 400 + slices);
    String uid = "";
    for (Path file : files) {
      Dataset dataset = DicomReader.read(file).dataset().copy();
      dataset.putString(Tag.PatientName, NAME).putString(Tag.PatientID, ID);
      DicomWriter.writeFile(file, dataset, TransferSyntax.EXPLICIT_LE);
      uid = dataset.requireString(Tag.SeriesInstanceUID);
    }
    Peers.Output output = Peers.storescu(port, "STORESCU", "NMSW", series);
    assertEquals(0, output.exitCode(), output.text());
    return uid;
  }

  private static String get(int port, String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
