package nmsw.dicom.net;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
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
  private static final int MAX_PENDING = 1000;
  private static final int CLOSE_SECONDS = 5;

  private final CommitmentProvider provider;
  private final List<Duration> retries;
  private final Semaphore room = new Semaphore(MAX_PENDING);
  private final ScheduledThreadPoolExecutor threads;

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
    try {
      threads.execute(() -> send(request.association(), decide(provider, request), destination, 0));
      return true;
    } catch (RejectedExecutionException e) {
      room.release();
      return false;
    }
  }

  private void send(
      AssociationInfo asked, CommitmentReport report, CommitmentProvider.Destination destination, int failures) {
    boolean over = true;
    try {
      deliver(asked.calledAeTitle(), report, destination);
      LOG.info(
          "storage commitment {} reported to {}: {} objects, {} of them failed",
          report.transactionUid(),
          destination.remote(),
          report.committed().size() + report.failed().size(),
          report.failed().size());
      provider.delivered(report);
    } catch (IOException e) {
      over = !again(asked, report, destination, failures);
      LOG.warn(
          "storage commitment {} not reported to {}{}: {}",
          report.transactionUid(),
          destination.remote(),
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

  private boolean again(
      AssociationInfo asked, CommitmentReport report, CommitmentProvider.Destination destination, int failures) {
    if (failures >= retries.size()) {
      return false;
    }
    try {
      threads.schedule(
          () -> send(asked, report, destination, failures + 1),
          retries.get(failures).toMillis(),
          TimeUnit.MILLISECONDS);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
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

  /** What is not delivered by now is given up. */
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
  }
}
