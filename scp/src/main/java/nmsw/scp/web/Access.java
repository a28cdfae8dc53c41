package nmsw.scp.web;

import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import io.javalin.http.SameSite;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import nmsw.scp.config.WebSettings;

/**
 * Who may do what. On loopback everybody may look; everything else needs a login: a token sent with each request
 * (Authorization: Bearer), or a session that a token opened, kept in a cookie.
 *
 * <p>Against other sites that the same browser has open: the cookie is not sent with what they start (SameSite), a request
 * with the cookie changes nothing unless it has a header that they can't set, and a name that they made point here (DNS
 * rebinding) is not answered to.
 */
final class Access {
  /** Says that the page's own code asks, not a form of another site. */
  static final String OWN_HEADER = "X-NMSW";

  private static final String COOKIE = "nmsw-session";
  private static final String BEARER = "Bearer ";
  private static final String WHO = "nmsw.who";
  private static final Pattern ADDRESS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]+]");
  private static final Set<String> FOR_ALL = Set.of("/health/live", "/health/ready", "/api/v1/session", "/api/v1/login");

  private final WebSettings settings;
  private final Optional<Tokens> tokens;
  private final Sessions sessions;
  private final LoginLimit limit;

  Access(WebSettings settings, InstantSource clock) throws IOException {
    this.settings = settings;
    tokens = settings.tokenFile().isPresent() ? Optional.of(Tokens.open(settings.tokenFile().get())) : Optional.empty();
    sessions = new Sessions(clock);
    limit = new LoginLimit(clock);
  }

  /** Lets a request pass or throws {@link HttpProblem}. */
  void check(Context context) throws IOException {
    requireKnownHost(context);
    Optional<String> who = authenticated(context);
    who.ifPresent(name -> context.attribute(WHO, name));
    boolean looks = context.method() == HandlerType.GET || context.method() == HandlerType.HEAD;
    boolean forAll = FOR_ALL.contains(context.path()) || looks && Page.isPath(context.path());
    if (!looks) {
      requireOwn(context);
    }
    if (forAll || who.isPresent() || looks && mayLook(context)) {
      return;
    }
    if (tokens.isEmpty()) {
      throw new HttpProblem(
          HttpStatus.FORBIDDEN, "nobody can log in: name a file of tokens in the configuration (web.tokenFile)");
    }
    throw new HttpProblem(HttpStatus.UNAUTHORIZED, "log in first");
  }

  /** Whether the answer may tell of the node's inside. */
  boolean mayLook(Context context) {
    return !settings.isOpen() || who(context).isPresent();
  }

  /** Whether the answer may tell who the patient is. */
  boolean maySeePatients(Context context) {
    return settings.patientNames() && who(context).isPresent();
  }

  /** Who is logged in. */
  Optional<String> who(Context context) {
    return Optional.ofNullable(context.attribute(WHO));
  }

  ApiSchema.Session session(Context context) {
    return new ApiSchema.Session(who(context).orElse(null), tokens.isPresent(), maySeePatients(context));
  }

  /** Opens a session. */
  void login(Context context, String token) throws IOException {
    context.attribute(WHO, checked(context, token));
    Cookie cookie = cookie(sessions.open(who(context).orElseThrow()));
    cookie.setMaxAge((int) Sessions.IDLE.toSeconds());
    context.cookie(cookie);
  }

  void logout(Context context) {
    Optional.ofNullable(context.cookie(COOKIE)).ifPresent(sessions::close);
    Cookie cookie = cookie("");
    cookie.setMaxAge(0);
    context.cookie(cookie);
    context.attribute(WHO, null);
  }

  private Cookie cookie(String value) {
    Cookie cookie = new Cookie(COOKIE, value);
    cookie.setPath("/");
    cookie.setHttpOnly(true);
    cookie.setSecure(settings.tls());
    cookie.setSameSite(SameSite.STRICT);
    return cookie;
  }

  private Optional<String> authenticated(Context context) throws IOException {
    String authorization = context.header("Authorization");
    if (authorization != null && authorization.startsWith(BEARER)) {
      return Optional.of(checked(context, authorization.substring(BEARER.length()).strip()));
    }
    return Optional.ofNullable(context.cookie(COOKIE)).flatMap(sessions::nameOf);
  }

  /** Whose token this is. */
  private String checked(Context context, String token) throws IOException {
    String address = context.ip();
    if (!limit.mayTry(address)) {
      context.header("Retry-After", Long.toString(LoginLimit.WAIT.toSeconds()));
      throw new HttpProblem(
          HttpStatus.TOO_MANY_REQUESTS, "too many logins failed; wait " + LoginLimit.WAIT.toSeconds() + " s");
    }
    Optional<String> name = tokens.isPresent() ? tokens.get().nameOf(token) : Optional.empty();
    if (name.isEmpty()) {
      throw new HttpProblem(HttpStatus.UNAUTHORIZED, "this token is not known");
    }
    limit.succeeded(address);
    return name.get();
  }

  private void requireKnownHost(Context context) {
    String host = Optional.ofNullable(context.header("Host")).orElse("").toLowerCase(Locale.ROOT);
    String name = host.replaceFirst(":\\d{1,5}$", "");
    if (!name.equals("localhost") && !ADDRESS.matcher(name).matches() && !settings.hosts().contains(name)) {
      throw new HttpProblem(
          HttpStatus.MISDIRECTED_REQUEST,
          "this node is not asked for under that name; if it should be, add it to web.hosts of the configuration");
    }
  }

  private static void requireOwn(Context context) {
    String site = context.header("Sec-Fetch-Site");
    boolean foreign = site != null && !site.equals("same-origin") && !site.equals("none");
    boolean byCookie = context.header("Authorization") == null;
    if (foreign || byCookie && context.header(OWN_HEADER) == null) {
      throw new HttpProblem(
          HttpStatus.FORBIDDEN, "a change needs the header " + OWN_HEADER + " or Authorization, and no other site as its origin");
    }
  }
}
