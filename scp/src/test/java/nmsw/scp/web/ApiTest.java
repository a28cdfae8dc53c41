package nmsw.scp.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import nmsw.scp.config.WebSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who may do what, and that the description of the API is true. */
class ApiTest {
  private static final String TOKEN = "correct-horse-battery-staple";
  private static final String HOLD = "/api/v1/queue/hold";

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-03-01T12:00:00Z"));
  private WebServer server;

  @BeforeEach
  void start() throws Exception {
    server = start("127.0.0.1");
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private WebServer start(String bind) throws Exception {
    Path tokens = folder.resolve("tokens");
    if (!Files.exists(tokens)) {
      Files.createFile(tokens, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
      Files.writeString(tokens, "anna " + TOKEN + "\n");
    }
    WebSettings settings = new WebSettings(bind, 0, Optional.of(tokens), Set.of("ct.example"), false, false);
    return WebServer.start(settings, operations(), Optional.empty(), folder.resolve("audit.log"), now::get);
  }

  /** A node that has nothing to show and nothing to do. */
  private static Operations operations() {
    return (Operations)
        Proxy.newProxyInstance(
            Operations.class.getClassLoader(),
            new Class<?>[] {Operations.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "models", "obstacles" -> List.of();
                  case "metrics" -> "nmsw_series 0\n";
                  case "summary", "details", "explain", "trends" -> Optional.empty();
                  default -> null;
                });
  }

  @Test
  void theDescriptionNamesEveryPath() throws IOException {
    Api api = new Api(operations(), null, null, null);
    Set<String> served =
        api.endpoints().stream()
            .map(endpoint -> endpoint.method().name().toLowerCase(Locale.ROOT) + " " + endpoint.path())
            .collect(Collectors.toCollection(TreeSet::new));
    served.add("get /api/v1/events");
    Set<String> described = new TreeSet<>();
    description()
        .at("/paths")
        .properties()
                .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        method -> {
                          if (!method.equals("parameters")) {
                            described.add(method + " " + path.getKey());
                          }
                        }));
    assertEquals(served, described);
  }

  @Test
  void theDescriptionHasEverySchema() throws IOException {
    TreeMap<String, TreeMap<String, String>> spoken = new TreeMap<>();
    for (Class<?> schema : ApiSchema.class.getDeclaredClasses()) {
      TreeMap<String, String> properties = new TreeMap<>();
      for (RecordComponent component : schema.getRecordComponents()) {
        properties.put(component.getName(), type(component.getType()));
      }
      spoken.put(schema.getSimpleName(), properties);
    }
    TreeMap<String, TreeMap<String, String>> described = new TreeMap<>();
    description()
        .at("/components/schemas")
        .properties()
        .forEach(
            schema -> {
              TreeMap<String, String> properties = new TreeMap<>();
              schema
                  .getValue()
                  .at("/properties")
                  .properties()
                  .forEach(property -> properties.put(property.getKey(), type(property.getValue())));
              described.put(schema.getKey(), properties);
            });
    assertEquals(spoken, described);
  }

  private static String type(Class<?> java) {
    if (java == String.class || java == Instant.class) {
      return "string";
    }
    if (java == boolean.class || java == Boolean.class) {
      return "boolean";
    }
    if (java == double.class || java == Double.class) {
      return "number";
    }
    if (java.isPrimitive() || Number.class.isAssignableFrom(java)) {
      return "integer";
    }
    if (List.class.isAssignableFrom(java)) {
      return "array";
    }
    return java.isRecord() ? java.getSimpleName() : "object";
  }

  private static String type(JsonNode schema) {
    String reference = schema.path("$ref").asText();
    return reference.isEmpty() ? schema.path("type").asText() : reference.substring(reference.lastIndexOf('/') + 1);
  }

  private static JsonNode description() throws IOException {
    try (InputStream in = Api.class.getResourceAsStream("openapi.yaml")) {
      return new YAMLMapper().readTree(in);
    }
  }

  @Test
  void onLoopbackEverybodyLooksAndNobodyChanges() throws Exception {
    assertEquals(200, get("/api/v1/models").statusCode());
    assertEquals(200, get("/metrics").statusCode());
    assertEquals(401, post(HOLD, "", Access.OWN_HEADER, "1").statusCode());
    assertEquals(401, post(HOLD, "", "Authorization", "Bearer wrong").statusCode());
    assertEquals(200, post(HOLD, "", "Authorization", "Bearer " + TOKEN).statusCode());
  }

  @Test
  void whatOthersCanReachIsShownAfterLoginOnly() throws Exception {
    server.close();
    server = start("0.0.0.0");
    for (String path : List.of("/api/v1/models", "/api/v1/events", "/metrics", "/api/v1/openapi.yaml", "/nothing")) {
      assertEquals(401, get(path).statusCode(), path);
    }
    for (String path : List.of("/", "/style.css", "/health/live", "/health/ready", "/api/v1/session")) {
      assertEquals(200, get(path).statusCode(), path);
    }
    assertEquals(200, get("/metrics", "Authorization", "Bearer " + TOKEN).statusCode());
  }

  @Test
  void aSessionChangesThingsFromItsOwnPageOnly() throws Exception {
    HttpResponse<String> login = login(TOKEN);
    assertEquals(200, login.statusCode(), login.body());
    assertEquals("{\"name\":\"anna\",\"loginPossible\":true,\"patientNames\":false}", login.body());
    String set = login.headers().firstValue("Set-Cookie").orElseThrow();
    assertTrue(set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains("Path=/"), set);
    String cookie = set.substring(0, set.indexOf(';'));

    assertEquals(403, post(HOLD, "", "Cookie", cookie).statusCode());
    assertEquals(
        403, post(HOLD, "", "Cookie", cookie, Access.OWN_HEADER, "1", "Sec-Fetch-Site", "cross-site").statusCode());
    assertEquals(200, post(HOLD, "", "Cookie", cookie, Access.OWN_HEADER, "1").statusCode());

    now.set(now.get().plus(Sessions.IDLE).plusSeconds(1));
    assertEquals(401, post(HOLD, "", "Cookie", cookie, Access.OWN_HEADER, "1").statusCode());
  }

  @Test
  void aSessionEndsWithLogout() throws Exception {
    String set = login(TOKEN).headers().firstValue("Set-Cookie").orElseThrow();
    String cookie = set.substring(0, set.indexOf(';'));
    assertEquals(200, post("/api/v1/logout", "", "Cookie", cookie, Access.OWN_HEADER, "1").statusCode());
    assertEquals(401, post(HOLD, "", "Cookie", cookie, Access.OWN_HEADER, "1").statusCode());
  }

  @Test
  void whoGuessesTokensWaits() throws Exception {
    for (int i = 0; i < LoginLimit.TRIES; i++) {
      assertEquals(401, login("guess " + i).statusCode());
    }
    HttpResponse<String> held = login(TOKEN);
    assertEquals(429, held.statusCode());
    assertEquals("60", held.headers().firstValue("Retry-After").orElseThrow());
    now.set(now.get().plus(LoginLimit.WAIT));
    assertEquals(200, login(TOKEN).statusCode());
  }

  @Test
  void aTokenThatWasTakenOutCountsNoMore() throws Exception {
    Files.writeString(folder.resolve("tokens"), "anna another-token-that-is-long-enough\n");
    assertEquals(401, login(TOKEN).statusCode());
  }

  @Test
  void tokensThatEverybodyCanReadOrThatAreShortAreRefused() throws Exception {
    Path tokens = folder.resolve("tokens");
    Files.writeString(tokens, "anna short\n");
    assertTrue(assertThrows(IOException.class, () -> Tokens.open(tokens)).getMessage().contains("line 1"));
    Files.writeString(tokens, "\n");
    assertTrue(assertThrows(IOException.class, () -> Tokens.open(tokens)).getMessage().contains("holds no token"));
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-r--r--"));
    assertTrue(assertThrows(IOException.class, () -> Tokens.open(tokens)).getMessage().contains("chmod"));
  }

  @Test
  void aNameThatIsNotOursIsNotAnsweredTo() throws Exception {
    assertEquals(421, statusFor("evil.example"));
    assertEquals(421, statusFor("localhost.evil.example:80"));
    assertEquals(200, statusFor("ct.example:11180"));
    assertEquals(200, statusFor("[::1]:11180"));
    assertEquals(200, statusFor("LOCALHOST"));
  }

  /** Of a request with this Host header, which the client does not let us set. */
  private int statusFor(String host) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          ("GET /api/v1/models HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return Integer.parseInt(answer.substring(9, 12));
    }
  }

  @Test
  void everyAnswerIsProtected() throws Exception {
    for (String path : List.of("/", "/style.css", "/api/v1/models", "/api/v1/series/1.2.3", "/nothing")) {
      HttpResponse<String> answer = get(path);
      String policy = answer.headers().firstValue("Content-Security-Policy").orElse("");
      assertTrue(policy.contains("frame-ancestors 'none'"), path);
      assertFalse(policy.contains("unsafe-inline"), path);
      assertEquals("nosniff", answer.headers().firstValue("X-Content-Type-Options").orElse(""), path);
      assertTrue(answer.headers().firstValue("Server").isEmpty(), path);
    }
  }

  @Test
  @Timeout(60)
  void pagesThatWereClosedMakeRoomForOthers() throws Exception {
    List<Socket> pages = new ArrayList<>();
    for (int i = 0; i < Events.MOST_CLIENTS; i++) {
      pages.add(new Socket("127.0.0.1", server.port()));
      assertEquals("HTTP/1.1 200 OK", listen(pages.get(i)));
    }
    try (Socket more = new Socket("127.0.0.1", server.port())) {
      assertEquals("HTTP/1.1 503 Service Unavailable", listen(more));
    }
    for (Socket page : pages) {
      page.close();
    }
    String answer = "";
    while (!answer.equals("HTTP/1.1 200 OK")) {
      try (Socket page = new Socket("127.0.0.1", server.port())) {
        answer = listen(page);
      }
    }
  }

  /** The first line of the answer to a page that wants to be told. */
  private static String listen(Socket page) throws IOException {
    page.getOutputStream()
        .write("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    return new BufferedReader(new InputStreamReader(page.getInputStream(), StandardCharsets.UTF_8)).readLine();
  }

  @Test
  void whatMakesNoSenseIsRefused() throws Exception {
    assertEquals(404, get("/nothing").statusCode());
    assertEquals(400, get("/../../etc/passwd").statusCode());
    assertEquals(404, get("/api/v1/series/1.2.3").statusCode());
    assertEquals(400, get("/api/v1/series/a%20b").statusCode());
    assertEquals(400, get("/api/v1/series?state=GONE").statusCode());
    assertEquals(400, get("/api/v1/series?limit=201").statusCode());
    assertEquals(400, get("/api/v1/series?offset=-1").statusCode());
    for (String query :
        List.of(
            "days=0", "days=401", "days=many", "model=a", "version=1", "model=a&version=", "model=a&version=%3Cb%3E",
            "organ=" + "x".repeat(65), "organ=a'b")) {
      assertEquals(400, get("/api/v1/trends?" + query).statusCode(), query);
    }
    assertEquals(404, get("/api/v1/trends?model=a&version=1&organ=liver&days=400").statusCode());
    String login = "/api/v1/login";
    assertEquals(400, post(login, "{\"token\": [", "Content-Type", "application/json").statusCode());
    assertEquals(400, post(login, "null", "Content-Type", "application/json").statusCode());
    assertEquals(415, post(login, "token=x", "Content-Type", "application/x-www-form-urlencoded").statusCode());
    String large = "{\"token\": \"" + "x".repeat(100_000) + "\"}";
    assertEquals(413, post(login, large, "Content-Type", "application/json").statusCode());
    assertEquals(405, post("/api/v1/models", "", "Authorization", "Bearer " + TOKEN).statusCode());
  }

  private HttpResponse<String> login(String token) throws Exception {
    return post("/api/v1/login", "{\"token\": \"" + token + "\"}", "Content-Type", "application/json");
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    return send(request(path), headers);
  }

  /** Of our own page, unless the headers say who asks. */
  private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request = request(path).POST(BodyPublishers.ofString(body));
    if (path.endsWith("/login")) {
      request.header(Access.OWN_HEADER, "1");
    }
    return send(request, headers);
  }

  private HttpResponse<String> send(HttpRequest.Builder request, String... headers) throws Exception {
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.timeout(Duration.ofSeconds(20)).build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }
}
