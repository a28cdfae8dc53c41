package nmsw.scp.web;

import io.javalin.Javalin;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.util.JavalinException;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/** What the node shows over HTTP: whether it lives, whether it is ready, and its metrics. */
public final class WebServer implements AutoCloseable {
  private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private final Javalin server;

  private WebServer(Javalin server) {
    this.server = server;
  }

  /**
   * @param readiness what keeps the node from its work just now, in words; empty when it is ready
   * @param metrics in Prometheus' text format
   * @throws IOException if the port can't be listened on
   */
  public static WebServer start(
      String bind, int port, Supplier<List<String>> readiness, Supplier<String> metrics) throws IOException {
    Javalin server =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.routes.get("/health/live", context -> context.result("live\n"));
              config.routes.get("/health/ready", context -> ready(context, readiness.get()));
              config.routes.get("/metrics", context -> context.contentType(PROMETHEUS_TEXT).result(metrics.get()));
            });
    try {
      return new WebServer(server.start(bind, port));
    } catch (JavalinException e) {
      server.stop();
      throw new IOException("web: cannot listen on " + bind + ":" + port + ": " + e.getMessage(), e);
    }
  }

  public int port() {
    return server.port();
  }

  private static void ready(Context context, List<String> obstacles) {
    if (obstacles.isEmpty()) {
      context.result("ready\n");
    } else {
      context.status(HttpStatus.SERVICE_UNAVAILABLE).result(String.join("\n", obstacles) + "\n");
    }
  }

  @Override
  public void close() {
    server.stop();
  }
}
