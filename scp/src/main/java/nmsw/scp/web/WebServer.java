package nmsw.scp.web;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.router.Endpoint;
import io.javalin.util.JavalinException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import nmsw.scp.config.WebSettings;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The page, the API, and health and metrics for machines, over HTTP or HTTPS. */
public final class WebServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebServer.class);
  private static final long MAX_REQUEST = 64 << 10;
  private static final String CONTENT_SECURITY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none';"
          + " form-action 'none'; frame-ancestors 'none'";

  private final Javalin server;
  private final AuditLog audit;
  private final Events events;

  private WebServer(Javalin server, AuditLog audit, Events events) {
    this.server = server;
    this.audit = audit;
    this.events = events;
  }

  /**
   * @param tls makes the server's end of a connection by HTTPS, where the settings want that
   * @param auditFile gets a line for each change
   * @throws BindException if the port can't be listened on
   * @throws IOException if a file can't be used
   */
  public static WebServer start(
      WebSettings settings, Operations operations, Optional<Supplier<SSLEngine>> tls, Path auditFile, InstantSource clock)
      throws IOException {
    Json json = new Json();
    Access access = new Access(settings, clock);
    AuditLog audit = AuditLog.open(auditFile, clock);
    Events events = new Events(operations, json);
    Api api = new Api(operations, access, audit, json);
    Javalin server =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.http.maxRequestSize = MAX_REQUEST;
              config.http.prefer405over404 = true;
              config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
              tls.ifPresent(engines -> useTls(config, settings, engines));
              routes(config, settings, access, api, events, json);
            });
    try {
      server.start(settings.bind(), settings.port());
      return new WebServer(server, audit, events);
    } catch (JavalinException e) {
      server.stop();
      audit.close();
      BindException failure =
          new BindException("cannot listen on " + settings.bind() + ":" + settings.port() + ": " + e.getMessage());
      failure.initCause(e);
      throw failure;
    }
  }

  public int port() {
    return server.port();
  }

  /** Tells open pages that a series is not as it was. Returns at once. */
  public void changed(String seriesUid) {
    events.changed(seriesUid);
  }

  @Override
  public void close() throws IOException {
    events.close();
    server.stop();
    audit.close();
  }

  private static void routes(
      JavalinConfig config, WebSettings settings, Access access, Api api, Events events, Json json) {
    config.routes.before(
        context -> {
          protect(context, settings);
          access.check(context);
        });
    for (Api.Endpoint endpoint : api.endpoints()) {
      config.routes.addEndpoint(
          Endpoint.create(endpoint.method(), endpoint.path()).handler(context -> endpoint.handler().handle(context)));
    }
    config.routes.get("/api/v1/events", events::serve);
    config.routes.get("/", Page::serve);
    config.routes.get("/<file>", Page::serve);
    config.routes.exception(
        HttpProblem.class, (problem, context) -> answer(context, json, problem.status(), problem.getMessage()));
    config.routes.exception(
        Operations.Conflict.class,
        (conflict, context) -> answer(context, json, HttpStatus.CONFLICT, conflict.getMessage()));
    config.routes.exception(
        IOException.class,
        (failure, context) -> {
          LOG.warn("{} {} failed", context.method(), context.path(), failure);
          answer(context, json, HttpStatus.INTERNAL_SERVER_ERROR, "this failed inside the node; its log says why");
        });
  }

  private static void protect(Context context, WebSettings settings) {
    context.header("Content-Security-Policy", CONTENT_SECURITY);
    context.header("X-Content-Type-Options", "nosniff");
    context.header("X-Frame-Options", "DENY");
    context.header("Referrer-Policy", "no-referrer");
    context.header("Cross-Origin-Opener-Policy", "same-origin");
    context.header("Cross-Origin-Resource-Policy", "same-origin");
    context.header("Cache-Control", "no-store");
    if (settings.tls()) {
      context.header("Strict-Transport-Security", "max-age=31536000");
    }
  }

  private static void answer(Context context, Json json, HttpStatus status, String words) {
    context.status(status);
    json.answer(context, new ApiSchema.Problem(words));
  }

  private static void useTls(JavalinConfig config, WebSettings settings, Supplier<SSLEngine> engines) {
    config.jetty.addConnector(
        (server, plain) -> {
          HttpConfiguration secure = new HttpConfiguration(plain);
          // Whether the name is ours is for Access to say; the certificate may be for others too.
          secure.addCustomizer(new SecureRequestCustomizer(false));
          ServerConnector connector =
              new ServerConnector(
                  server,
                  new SslConnectionFactory(new Engines(engines), "http/1.1"),
                  new HttpConnectionFactory(secure));
          connector.setHost(settings.bind());
          connector.setPort(settings.port());
          return connector;
        });
  }

  /** The node's own TLS, which reads replaced files, in place of Jetty's. */
  private static final class Engines extends SslContextFactory.Server {
    private final Supplier<SSLEngine> engines;

    Engines(Supplier<SSLEngine> engines) {
      this.engines = engines;
      try {
        // Not used: Jetty wants one before it starts.
        setSslContext(SSLContext.getDefault());
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JRE has TLS", e);
      }
    }

    @Override
    public SSLEngine newSSLEngine() {
      return engines.get();
    }

    @Override
    public SSLEngine newSSLEngine(String host, int port) {
      return engines.get();
    }

    @Override
    public SSLEngine newSSLEngine(InetSocketAddress address) {
      return engines.get();
    }
  }
}
