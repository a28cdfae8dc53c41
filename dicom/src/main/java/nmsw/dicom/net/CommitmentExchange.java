package nmsw.dicom.net;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Storage commitment on one association of a server, as SCP and as SCU (PS3.4 Annex J). */
final class CommitmentExchange {
  private static final Logger LOG = LoggerFactory.getLogger(CommitmentExchange.class);
  static final int MAX_UNANSWERED = 100;
  private static final Status RESOURCE_LIMITATION = new Status(0x0213);

  private final Dimse dimse;
  private final AssociationInfo info;
  private final ServerHandlers handlers;
  private final Optional<CommitmentReporter> reporter;
  private final MemoryBudget memory;
  private final boolean peerProvides;
  private final Map<Integer, CommitmentReport> unanswered = new HashMap<>();
  private int lastMessageId;

  /**
   * @param memory what a message may take is taken from it while it is handled
   * @param peerProvides whether the peer's role is SCP
   */
  CommitmentExchange(
      Dimse dimse,
      AssociationInfo info,
      ServerHandlers handlers,
      Optional<CommitmentReporter> reporter,
      MemoryBudget memory,
      boolean peerProvides) {
    this.dimse = dimse;
    this.info = info;
    this.handlers = handlers;
    this.reporter = reporter;
    this.memory = memory;
    this.peerProvides = peerProvides;
  }

  /** Whether a message is about storage commitment. */
  static boolean concerns(Dimse.Message message) throws DicomException {
    int field = message.command().field();
    return message.context().abstractSyntax().equals(StorageCommitment.SOP_CLASS)
        && (field == CommandSet.N_ACTION_RQ
            || field == CommandSet.N_EVENT_REPORT_RQ
            || field == (CommandSet.N_EVENT_REPORT_RQ | CommandSet.RESPONSE));
  }

  void answer(Dimse.Message message) throws IOException {
    if (!message.command().isRequest()) {
      confirmed(message.command());
    } else if (!memory.tryTake(StorageCommitment.MEMORY)) {
      StorageCommitment.skip(dimse, message);
      refuse(message, message.command().response(RESOURCE_LIMITATION), "no memory left for it now");
    } else {
      try {
        if (message.command().field() == CommandSet.N_ACTION_RQ) {
          action(message);
        } else {
          event(message);
        }
      } finally {
        memory.give(StorageCommitment.MEMORY);
      }
    }
  }

  private void action(Dimse.Message message) throws IOException {
    CommandSet command = message.command();
    Optional<CommitmentProvider> provider = handlers.commitmentProvider();
    CommitmentRequest request;
    try {
      request = StorageCommitment.readAction(dimse, message, info);
    } catch (AssociationAborted e) {
      throw e;
    } catch (DicomException e) {
      refuse(message, StorageCommitment.refusal(command, e), e.getMessage());
      return;
    }
    if (provider.isEmpty()) {
      refuse(message, command.response(Status.UNRECOGNIZED_OPERATION), "not offered here");
      return;
    }
    Optional<CommitmentProvider.Destination> destination = provider.get().reportTo(request);
    boolean taken =
        destination.isPresent()
            ? reporter.orElseThrow().take(request, destination.get())
            : unanswered.size() < MAX_UNANSWERED;
    if (!taken) {
      refuse(message, command.response(RESOURCE_LIMITATION), "too many reports are pending");
      return;
    }
    dimse.send(message.context(), command.response(Status.SUCCESS));
    if (destination.isEmpty()) {
      report(message.context(), CommitmentReporter.decide(provider.get(), request));
    }
  }

  private void report(Dimse.Context context, CommitmentReport report) throws IOException {
    lastMessageId = lastMessageId % 0xFFFF + 1;
    unanswered.put(lastMessageId, report);
    dimse.send(
        context,
        StorageCommitment.event(lastMessageId, report),
        DicomClient.encoded(StorageCommitment.report(report), context.transferSyntax()));
  }

  private void confirmed(CommandSet response) throws IOException {
    CommitmentReport report = unanswered.remove(response.requireInteger(Tag.MessageIDBeingRespondedTo));
    if (report == null || response.hasDataset()) {
      throw new DicomException("response to no report of storage commitment, or with a data set");
    }
    Status status = new Status(response.requireInteger(Tag.Status));
    if (status.isFailure()) {
      undelivered(report, "answered with " + status);
    } else {
      handlers.commitmentProvider().orElseThrow().delivered(report);
    }
  }

  private void event(Dimse.Message message) throws IOException {
    CommandSet command = message.command();
    CommitmentReport report;
    try {
      report = StorageCommitment.readEvent(dimse, message);
    } catch (AssociationAborted e) {
      throw e;
    } catch (DicomException e) {
      refuse(message, StorageCommitment.refusal(command, e), e.getMessage());
      return;
    }
    if (!peerProvides || handlers.commitmentListener().isEmpty()) {
      refuse(message, command.response(Status.UNRECOGNIZED_OPERATION), "the peer's role is not SCP");
      return;
    }
    dimse.send(message.context(), command.response(heard(report)));
  }

  private Status heard(CommitmentReport report) {
    try {
      return handlers.commitmentListener().orElseThrow().reported(info, report);
    } catch (RuntimeException e) {
      LOG.error("association {}: fault of ours at commitment {}", info.id(), report.transactionUid(), e);
      return Status.PROCESSING_FAILURE;
    }
  }

  private void refuse(Dimse.Message message, CommandSet response, String why) throws IOException {
    LOG.warn("association {}: storage commitment refused: {}", info.id(), why);
    dimse.send(message.context(), response);
  }

  /** The association is over: reports without an answer stay so. */
  void end() {
    unanswered.values().forEach(report -> undelivered(report, "the association ended without an answer"));
    unanswered.clear();
  }

  private void undelivered(CommitmentReport report, String why) {
    LOG.warn("association {}: commitment {} not reported: {}", info.id(), report.transactionUid(), why);
    handlers.commitmentProvider().orElseThrow().undelivered(report, why);
  }
}
