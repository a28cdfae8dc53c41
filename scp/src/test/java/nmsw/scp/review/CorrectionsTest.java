package nmsw.scp.review;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.dicom.net.Status;
import nmsw.scp.Series;
import nmsw.scp.WatchedNode;
import nmsw.scp.disk.DurableFiles;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Segmentations that come back to a whole node by C-STORE. */
@Timeout(120)
class CorrectionsTest {
  private static final String UID = Uid.derived("scp test", "correction");

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private WatchedNode node;
  private Dataset result;

  @BeforeEach
  void start() throws Exception {
    node = new WatchedNode(folder, "", "review: {corrections: true}\n");
    node.send(Series.ct(12));
    node.await(Series.UID, SeriesState.DONE);
    result = node.received.poll(60, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void aCorrectionIsKeptComparedAndShown() throws Exception {
    Dataset corrected = withFirstFrameEmptied(copy(UID));
    assertEquals(Status.SUCCESS, node.store(corrected));
    JsonNode shown = looked(UID);
    assertEquals("FITS", shown.at("/state").asText(), shown.toString());
    assertEquals("VIEWER", shown.at("/from").asText());
    assertEquals("test 1", shown.at("/model").asText() + " " + shown.at("/version").asText());
    // 200 pixels of 240 are left: 2 * 200 / 440
    assertEquals(0.909, shown.at("/dice/box").asDouble(), 1e-9);
    assertEquals("all its segments say that they were drawn automatically", shown.at("/reason").asText());

    assertEquals(Status.SUCCESS, node.store(corrected), "the same again");
    assertEquals(1, corrections().size());
    Dataset other = copy(UID).putString(Tag.SeriesDescription, "another");
    assertEquals(Status.SUCCESS, node.store(other));
    assertEquals(Status.SUCCESS, node.store(other));
    assertEquals(2, corrections().size());
    assertEquals("CONFLICT", corrections().get(1).at("/state").asText());

    List<SeriesRecord> series = node.node().series();
    assertEquals(1, series.size(), "a correction is no series to be segmented");
    assertEquals(1, series.get(0).revision());
    String audit = Files.readString(node.data().resolve("audit.log"));
    assertTrue(audit.contains("\"who\":\"VIEWER\"") && audit.contains("\"outcome\":\"FITS\""), audit);
    assertFalse(audit.contains("Secret"), audit);
  }

  @Test
  void whatTheNodeMadeItselfIsNoCorrection() throws Exception {
    assertEquals(Status.SUCCESS, node.store(result));
    Dataset coerced = copy(result.requireString(Tag.SOPInstanceUID)).putString(Tag.PatientName, "Coerced^Name");
    assertEquals(Status.SUCCESS, node.store(coerced));
    assertEquals(List.of(), corrections());

    // As if that result had been replaced since.
    Files.walk(node.data().resolve("results")).filter(f -> f.toString().endsWith(".dcm")).forEach(f -> f.toFile().delete());
    assertEquals(Status.SUCCESS, node.store(result));
    assertEquals(List.of(), corrections());
  }

  @Test
  void whatDoesNotFitIsReportedWithItsReason() throws Exception {
    String own = result.requireString(Tag.SOPInstanceUID);
    Map<String, Dataset> objects = new TreeMap<>();
    objects.put(UID + ".1", copy(UID + ".1"));
    objects.put(own, withFirstFrameEmptied(copy(own)));
    objects.put(UID + ".2", withFirstFrameEmptied(copy(UID + ".2")));
    code(objects.get(UID + ".2"), "78961009", "Spleen", "Something");
    objects.put(UID + ".3", withFirstFrameEmptied(copy(UID + ".3")));
    code(objects.get(UID + ".3"), "85756007", "Tissue", "BOX");
    objects.put(UID + ".4", withFirstFrameEmptied(copy(UID + ".4")));
    for (Dataset frame : objects.get(UID + ".4").items(Tag.PerFrameFunctionalGroupsSequence)) {
      frame.remove(Tag.DerivationImageSequence);
      frame.items(Tag.PlanePositionSequence).get(0).putNumber(Tag.ImagePositionPatient, -30, -20, 1000);
    }
    Dataset empty = copy(UID + ".5");
    objects.put(UID + ".5", empty.putBytes(Tag.PixelData, VR.OB, new byte[empty.bytes(Tag.PixelData).length]));
    for (Dataset object : objects.values()) {
      assertEquals(Status.SUCCESS, node.store(object));
    }
    Map<String, String> expected =
        Map.of(
            UID + ".1", "UNCHANGED: it says what the node's result says",
            own, "UNFIT: it has the SOP Instance UID of a result of this node",
            UID + ".2", "UNFIT: none of its segments is a class of the model: Something",
            UID + ".3", "FITS: told by their labels: BOX",
            UID + ".4", "UNFIT: 5 of its frames lie on no slice of the series",
            UID + ".5", "UNFIT: it has no pixel");
    for (Map.Entry<String, String> each : expected.entrySet()) {
      JsonNode looked = looked(each.getKey());
      String said = looked.at("/state").asText() + ": " + looked.at("/reason").asText();
      assertTrue(said.startsWith(each.getValue()), () -> each + " but was " + said);
    }
  }

  @Test
  void whatIsAboutNoSeriesWithAResultIsRefused() throws Exception {
    Dataset unknown = copy(UID);
    unknown.items(Tag.ReferencedSeriesSequence).get(0).putString(Tag.SeriesInstanceUID, "1.2.3");
    assertEquals(Corrections.NOT_OF_A_RESULT, node.store(unknown));
    assertEquals(Corrections.OTHER_FRAME_OF_REFERENCE, node.store(copy(UID).putString(Tag.FrameOfReferenceUID, "1.2.3")));
    Dataset broken = copy(UID);
    broken.remove(Tag.SegmentSequence);
    assertEquals(Status.DATASET_MISMATCH, node.store(broken));
    assertEquals(List.of(), corrections());
    assertFalse(Files.exists(node.data().resolve("corrections").resolve(DurableFiles.nameFor(Series.UID))));

    Dataset bySource = withFirstFrameEmptied(copy(UID));
    bySource.remove(Tag.ReferencedSeriesSequence);
    assertEquals(Status.SUCCESS, node.store(bySource), "its frames name images of the series");
    assertEquals("FITS", looked(UID).at("/state").asText());
  }

  @Test
  void whereTheyAreNotAskedForNoneAreTaken() throws Exception {
    node.close();
    node = new WatchedNode(Files.createDirectory(folder.resolve("other")), "");
    assertThrows(IOException.class, () -> node.store(copy(UID)));
  }

  @Test
  void aCorrectionThatWasAcknowledgedOutlastsARestart() throws Exception {
    assertEquals(Status.SUCCESS, node.store(withFirstFrameEmptied(copy(UID))));
    node.restart();
    assertEquals("FITS", looked(UID).at("/state").asText());
    // As if the process had ended between the spool and the journal.
    node.close();
    Files.delete(node.data().resolve("review.jsonl"));
    node.restart();
    assertEquals("FITS", looked(UID).at("/state").asText());
    assertEquals("VIEWER", corrections().get(0).at("/from").asText());
  }

  @Test
  void aCorrectedSeriesIsACandidateOnceConsentIsGiven() throws Exception {
    assertEquals(Status.SUCCESS, node.store(withFirstFrameEmptied(copy(UID))));
    looked(UID);
    JsonNode candidate = get("/api/v1/candidates").at("/candidates/0");
    assertEquals("NO_CONSENT", candidate.at("/state").asText(), candidate.toString());
    String series = "/api/v1/series/" + Series.UID;
    assertEquals(403, post(series + "/consent", "{\"consent\": true}", false).statusCode());
    assertEquals(400, post(series + "/consent", "{}", true).statusCode());
    assertEquals(200, post(series + "/consent", "{\"consent\": true}", true).statusCode());
    JsonNode details = get(series);
    assertEquals("EXPORTED", details.at("/candidate/state").asText(), details.toString());
    assertTrue(details.at("/consent").asBoolean());
    Path candidates = Path.of(get("/api/v1/candidates").at("/folder").asText());
    Path exported = candidates.resolve(DurableFiles.nameFor(Series.UID));
    assertEquals(13, exported.toFile().list().length);
    assertEquals(
        UID, DicomReader.read(exported.resolve("segmentation.dcm")).dataset().requireString(Tag.SOPInstanceUID));
    JsonNode count = get("/api/v1/verdicts").at("/counts/0");
    assertEquals(
        "{\"model\":\"test\",\"version\":\"1\",\"accepted\":0,\"rejected\":0,\"corrected\":1,\"unreviewed\":0,\"candidates\":1}",
        count.toString());

    assertEquals(200, post(series + "/withdraw", "", true).statusCode());
    assertFalse(Files.exists(exported));
    assertEquals("WITHDRAWN", get(series).at("/candidate/state").asText());
    assertEquals(409, post("/api/v1/series/1.2.3/withdraw", "", true).statusCode());
    String audit = Files.readString(node.data().resolve("audit.log"));
    for (String step : List.of("/consent", "candidate exported", "/withdraw", "candidate removed")) {
      assertTrue(audit.contains(step), step + " in\n" + audit);
    }
  }

  private JsonNode get(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.webPort() + path)).build();
    HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer.body());
    return json.readTree(answer.body());
  }

  private HttpResponse<String> post(String path, String body, boolean own) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.webPort() + path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body));
    if (own) {
      request.header("Authorization", "Bearer " + WatchedNode.TOKEN);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  /** The result as somebody else saved it. */
  private Dataset copy(String sopInstanceUid) throws IOException {
    ByteArrayInputStream bytes = new ByteArrayInputStream(Series.bytes(result));
    return DicomReader.readDataset(bytes, TransferSyntax.EXPLICIT_LE, ParseLimits.defaults())
        .putString(Tag.SOPInstanceUID, sopInstanceUid);
  }

  /** A frame of 24 x 20 bits has 60 bytes. */
  private static Dataset withFirstFrameEmptied(Dataset segmentation) throws IOException {
    byte[] pixels = segmentation.bytes(Tag.PixelData).clone();
    Arrays.fill(pixels, 0, Series.COLUMNS * Series.ROWS / 8, (byte) 0);
    return segmentation.putBytes(Tag.PixelData, VR.OB, pixels);
  }

  private static void code(Dataset segmentation, String value, String meaning, String label) {
    Dataset segment = segmentation.items(Tag.SegmentSequence).get(0).putString(Tag.SegmentLabel, label);
    segment
        .items(Tag.SegmentedPropertyTypeCodeSequence)
        .get(0)
        .putString(Tag.CodeValue, value)
        .putString(Tag.CodeMeaning, meaning);
  }

  private List<JsonNode> corrections() throws Exception {
    return get("/api/v1/series/" + Series.UID).at("/corrections").findParents("sopInstanceUid");
  }

  /** A correction, once it was looked at. */
  private JsonNode looked(String sopInstanceUid) throws Exception {
    while (true) {
      for (JsonNode correction : corrections()) {
        if (correction.at("/sopInstanceUid").asText().equals(sopInstanceUid)
            && !correction.at("/state").asText().equals("UNCHECKED")) {
          return correction;
        }
      }
      Thread.onSpinWait();
    }
  }
}
