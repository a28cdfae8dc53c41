package nmsw.scp.web;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import nmsw.dicom.Uid;
import nmsw.scp.config.TrendRules;

/** Every path of the API, as {@code openapi.yaml} describes them. */
final class Api {
  static final int MOST_ROWS = 200;

  private static final int MOST_COMMENT = 2000;

  /** Of a model, a version or an organ, as bundles have them. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.+-]{1,64}");

  private static final String SERIES = "/api/v1/series/{seriesUid}";
  private static final Set<String> STATES =
      Set.of("RECEIVING", "READY", "SEGMENTING", "RETURNING", "DONE", "REFUSED", "FAILED", "PARKED");

  private final Operations operations;
  private final Access access;
  private final AuditLog audit;
  private final Json json;

  /** What is done for one request. */
  interface Handler {
    void handle(Context context) throws IOException, Operations.Conflict;
  }

  /** @param path with {@code {name}} where a parameter stands */
  record Endpoint(HandlerType method, String path, Handler handler) {}

  Api(Operations operations, Access access, AuditLog audit, Json json) {
    this.operations = operations;
    this.access = access;
    this.audit = audit;
    this.json = json;
  }

  List<Endpoint> endpoints() {
    return List.of(
        get("/api/v1/session", context -> json.answer(context, access.session(context))),
        post("/api/v1/login", this::login),
        post("/api/v1/logout", this::logout),
        get("/api/v1/status", context -> json.answer(context, operations.status())),
        get("/api/v1/models", context -> json.answer(context, operations.models())),
        get("/api/v1/series", this::list),
        get(SERIES, this::details),
        get(SERIES + "/route", context -> json.answer(context, known(operations.explain(seriesUid(context))))),
        post(SERIES + "/retry", context -> change(context, operations::retry)),
        post(SERIES + "/send", context -> change(context, operations::send)),
        post(SERIES + "/rerun", this::rerun),
        get(SERIES + "/images/{image}", this::image),
        post(SERIES + "/review", this::review),
        post(SERIES + "/consent", this::consent),
        post(SERIES + "/withdraw", this::withdraw),
        get("/api/v1/candidates", context -> json.answer(context, operations.candidates())),
        get("/api/v1/trends", this::trends),
        get("/api/v1/verdicts", context -> json.answer(context, operations.verdicts())),
        post("/api/v1/queue/hold", context -> queue(context, operations::hold)),
        post("/api/v1/queue/resume", context -> queue(context, operations::resume)),
        get("/api/v1/openapi.yaml", Api::openApi),
        get("/metrics", this::metrics),
        get("/health/live", context -> context.result("live\n")),
        get("/health/ready", this::ready));
  }

  private static Endpoint get(String path, Handler handler) {
    return new Endpoint(HandlerType.GET, path, handler);
  }

  private static Endpoint post(String path, Handler handler) {
    return new Endpoint(HandlerType.POST, path, handler);
  }

  private void login(Context context) throws IOException {
    String token = Optional.ofNullable(json.read(context, ApiSchema.Login.class).token()).orElse("");
    try {
      access.login(context, token);
    } catch (HttpProblem e) {
      record(context, Map.of("refused", e.getMessage()));
      throw e;
    }
    record(context, Map.of());
    json.answer(context, access.session(context));
  }

  private void logout(Context context) throws IOException {
    record(context, Map.of());
    access.logout(context);
    json.answer(context, access.session(context));
  }

  private void list(Context context) throws IOException {
    String asked = Optional.ofNullable(context.queryParam("state")).orElse("");
    Set<String> states = Arrays.stream(asked.split(",")).filter(s -> !s.isEmpty()).collect(Collectors.toSet());
    if (!STATES.containsAll(states)) {
      throw new HttpProblem(HttpStatus.BAD_REQUEST, "state is one or more, with commas between, of " + STATES);
    }
    int limit = (int) number(context, "limit", 1, MOST_ROWS, 50);
    long offset = number(context, "offset", 0, Integer.MAX_VALUE, 0);
    json.answer(context, operations.series(states, limit, offset));
  }

  private void details(Context context) throws IOException {
    json.answer(context, known(operations.details(seriesUid(context), access.maySeePatients(context))));
  }

  private interface Change {
    void make(String seriesUid) throws IOException, Operations.Conflict;
  }

  private void change(Context context, Change change) throws IOException, Operations.Conflict {
    String seriesUid = seriesUid(context);
    known(operations.summary(seriesUid));
    record(context, Map.of());
    change.make(seriesUid);
    json.answer(context, known(operations.summary(seriesUid)));
  }

  private void rerun(Context context) throws IOException, Operations.Conflict {
    String seriesUid = seriesUid(context);
    String model = Optional.ofNullable(json.read(context, ApiSchema.Rerun.class).model()).orElse("");
    if (operations.models().stream().noneMatch(known -> known.name().equals(model))) {
      throw new HttpProblem(HttpStatus.BAD_REQUEST, "there is no such model; GET /api/v1/models lists those there are");
    }
    known(operations.summary(seriesUid));
    record(context, Map.of("model", model));
    operations.rerun(seriesUid, model);
    json.answer(context, known(operations.summary(seriesUid)));
  }

  private void image(Context context) throws IOException, Operations.Conflict {
    String name = context.pathParam("image");
    if (!Operations.IMAGES.contains(name)) {
      throw new HttpProblem(HttpStatus.NOT_FOUND, "there is no such image; there are " + Operations.IMAGES);
    }
    InputStream image =
        operations
            .image(seriesUid(context), name)
            .orElseThrow(() -> new HttpProblem(HttpStatus.NOT_FOUND, "this series has no result with images"));
    context.contentType("application/octet-stream").result(image);
  }

  private void review(Context context) throws IOException, Operations.Conflict {
    String seriesUid = seriesUid(context);
    ApiSchema.Review review = json.read(context, ApiSchema.Review.class);
    String comment = Optional.ofNullable(review.comment()).orElse("");
    if (review.accepted() == null || comment.length() > MOST_COMMENT) {
      throw new HttpProblem(
          HttpStatus.BAD_REQUEST, "a review says whether the result is accepted, in at most " + MOST_COMMENT + " characters");
    }
    known(operations.summary(seriesUid));
    Map<String, Object> said = new LinkedHashMap<>(Map.of("accepted", review.accepted()));
    Optional<Boolean> consent = Optional.ofNullable(review.consent());
    consent.ifPresent(given -> said.put("consent", given));
    record(context, said);
    operations.review(seriesUid, access.who(context).orElse(""), review.accepted(), comment, consent);
    json.answer(context, known(operations.summary(seriesUid)));
  }

  private void consent(Context context) throws IOException {
    String seriesUid = seriesUid(context);
    Boolean consent = json.read(context, ApiSchema.Consent.class).consent();
    if (consent == null) {
      throw new HttpProblem(HttpStatus.BAD_REQUEST, "consent is true or false");
    }
    known(operations.summary(seriesUid));
    record(context, Map.of("consent", consent));
    operations.consent(seriesUid, access.who(context).orElse(""), consent);
    json.answer(context, known(operations.summary(seriesUid)));
  }

  /** Also of a series that is not here any more: it can still be in the folder. */
  private void withdraw(Context context) throws IOException, Operations.Conflict {
    record(context, Map.of());
    operations.withdraw(seriesUid(context), access.who(context).orElse(""));
    json.answer(context, operations.candidates());
  }

  private void trends(Context context) throws IOException {
    Optional<String> model = name(context, "model");
    Optional<String> version = name(context, "version");
    if (model.isPresent() != version.isPresent()) {
      throw new HttpProblem(HttpStatus.BAD_REQUEST, "model and version go together");
    }
    int days = (int) number(context, "days", 1, TrendRules.MOST_DAYS, 90);
    ApiSchema.Trends found =
        operations
            .trends(model, version, name(context, "organ"), days)
            .orElseThrow(() -> new HttpProblem(HttpStatus.NOT_FOUND, "there is no such result in these days"));
    json.answer(context, found);
  }

  /** Empty if it is not there. */
  private static Optional<String> name(Context context, String parameter) {
    Optional<String> name = Optional.ofNullable(context.queryParam(parameter));
    if (name.isPresent() && !NAME.matcher(name.get()).matches()) {
      throw new HttpProblem(HttpStatus.BAD_REQUEST, parameter + " must be 1 to 64 letters, digits or _ . + -");
    }
    return name;
  }

  private interface QueueChange {
    void make() throws IOException;
  }

  private void queue(Context context, QueueChange change) throws IOException {
    record(context, Map.of());
    change.make();
    json.answer(context, operations.status());
  }

  private static void openApi(Context context) {
    context.contentType("application/yaml").result(Api.class.getResourceAsStream("openapi.yaml"));
  }

  private void metrics(Context context) {
    context.contentType("text/plain; version=0.0.4; charset=utf-8").result(operations.metrics());
  }

  private void ready(Context context) {
    List<String> obstacles = operations.obstacles();
    if (obstacles.isEmpty()) {
      context.result("ready\n");
    } else {
      String words = access.mayLook(context) ? String.join("\n", obstacles) : "not ready; who is logged in is told why";
      context.status(HttpStatus.SERVICE_UNAVAILABLE).result(words + "\n");
    }
  }

  private void record(Context context, Map<String, ?> details) throws IOException {
    audit.write(access.who(context).orElse(""), context.ip(), context.method() + " " + context.path(), details);
  }

  private static <T> T known(Optional<T> found) {
    return found.orElseThrow(() -> new HttpProblem(HttpStatus.NOT_FOUND, "this series is not known here"));
  }

  private static String seriesUid(Context context) {
    String uid = context.pathParam("seriesUid");
    if (!Uid.isValid(uid)) {
      throw new HttpProblem(HttpStatus.BAD_REQUEST, "this is not a UID");
    }
    return uid;
  }

  private static long number(Context context, String name, long least, long most, long fallback) {
    String text = context.queryParam(name);
    if (text == null) {
      return fallback;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Falls through to the message.
    }
    throw new HttpProblem(HttpStatus.BAD_REQUEST, name + " must be a whole number from " + least + " to " + most);
  }
}
