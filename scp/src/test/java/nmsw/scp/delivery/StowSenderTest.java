package nmsw.scp.delivery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import nmsw.dicom.DicomReader;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.Tag;
import nmsw.scp.config.HttpAuthorization;
import nmsw.scp.series.SeriesState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** STOW-RS against a server that says exactly what a test wants it to. */
@Timeout(60)
class StowSenderTest {
  private static final Duration FIRST_RETRY = Duration.ofSeconds(5);

  /** What the server answers to the object with a SOP Instance UID. */
  private interface Answer {
    void to(HttpExchange exchange, String sopInstanceUid) throws IOException;
  }

  private record Request(String contentType, String accept, String authorization, byte[] body) {}

  @TempDir Path folder;
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Map<String, Answer> special = new HashMap<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private ReturningSeries series;
  private List<String> uids;

  @BeforeEach
  void start() throws Exception {
    series = new ReturningSeries(folder.resolve("outbox"), 3);
    uids = series.waiting();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    server.setExecutor(threads);
    server.createContext("/dicom-web/studies", this::serve);
    server.start();
    deliverTo(Optional.empty(), Duration.ofSeconds(30));
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
    threads.shutdownNow();
    series.close();
  }

  private void deliverTo(Optional<HttpAuthorization> authorization, Duration responseTimeout) throws IOException {
    URI service = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/dicom-web/studies");
    StowSender sender =
        new StowSender(service, authorization, Optional.empty(), Duration.ofSeconds(10), responseTimeout);
    series.deliverTo(new Deliverer.Destination(sender, Optional.empty()));
  }

  private void serve(HttpExchange exchange) throws IOException {
    Request request =
        new Request(
            exchange.getRequestHeaders().getFirst("Content-Type"),
            exchange.getRequestHeaders().getFirst("Accept"),
            exchange.getRequestHeaders().getFirst("Authorization"),
            exchange.getRequestBody().readAllBytes());
    requests.add(request);
    String uid =
        DicomReader.read(new ByteArrayInputStream(part(request)), ParseLimits.defaults())
            .dataset()
            .requireString(Tag.SOPInstanceUID);
    special.getOrDefault(uid, (e, u) -> answer(e, 200, stored(u, ""))).to(exchange, uid);
    exchange.close();
  }

  /** The one part of a request (RFC 2046 §5.1.1). */
  private static byte[] part(Request request) throws IOException {
    String start = "multipart/related; type=\"application/dicom\"; boundary=";
    assertTrue(request.contentType().startsWith(start), request.contentType());
    String boundary = request.contentType().substring(start.length());
    byte[] head = ("--" + boundary + "\r\nContent-Type: application/dicom\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    byte[] tail = ("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.US_ASCII);
    byte[] body = request.body();
    assertArrayEquals(head, Arrays.copyOf(body, head.length));
    assertArrayEquals(tail, Arrays.copyOfRange(body, body.length - tail.length, body.length));
    return Arrays.copyOfRange(body, head.length, body.length - tail.length);
  }

  private static void answer(HttpExchange exchange, int code, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/dicom+json");
    exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
  }

  private static String stored(String uid, String more) {
    return item("00081199", uid, more);
  }

  private static String failed(String uid, int reason) {
    return item("00081198", uid, ", \"00081197\": {\"vr\": \"US\", \"Value\": [" + reason + "]}");
  }

  private static String item(String sequence, String uid, String more) {
    return """
        {"%s": {"vr": "SQ", "Value": [{
            "00081150": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.66.4"]},
            "00081155": {"vr": "UI", "Value": ["%s"]}%s}]}}"""
        .formatted(sequence, uid, more);
  }

  private void answers(int index, int code, String body) {
    special.put(uids.get(index), (exchange, uid) -> answer(exchange, code, body));
  }

  @Test
  void eachObjectIsARequestOfItsOwnAndItsFileToTheByte() throws Exception {
    List<byte[]> files = new ArrayList<>();
    for (Outbox.Entry entry : series.outbox.entries("pacs")) {
      files.add(Files.readAllBytes(entry.file()));
    }
    series.deliver();
    assertEquals(files.size(), requests.size());
    for (int i = 0; i < files.size(); i++) {
      assertArrayEquals(files.get(i), part(requests.get(i)));
      assertEquals("application/dicom+json", requests.get(i).accept());
    }
    assertEquals(SeriesState.DONE, series.state());
  }

  @Test
  void whatIsSaidOfAnObjectCounts() throws Exception {
    answers(0, 202, stored(uids.get(0), ", \"00081196\": {\"vr\": \"US\", \"Value\": [45056]}"));
    answers(1, 409, failed(uids.get(1), 0xA700));
    answers(2, 202, failed(uids.get(2), 0xC000));
    series.deliver();
    assertEquals(uids.subList(1, 3), series.waiting());
    assertEquals(List.of("it answered A700H out of resources", "it answered C000H cannot understand"), series.failures);
    assertEquals(1, series.deliverer.backlog("pacs").refused());
    answers(1, 200, "");
    answers(2, 200, stored("1.2.3", ""));
    series.deliverAfter(FIRST_RETRY);
    assertEquals(List.of(uids.get(2)), series.waiting());
    assertEquals("it answered HTTP 200 and does not say what became of the object", series.failures.get(2));
    assertEquals(SeriesState.RETURNING, series.state());
  }

  @Test
  void whatTheServerRefusesByItsStatusIsOfTheObject() throws Exception {
    answers(0, 415, "");
    answers(1, 413, "no room");
    series.deliver();
    assertEquals(3, requests.size(), "others are sent all the same");
    assertEquals(uids.subList(0, 2), series.waiting());
    assertEquals(2, series.deliverer.backlog("pacs").refused());
    assertTrue(series.failures.get(0).contains("HTTP 415: it does not take such an object"), series.failures.get(0));
  }

  /** Answers that nobody can rely on leave the object where it is, and none of them takes the memory. */
  @Test
  void answersThatCannotBeReadAreNone() throws Exception {
    answers(0, 200, "<html>login</html>");
    special.put(
        uids.get(1),
        (exchange, uid) -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] endless = new byte[1 << 16];
          for (int i = 0; i < 64; i++) {
            exchange.getResponseBody().write(endless);
          }
        });
    answers(2, 500, "");
    for (int i = 0; i < 3; i++) {
      series.deliver();
    }
    assertEquals(uids, series.waiting());
    assertTrue(series.failures.get(0).contains("what can't be read"), series.failures.get(0));
    assertTrue(series.failures.get(1).contains("the answer has more than 1048576 bytes"), series.failures.get(1));
    assertTrue(series.failures.get(2).contains("HTTP 500"), series.failures.get(2));
    special.clear();
    series.deliverAfter(FIRST_RETRY);
    assertEquals(SeriesState.DONE, series.state());
  }

  @Test
  void aServerThatServesNobodyIsLeftAloneForAWhile() throws Exception {
    List<String> elsewhere = new CopyOnWriteArrayList<>();
    server.createContext("/elsewhere", exchange -> elsewhere.add(exchange.getRequestMethod()));
    special.put(
        uids.get(0),
        (exchange, uid) -> {
          exchange.getResponseHeaders().set("Location", "/elsewhere");
          answer(exchange, 307, "");
        });
    Duration wait = FIRST_RETRY;
    for (int code : new int[] {307, 401, 403, 404, 503}) {
      if (code != 307) {
        answers(0, code, "");
      }
      int before = requests.size();
      series.deliver();
      series.deliver();
      assertEquals(before + 1, requests.size(), "all wait together after " + code);
      assertTrue(series.failures.get(series.failures.size() - 1).contains("HTTP " + code), series.failures.toString());
      assertEquals(uids, series.waiting());
      series.clock.advance(Duration.ofMinutes(1));
    }
    assertEquals(List.of(), elsewhere, "no redirection is followed");
    server.stop(0);
    series.deliver();
    String last = series.failures.get(series.failures.size() - 1);
    assertTrue(last.contains("no connection"), last);
    assertEquals(uids, series.waiting());
  }

  @Test
  void theWaitForSuchAServerDoubles() throws Exception {
    answers(0, 503, "");
    series.deliver();
    for (int expected : new int[] {2, 2, 3}) {
      series.deliverAfter(FIRST_RETRY);
      assertEquals(expected, requests.size());
    }
    special.clear();
    series.deliverAfter(FIRST_RETRY.multipliedBy(3));
    assertEquals(SeriesState.DONE, series.state());
  }

  @Test
  void aServerThatNeverAnswersIsGivenUp() throws Exception {
    deliverTo(Optional.empty(), Duration.ofMillis(300));
    special.put(
        uids.get(0),
        (exchange, uid) -> {
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    series.deliver();
    assertTrue(series.failures.get(0).contains("no answer within"), series.failures.get(0));
    assertEquals(uids, series.waiting());
  }

  @Test
  void theSecretIsReadForEachDelivery() throws Exception {
    Path file = Files.writeString(folder.resolve("secret"), "nmsw:s3cret\n");
    deliverTo(Optional.of(new HttpAuthorization(HttpAuthorization.Scheme.BASIC, file)), Duration.ofSeconds(30));
    series.deliver();
    // RFC 7617: Base64 of user:password
    assertEquals("Basic bm1zdzpzM2NyZXQ=", requests.get(0).authorization());
    series.put(3);
    Files.writeString(file, "new:one");
    series.deliver();
    assertEquals("Basic bmV3Om9uZQ==", requests.get(3).authorization());

    Files.writeString(file, "abc.def");
    HttpAuthorization bearer = new HttpAuthorization(HttpAuthorization.Scheme.BEARER, file);
    assertEquals("Bearer abc.def", bearer.header());
    for (String wrong : List.of("", "two\nlines", "x".repeat(20_000))) {
      Files.writeString(file, wrong);
      IOException refused = assertThrows(IOException.class, bearer::header);
      assertTrue(refused.getMessage().contains(file.toString()) && !refused.getMessage().contains("lines"), wrong);
    }
    Files.writeString(file, "no password");
    assertThrows(IOException.class, () -> new HttpAuthorization(HttpAuthorization.Scheme.BASIC, file).header());
    assertTrue(!bearer.toString().contains("password"), bearer.toString());
  }
}
