package nmsw.scp;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.DicomException;
import nmsw.dicom.net.AssociationAborted;
import nmsw.dicom.net.AssociationRejected;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what is in the outbox, each destination on its own thread so that one that is down holds up no other, and all
 * that is due there over one association. What is not accepted stays and is tried again, after a wait that doubles up
 * to a limit, and holds up nothing else: where it costs the association, the rest goes over the next one. A series is
 * DONE when nothing of it is left in the outbox.
 */
final class Deliverer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Deliverer.class);
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final Duration CLOSE = Duration.ofSeconds(5);

  /** Opens associations with destinations. */
  interface Sender {
    /**
     * @throws IOException if there is no association to be had
     */
    Delivery open(RemoteAe remote) throws IOException;
  }

  /** One association with a destination. */
  interface Delivery extends AutoCloseable {
    /**
     * Sends one Part 10 file.
     *
     * @return what the destination answered
     * @throws AssociationAborted if the association was lost meanwhile
     * @throws AssociationRejected if it was lost before, and the destination refuses another
     * @throws DicomException if this file can't be sent to the destination; others may be
     * @throws IOException if it can't be read, or there is no association any more
     */
    Status store(Path file) throws IOException;

    /** Releases the association. */
    @Override
    void close();
  }

  private record Attempts(int failed, Instant next) {}

  private final Outbox outbox;
  private final SeriesTable table;
  private final Map<String, RemoteAe> destinations;
  private final DeliveryConfig rules;
  private final Sender sender;
  private final InstantSource clock;
  private final NodeListener listener;
  private final Map<String, Attempts> attempts = new ConcurrentHashMap<>();
  private final List<ScheduledExecutorService> threads = new ArrayList<>();
  private volatile boolean closed;

  Deliverer(
      Outbox outbox,
      SeriesTable table,
      Map<String, RemoteAe> destinations,
      DeliveryConfig rules,
      Sender sender,
      InstantSource clock,
      NodeListener listener) {
    this.outbox = outbox;
    this.table = table;
    this.destinations = destinations;
    this.rules = rules;
    this.sender = sender;
    this.clock = clock;
    this.listener = listener;
  }

  /** Starts one thread per destination. */
  void start() {
    for (Outbox.Entry entry : outbox.entries()) {
      if (!destinations.containsKey(entry.destination())) {
        LOG.warn(
            "series {} has a result for {}, which is no longer a destination; it stays in the outbox",
            entry.seriesUid(),
            entry.destination());
      }
    }
    for (String destination : destinations.keySet()) {
      ScheduledExecutorService thread =
          Executors.newSingleThreadScheduledExecutor(
              task -> new Thread(task, "nmsw-deliver-" + destination));
      thread.scheduleWithFixedDelay(
          () -> guarded(destination), 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
      threads.add(thread);
    }
  }

  /**
   * One try for every entry of the destination that is due, over one association; where it breaks, those that come after
   * stay due.
   */
  void deliverDue(String destination) throws SQLException {
    List<Outbox.Entry> due =
        outbox.entries().stream().filter(entry -> entry.destination().equals(destination) && isDue(entry)).toList();
    if (due.isEmpty() || closed) {
      return;
    }
    RemoteAe remote = destinations.get(destination);
    Delivery delivery;
    try {
      delivery = sender.open(remote);
    } catch (IOException e) {
      due.forEach(entry -> failed(entry, remote, inWords(e)));
      return;
    }
    try (delivery) {
      boolean more = true;
      for (int i = 0; more && i < due.size() && !closed; i++) {
        more = deliver(due.get(i), remote, delivery);
      }
    }
  }

  /** Ends a series that is RETURNING and has nothing left in the outbox. */
  void settle(String seriesUid, Timings sending) throws SQLException {
    SeriesRecord series = table.find(seriesUid).orElse(null);
    boolean waiting =
        series == null
            || outbox.entries().stream()
                .anyMatch(e -> e.seriesUid().equals(seriesUid) && e.revision() == series.revision());
    if (!waiting) {
      table.move(
          series,
          Set.of(SeriesState.RETURNING),
          SeriesState.DONE,
          row -> row.withTimings(row.timings().with(sending)),
          "every destination has the result; seconds " + series.timings().with(sending));
    }
  }

  /** A delivery that is cut short stays in the outbox. */
  @Override
  public void close() {
    closed = true;
    threads.forEach(ScheduledExecutorService::shutdownNow);
    try {
      for (ScheduledExecutorService thread : threads) {
        thread.awaitTermination(CLOSE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void guarded(String destination) {
    try {
      deliverDue(destination);
    } catch (SQLException | RuntimeException e) {
      // The schedule would end with an exception; the next look tries again.
      LOG.error("delivery to {} failed inside this node; trying again", destination, e);
    }
  }

  private boolean isDue(Outbox.Entry entry) {
    Attempts made = attempts.get(entry.id());
    return made == null || !clock.instant().isBefore(made.next());
  }

  /** One try for one entry; false if it cost the association. */
  private boolean deliver(Outbox.Entry entry, RemoteAe remote, Delivery delivery) throws SQLException {
    Instant start = clock.instant();
    try {
      Status status = delivery.store(entry.file());
      if (!status.isSuccess() && !status.isWarning()) {
        failed(entry, remote, "it answered " + status);
        return true;
      }
      outbox.remove(entry);
      attempts.remove(entry.id());
      Duration took = Duration.between(start, clock.instant());
      LOG.info(
          "series {} {} {} accepted by {} ({}) with {}",
          entry.seriesUid(),
          entry.kind(),
          entry.sopInstanceUid(),
          entry.destination(),
          remote,
          status);
      listener.delivered(entry.seriesUid(), entry.destination());
      settle(entry.seriesUid(), Timings.NONE.with(Stage.SEND, took));
      return true;
    } catch (IOException e) {
      failed(entry, remote, inWords(e));
      return DicomClient.isOfObject(e);
    }
  }

  private static String inWords(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private void failed(Outbox.Entry entry, RemoteAe remote, String cause) {
    int failed = attempts.getOrDefault(entry.id(), new Attempts(0, Instant.EPOCH)).failed() + 1;
    Instant next = clock.instant().plus(wait(failed));
    attempts.put(entry.id(), new Attempts(failed, next));
    if (!closed) {
      LOG.warn(
          "series {} {} {} not accepted by {} ({}): {}; try {} at {}",
          entry.seriesUid(),
          entry.kind(),
          entry.sopInstanceUid(),
          entry.destination(),
          remote,
          cause,
          failed + 1,
          next);
      listener.deliveryFailed(entry.seriesUid(), entry.destination(), cause);
    }
  }

  private Duration wait(int failed) {
    Duration wait = rules.firstRetry();
    for (int i = 1; i < failed && wait.compareTo(rules.maxRetry()) < 0; i++) {
      wait = wait.multipliedBy(2);
    }
    return wait.compareTo(rules.maxRetry()) < 0 ? wait : rules.maxRetry();
  }
}
