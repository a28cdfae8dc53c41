package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.scp.series.SeriesState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an operator does over HTTP, on a whole node. */
@Timeout(180)
class OperatorTest {
  private static final String SERIES = "/api/v1/series/" + Series.UID;

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private WatchedNode node;

  @BeforeEach
  void start() throws Exception {
    node = new WatchedNode(folder, ", patientNames: true");
  }

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void aSeriesIsShownWithItsResultAndWithoutItsPatientUnlessLoggedIn() throws Exception {
    node.send(WatchedNode.ct(Series.UID, "<b>Bold</b>"));
    node.await(Series.UID, SeriesState.DONE);

    JsonNode row = get("/api/v1/series?state=DONE").at("/series/0");
    assertEquals(Series.UID, row.at("/seriesUid").asText());
    assertEquals("<b>Bold</b>", row.at("/description").asText());
    assertEquals("test", row.at("/model").asText());
    assertEquals("1", row.at("/version").asText());
    assertEquals(12, row.at("/objects").asInt());
    assertTrue(row.at("/stageSeconds/receive").isNumber(), row.toString());
    assertEquals(0, get("/api/v1/series?state=FAILED,REFUSED").at("/total").asInt());

    HttpResponse<String> anonymous = http.send(request(SERIES).build(), BodyHandlers.ofString());
    assertFalse(anonymous.body().contains("Secret"), anonymous.body());
    assertEquals(9.0, json.readTree(anonymous.body()).at("/result/organs/0/millilitres").asDouble(), 1e-9);
    HttpResponse<String> known =
        http.send(request(SERIES).header("Authorization", "Bearer " + WatchedNode.TOKEN).build(), BodyHandlers.ofString());
    assertEquals("Secret^Name", json.readTree(known.body()).at("/patient/name").asText());
  }

  @Test
  void aResultIsInTheTrendsOnceHoweverOftenItIsMade() throws Exception {
    assertEquals(0, get("/api/v1/trends").at("/models").size());
    node.send(WatchedNode.ct(Series.UID, "Abdomen"));
    String day = node.await(Series.UID, SeriesState.DONE).lastObjectAt().toString().substring(0, 10);
    assertEquals(200, post(SERIES + "/rerun", "{\"model\": \"test\"}").statusCode());
    node.node().await(
        Series.UID, series -> series.revision() == 2 && series.state() == SeriesState.DONE, Duration.ofSeconds(60));
    JsonNode trends = get("/api/v1/trends?model=test&version=1&organ=box&days=2");
    assertEquals("UTC", trends.at("/timeZone").asText());
    assertEquals(1, trends.at("/models/0/results").asInt(), trends.toString());
    assertEquals(day, trends.at("/volume/0/day").asText());
    assertEquals(1, trends.at("/volume/0/results").asInt());
    assertEquals(9.0, trends.at("/volume/0/median").asDouble(), 1e-9);
    assertEquals(0, trends.at("/entropy").size(), "a threshold chooses no patches");
    assertEquals(404, http.send(request("/api/v1/trends?organ=spleen").build(), BodyHandlers.ofString()).statusCode());
  }

  @Test
  void aRefusedSeriesIsExplainedAndTriedAgain() throws Exception {
    node.send(Series.ct(3));
    node.await(Series.UID, SeriesState.REFUSED);
    JsonNode series = get(SERIES).at("/series");
    assertEquals("TOO_FEW_SLICES", series.at("/code").asText());
    assertTrue(series.at("/reason").asText().contains("3"), series.toString());

    JsonNode rules = get(SERIES + "/route").at("/rules");
    assertEquals("bodyPart is absent, not 'HEAD'", rules.at("/0/unmet").asText());
    assertTrue(rules.at("/1/unmet").isMissingNode(), rules.toString());

    assertEquals(200, post(SERIES + "/retry", "").statusCode());
    node.node()
        .await(Series.UID, row -> row.revision() == 2 && row.state() == SeriesState.REFUSED, Duration.ofSeconds(60));
    assertEquals(409, post(SERIES + "/send", "").statusCode());
  }

  @Test
  void anotherModelCanBeAskedFor() throws Exception {
    node.send(Series.ct(12));
    node.await(Series.UID, SeriesState.DONE);
    Dataset first = received();
    assertEquals(400, post(SERIES + "/rerun", "{\"model\": \"../test\"}").statusCode());
    assertEquals(200, post(SERIES + "/rerun", "{\"model\": \"other\"}").statusCode());
    Dataset second = received();
    assertFalse(first.string(Tag.SOPInstanceUID).equals(second.string(Tag.SOPInstanceUID)));
    node.await(Series.UID, SeriesState.DONE);
    assertEquals("other", get(SERIES).at("/result/model").asText());
  }

  @Test
  void aResultIsSentAgainAsItWas() throws Exception {
    node.send(Series.ct(12));
    node.await(Series.UID, SeriesState.DONE);
    Dataset first = received();
    assertEquals(200, post(SERIES + "/send", "").statusCode());
    assertEquals(first, received());
    node.await(Series.UID, SeriesState.DONE);
  }

  @Test
  void aFailedDeliveryIsTriedAtOnce() throws Exception {
    node.stopArchive();
    node.send(Series.ct(12));
    assertNotNull(node.failures.poll(60, TimeUnit.SECONDS));
    JsonNode delivery = get(SERIES).at("/deliveries/0");
    assertTrue(delivery.at("/error").asText().contains("refused"), delivery.toString());
    assertTrue(get("/api/v1/status").at("/destinations/0/error").asText().contains("refused"));
    node.startArchive();
    // The next try would be in ten minutes.
    assertEquals(200, post(SERIES + "/send", "").statusCode());
    node.await(Series.UID, SeriesState.DONE);
    assertTrue(get("/api/v1/status").at("/destinations/0/error").isMissingNode());
  }

  @Test
  void aHeldQueueTakesNothingAlsoAfterARestart() throws Exception {
    assertEquals(200, post("/api/v1/queue/hold", "").statusCode());
    node.restart();
    assertTrue(get("/api/v1/status").at("/held").asBoolean());
    node.send(Series.ct(12));
    node.await(Series.UID, SeriesState.READY);
    assertEquals(200, post("/api/v1/queue/resume", "").statusCode());
    node.await(Series.UID, SeriesState.DONE);

    List<String> audit = Files.readAllLines(node.data().resolve("audit.log"));
    assertEquals(2, audit.size());
    assertEquals("anna", json.readTree(audit.get(0)).at("/who").asText());
    assertEquals("POST /api/v1/queue/hold", json.readTree(audit.get(0)).at("/action").asText());
    assertEquals("POST /api/v1/queue/resume", json.readTree(audit.get(1)).at("/action").asText());
  }

  @Test
  void modelsAreListed() throws Exception {
    JsonNode models = get("/api/v1/models");
    assertEquals("[{\"name\":\"other\",\"live\":\"1\",\"versions\":[\"1\"],\"routed\":true},"
        + "{\"name\":\"test\",\"live\":\"1\",\"versions\":[\"1\"],\"routed\":true}]", models.toString());
  }

  private Dataset received() throws InterruptedException {
    Dataset object = node.received.poll(60, TimeUnit.SECONDS);
    assertNotNull(object, "nothing came within 60 s");
    return object;
  }

  private JsonNode get(String path) throws Exception {
    HttpResponse<String> answer = http.send(request(path).build(), BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer.body());
    return json.readTree(answer.body());
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return http.send(
        request(path)
            .header("Authorization", "Bearer " + WatchedNode.TOKEN)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.webPort() + path));
  }
}
