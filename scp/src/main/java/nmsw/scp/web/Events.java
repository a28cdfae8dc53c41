package nmsw.scp.web;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;

/**
 * Tells open pages what changed (Server-Sent Events): {@code series} with a series as in the list, {@code status} with the
 * node as a whole. Many changes of one series between two looks are one event; a page that is slow delays no other, and
 * nothing of the node.
 */
final class Events implements AutoCloseable {
  static final int MOST_CLIENTS = 32;
  private static final int MOST_PENDING = 10_000;
  private static final long LOOK_MS = 200;
  private static final long STATUS_MS = 2000;

  private final Operations operations;
  private final Json json;
  private final Set<Listener> listeners = new CopyOnWriteArraySet<>();
  private volatile boolean closed;

  Events(Operations operations, Json json) {
    this.operations = operations;
    this.json = json;
  }

  /** A series is not as it was. Returns at once. */
  void changed(String seriesUid) {
    listeners.forEach(listener -> listener.add(seriesUid));
  }

  /** Serves one page until it is closed, on the request's own thread. */
  void serve(Context context) throws IOException {
    Listener listener = new Listener();
    synchronized (listeners) {
      if (listeners.size() >= MOST_CLIENTS) {
        throw new HttpProblem(HttpStatus.SERVICE_UNAVAILABLE, "too many pages are open");
      }
      listeners.add(listener);
    }
    try {
      context.res().setContentType("text/event-stream");
      context.res().setCharacterEncoding(StandardCharsets.UTF_8.name());
      tell(listener, context.res().getOutputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      listeners.remove(listener);
    }
  }

  private void tell(Listener listener, OutputStream page) throws IOException, InterruptedException {
    String lastStatus = "";
    for (long ms = 0; !closed; ms += LOOK_MS) {
      StringBuilder news = new StringBuilder();
      for (String seriesUid : listener.take()) {
        operations.summary(seriesUid).ifPresent(series -> news.append(event("series", json.write(series))));
      }
      if (ms % STATUS_MS == 0) {
        String status = json.write(operations.status());
        // A comment where nothing is new: whether the page is still there shows when it is written to.
        news.append(status.equals(lastStatus) ? ":\n\n" : event("status", status));
        lastStatus = status;
      }
      if (!news.isEmpty()) {
        try {
          page.write(news.toString().getBytes(StandardCharsets.UTF_8));
          page.flush();
        } catch (IOException e) {
          // The page was closed.
          return;
        }
      }
      listener.sleep();
    }
  }

  /** JSON has no line breaks but escaped ones. */
  private static String event(String name, String json) {
    return "event: " + name + "\ndata: " + json + "\n\n";
  }

  @Override
  public void close() {
    closed = true;
    listeners.forEach(Listener::wake);
  }

  private final class Listener {
    private final Set<String> pending = new LinkedHashSet<>();

    synchronized void add(String seriesUid) {
      if (pending.size() < MOST_PENDING) {
        pending.add(seriesUid);
      }
    }

    synchronized Set<String> take() {
      Set<String> taken = new LinkedHashSet<>(pending);
      pending.clear();
      return taken;
    }

    synchronized void sleep() throws InterruptedException {
      if (!closed) {
        wait(LOOK_MS);
      }
    }

    synchronized void wake() {
      notifyAll();
    }
  }
}
