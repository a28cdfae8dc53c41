package nmsw.dicom.net;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.DicomException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides about requests for storage commitment and sends the reports on associations of its own, of which we are the
 * requestor and, by role selection, the SCP (PS3.4 §J.3.3). A report that a peer does not take is sent again later.
 */
final class CommitmentReporter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CommitmentReporter.class);
  private static final int THREADS = 2;
  static final int MAX_PENDING = 1000;
  private static final int CLOSE_SECONDS = 5;

  private final CommitmentProvider provider;
  private final List<Duration> retries;
  private final Semaphore room = new Semaphore(MAX_PENDING);
  private final Set<Pending> waiting = ConcurrentHashMap.newKeySet();
  private final ScheduledThreadPoolExecutor threads;

  /** A request that was accepted. Two that say the same are two. */
  private static final class Pending {
    private final CommitmentRequest request;
    private final CommitmentProvider.Destination destination;

    /** What is sent; empty before it is decided. */
    private Optional<CommitmentReport> report = Optional.empty();

    private int failures;

    Pending(CommitmentRequest request, CommitmentProvider.Destination destination) {
      this.request = request;
      this.destination = destination;
    }
  }

  /**
   * @param retries waits before a report is sent once more
   */
  CommitmentReporter(CommitmentProvider provider, List<Duration> retries) {
    this.provider = provider;
    this.retries = retries;
    threads = new ScheduledThreadPoolExecutor(THREADS, work -> new Thread(work, "dicom-commitment"));
    threads.setKeepAliveTime(10, TimeUnit.SECONDS);
    threads.allowCoreThreadTimeOut(true);
    threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Asks the provider; what it can't decide is reported as failed. */
  static CommitmentReport decide(CommitmentProvider provider, CommitmentRequest request) {
    try {
      return provider.commit(request);
    } catch (IOException | RuntimeException e) {
      LOG.error("storage commitment {} fails for a fault of ours", request.transactionUid(), e);
      return CommitmentReport.failure(request, CommitmentReport.Failed.PROCESSING_FAILURE);
    }
  }

  /** Takes a request; false if there is no room for more. */
  boolean take(CommitmentRequest request, CommitmentProvider.Destination destination) {
    if (!room.tryAcquire()) {
      return false;
    }
    if (!enqueue(new Pending(request, destination), Duration.ZERO)) {
      room.release();
      return false;
    }
    return true;
  }

  private boolean enqueue(Pending pending, Duration wait) {
    waiting.add(pending);
    try {
      threads.schedule(() -> attempt(pending), wait.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (RejectedExecutionException e) {
      // If it is not there any more, close() has seen to it.
      return !waiting.remove(pending);
    }
  }

  private void attempt(Pending pending) {
    if (waiting.remove(pending)) {
      CommitmentReport report = pending.report.orElseGet(() -> decide(provider, pending.request));
      pending.report = Optional.of(report);
      send(pending, report);
    }
  }

  private void send(Pending pending, CommitmentReport report) {
    boolean over = true;
    try {
      deliver(pending.request.association().calledAeTitle(), report, pending.destination);
      LOG.info(
          "storage commitment {} reported to {}: {} objects, {} of them failed",
          report.transactionUid(),
          pending.destination.remote(),
          report.committed().size() + report.failed().size(),
          report.failed().size());
      provider.delivered(report);
    } catch (IOException e) {
      int failures = pending.failures++;
      over = failures >= retries.size() || !enqueue(pending, retries.get(failures));
      LOG.warn(
          "storage commitment {} not reported to {}{}: {}",
          report.transactionUid(),
          pending.destination.remote(),
          over ? "" : ", tried again later",
          e.getMessage());
      if (over) {
        provider.undelivered(report, e.getMessage());
      }
    } finally {
      if (over) {
        room.release();
      }
    }
  }

  private static void deliver(
      String callingAeTitle, CommitmentReport report, CommitmentProvider.Destination destination)
      throws IOException {
    AssociationOptions role =
        AssociationOptions.none().withProvidedClasses(Set.of(StorageCommitment.SOP_CLASS));
    List<ProposedContext> contexts = List.of(ProposedContext.uncompressed(StorageCommitment.SOP_CLASS));
    try (DicomClient client =
        DicomClient.connect(destination.remote(), callingAeTitle, contexts, role, destination.config())) {
      Status status = client.reportCommitment(report);
      if (status.isFailure()) {
        throw new DicomException(status.code(), "answered with " + status);
      }
    }
  }

  /** What is not delivered by now is given back to the provider; what was not even decided, as failed. */
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("a report of storage commitment is still on its way");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Pending pending : waiting) {
      if (waiting.remove(pending)) {
        provider.undelivered(
            pending.report.orElseGet(
                () -> CommitmentReport.failure(pending.request, CommitmentReport.Failed.PROCESSING_FAILURE)),
            "the server was closed before it was confirmed");
      }
    }
  }
}
