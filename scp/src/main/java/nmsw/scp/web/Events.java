package nmsw.scp.web;

import io.javalin.http.sse.SseClient;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger LOG = LoggerFactory.getLogger(Events.class);

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

  /** Serves one page until it is closed. */
  void serve(SseClient client) {
    Listener listener = new Listener();
    synchronized (listeners) {
      if (listeners.size() >= MOST_CLIENTS) {
        client.sendEvent("full", "too many pages are open");
        return;
      }
      listeners.add(listener);
    }
    try {
      String lastStatus = "";
      for (long ms = 0; !client.terminated() && !closed; ms += LOOK_MS) {
        for (String seriesUid : listener.take()) {
          Optional<ApiSchema.SeriesSummary> series = operations.summary(seriesUid);
          if (series.isPresent()) {
            client.sendEvent("series", json.write(series.get()));
          }
        }
        if (ms % STATUS_MS == 0) {
          String status = json.write(operations.status());
          if (status.equals(lastStatus)) {
            // Shows whether the page is still there.
            client.sendComment("nothing new");
          } else {
            client.sendEvent("status", status);
            lastStatus = status;
          }
        }
        listener.sleep();
      }
    } catch (IOException e) {
      LOG.warn("a page is told nothing more: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      listeners.remove(listener);
    }
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
