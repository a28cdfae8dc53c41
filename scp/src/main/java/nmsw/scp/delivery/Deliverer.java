package nmsw.scp.delivery;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.DicomException;
import nmsw.dicom.net.AssociationAborted;
import nmsw.dicom.net.AssociationInfo;
import nmsw.dicom.net.AssociationRejected;
import nmsw.dicom.net.CommitmentReport;
import nmsw.dicom.net.SopReference;
import nmsw.dicom.net.Status;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.events.NodeListener;
import nmsw.scp.events.Part;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.series.Timings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what is in the outbox, each destination on its own thread so that one that is down holds up no other. A series is
 * DONE when nothing of it is left in the outbox.
 */
public final class Deliverer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Deliverer.class);
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final Duration CLOSE = Duration.ofSeconds(5);
  private static final int FINISHED_TRANSACTIONS = 1000;

  /** Opens associations with one destination; {@link Object#toString} is its address. */
  interface Sender {
    /**
     * @throws IOException if there is no association to be had
     */
    Delivery open() throws IOException;
  }

  /** One association with a destination. */
  interface Delivery extends AutoCloseable {
    /**
     * Sends one Part 10 file.
     *
     * @return what the destination answered
     * @throws AssociationAborted if the association was lost meanwhile
     * @throws AssociationRejected if it was lost before, and the destination refuses another
     * @throws DestinationUnavailable if the destination serves nobody, or not us, whatever the file
     * @throws DicomException if this file can't be sent to the destination; others may be
     * @throws IOException if it can't be read, or there is no association any more
     */
    Status store(Path file) throws IOException;

    /**
     * Asks the destination to take the responsibility for objects (PS3.4 Annex J).
     *
     * @return whether the request was taken
     */
    Status requestCommitment(String transactionUid, List<SopReference> objects) throws IOException;

    /**
     * The next report on storage commitment that comes on this association.
     *
     * @return empty if none comes in time
     * @throws AssociationAborted if the association is over
     */
    Optional<CommitmentReport> awaitCommitment(Duration patience) throws IOException;

    /** Releases the association. */
    @Override
    void close();
  }

  /**
   * @param commitment how the destination is asked to take the responsibility for objects; empty if it is not
   */
  record Destination(Sender sender, Optional<Commitment> commitment) {}

  /**
   * @param patience time to wait for a report before asking again
   * @param linger time that an association stays open for it
   */
  record Commitment(Duration patience, Duration linger) {}

  /**
   * @param warnAfter age of an undelivered object that is worth a warning
   */
  public record Rules(Backoff backoff, Duration warnAfter) {}

  private final Outbox outbox;
  private final SeriesTable table;
  private final InstantSource clock;
  private final NodeListener listener;
  private final Map<String, DestinationDelivery> destinations = new ConcurrentSkipListMap<>();
  private final Set<String> finishedTransactions =
      Collections.synchronizedSet(
          Collections.newSetFromMap(
              new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                  return size() > FINISHED_TRANSACTIONS;
                }
              }));
  private final Map<String, ScheduledExecutorService> threads = new HashMap<>();
  private boolean started;

  public Deliverer(
      Outbox outbox,
      SeriesTable table,
      Map<String, Destination> destinations,
      Rules rules,
      InstantSource clock,
      NodeListener listener) {
    this.outbox = outbox;
    this.table = table;
    this.clock = clock;
    this.listener = listener;
    destinations.forEach((name, destination) -> put(name, destination, rules));
  }

  /** What was under way to a destination of that name ends at its next step. */
  private void put(String name, Destination destination, Rules rules) {
    DestinationDelivery before =
        destinations.put(name, new DestinationDelivery(name, destination, outbox, rules, clock, listener, this));
    if (before != null) {
      before.stop();
    }
  }

  /** Starts one thread per destination. */
  public synchronized void start() {
    warnOfStrandedResults();
    destinations.keySet().forEach(this::startThread);
    started = true;
  }

  /** Delivers to these from now on; what failed so far is due at once. */
  public synchronized void reconfigure(Map<String, Destination> next, Rules rules) {
    for (String name : List.copyOf(destinations.keySet())) {
      if (!next.containsKey(name)) {
        destinations.remove(name).stop();
        Optional.ofNullable(threads.remove(name)).ifPresent(ScheduledExecutorService::shutdown);
      }
    }
    next.forEach((name, destination) -> put(name, destination, rules));
    warnOfStrandedResults();
    if (started) {
      next.keySet().stream().filter(name -> !threads.containsKey(name)).forEach(this::startThread);
    }
  }

  private void warnOfStrandedResults() {
    for (Outbox.Entry entry : outbox.entries()) {
      if (!destinations.containsKey(entry.destination())) {
        LOG.warn(
            "series {} has a result for {}, which is no longer a destination; it stays in the outbox",
            entry.seriesUid(),
            entry.destination());
      }
    }
  }

  /** The same for all settings that a destination ever has: two that send at the same time would send twice. */
  private void startThread(String destination) {
    ScheduledExecutorService thread =
        Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "nmsw-deliver-" + destination));
    thread.scheduleWithFixedDelay(() -> guarded(destination), 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
    threads.put(destination, thread);
  }

  /** The names of the destinations, from the configuration. */
  public Set<String> destinations() {
    return Collections.unmodifiableSet(destinations.keySet());
  }

  /** What waits for one destination; nothing for one that is no longer. */
  public Backlog backlog(String destination) {
    DestinationDelivery delivery = destinations.get(destination);
    return delivery == null ? Backlog.NONE : delivery.backlog();
  }

  /** One try for everything that is due at one destination. */
  void deliverDue(String destination) throws SQLException {
    DestinationDelivery delivery = destinations.get(destination);
    if (delivery != null) {
      delivery.deliverDue();
    }
  }

  /**
   * Takes a report on storage commitment, on whichever association it came.
   *
   * @return success, also for a report that was taken before; processing failure for a transaction that is not ours, or
   *     if the report can't be kept, so that it is sent again
   */
  public Status reported(AssociationInfo association, CommitmentReport report) {
    return reported(association.callingAeTitle(), report);
  }

  /**
   * @param reporter what to call who reports, in the log
   */
  Status reported(String reporter, CommitmentReport report) {
    String transaction = report.transactionUid();
    List<Outbox.Entry> concerned = outbox.ofTransaction(transaction);
    if (concerned.isEmpty()) {
      boolean again = finishedTransactions.contains(transaction);
      LOG.info("{} reports on storage commitment {}, {}", reporter, transaction, again ? "again" : "which is not ours");
      return again ? Status.SUCCESS : Status.PROCESSING_FAILURE;
    }
    try {
      for (Outbox.Entry entry : concerned) {
        DestinationDelivery destination = destinations.get(entry.destination());
        if (destination != null) {
          destination.reported(entry, report);
        }
      }
    } catch (IOException | SQLException e) {
      LOG.error("the report on storage commitment {} can't be kept", transaction, e);
      return Status.PROCESSING_FAILURE;
    }
    finishedTransactions.add(transaction);
    return Status.SUCCESS;
  }

  /** Ends a series that is RETURNING and has nothing left in the outbox. */
  public void settle(String seriesUid, Timings sending) throws SQLException {
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

  /** Ends the waits of what is undelivered of a series: it is tried at the next look. */
  public void dueNow(String seriesUid) {
    destinations.values().forEach(destination -> destination.dueNow(seriesUid));
  }

  /** A delivery that is cut short stays in the outbox. */
  @Override
  public synchronized void close() {
    destinations.values().forEach(DestinationDelivery::stop);
    threads.values().forEach(ScheduledExecutorService::shutdownNow);
    try {
      for (ScheduledExecutorService thread : threads.values()) {
        thread.awaitTermination(CLOSE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void guarded(String destination) {
    listener.moved(Part.DELIVERY, destination);
    try {
      deliverDue(destination);
    } catch (SQLException | RuntimeException e) {
      // The schedule would end with an exception; the next look tries again.
      LOG.error("delivery to {} failed inside this node; trying again", destination, e);
    }
    listener.rested(Part.DELIVERY, destination);
  }
}
