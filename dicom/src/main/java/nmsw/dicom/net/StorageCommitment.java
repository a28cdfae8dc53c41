package nmsw.dicom.net;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;

/** The messages of the Storage Commitment Push Model (PS3.4 Annex J). */
final class StorageCommitment {
  static final String SOP_CLASS = Uid.StorageCommitmentPushModel;
  private static final String SOP_INSTANCE = Uid.StorageCommitmentPushModelInstance;

  private static final int REQUEST_STORAGE_COMMITMENT = 1;
  private static final int SUCCESSFUL = 1;
  private static final int FAILURES_EXIST = 2;

  static final int MAX_BYTES = 4 << 20;
  private static final ParseLimits LIMITS = new ParseLimits(MAX_BYTES, 1 << 20, 8, 50_000, 200_000);

  /** The most that a message takes when it is decoded. */
  static final long MEMORY = 8L * MAX_BYTES;

  private static final int NO_SUCH_INSTANCE = 0x0112;
  private static final int NO_SUCH_EVENT_TYPE = 0x0113;
  private static final int INVALID_ARGUMENT = 0x0115;
  private static final int NO_SUCH_CLASS = 0x0118;
  private static final int NO_SUCH_ACTION = 0x0123;

  private StorageCommitment() {}

  static CommandSet action(int messageId) {
    return new CommandSet(CommandSet.N_ACTION_RQ)
        .withDataset()
        .put(Tag.RequestedSOPClassUID, SOP_CLASS)
        .put(Tag.RequestedSOPInstanceUID, SOP_INSTANCE)
        .put(Tag.MessageID, messageId)
        .put(Tag.ActionTypeID, REQUEST_STORAGE_COMMITMENT);
  }

  static CommandSet event(int messageId, CommitmentReport report) {
    return new CommandSet(CommandSet.N_EVENT_REPORT_RQ)
        .withDataset()
        .put(Tag.AffectedSOPClassUID, SOP_CLASS)
        .put(Tag.AffectedSOPInstanceUID, SOP_INSTANCE)
        .put(Tag.MessageID, messageId)
        .put(Tag.EventTypeID, report.isComplete() ? SUCCESSFUL : FAILURES_EXIST);
  }

  /** Action Information (PS3.4 Table J.3-1). */
  static Dataset request(String transactionUid, Collection<SopReference> objects) {
    return new Dataset()
        .putString(Tag.TransactionUID, transactionUid)
        .putItems(Tag.ReferencedSOPSequence, objects.stream().map(StorageCommitment::item).toList());
  }

  /** Event Information (PS3.4 Table J.3-2); sequences without items are left out. */
  static Dataset report(CommitmentReport report) {
    Dataset dataset = new Dataset().putString(Tag.TransactionUID, report.transactionUid());
    if (!report.committed().isEmpty()) {
      dataset.putItems(
          Tag.ReferencedSOPSequence, report.committed().stream().map(StorageCommitment::item).toList());
    }
    if (!report.failed().isEmpty()) {
      dataset.putItems(
          Tag.FailedSOPSequence,
          report.failed().stream()
              .map(failed -> item(failed.object()).putInt(Tag.FailureReason, failed.reason()))
              .toList());
    }
    return dataset;
  }

  private static Dataset item(SopReference object) {
    return new Dataset()
        .putString(Tag.ReferencedSOPClassUID, object.sopClassUid())
        .putString(Tag.ReferencedSOPInstanceUID, object.sopInstanceUid());
  }

  /**
   * Reads an N-ACTION request, all of it.
   *
   * @throws AssociationAborted if the association is lost meanwhile
   * @throws DicomException with the status to answer
   */
  static CommitmentRequest readAction(Dimse dimse, Dimse.Message message, AssociationInfo association)
      throws IOException {
    Dataset dataset = read(dimse, message);
    CommandSet command = message.command();
    require(command.text(Tag.RequestedSOPClassUID).equals(SOP_CLASS), NO_SUCH_CLASS, "SOP class");
    require(command.text(Tag.RequestedSOPInstanceUID).equals(SOP_INSTANCE), NO_SUCH_INSTANCE, "SOP instance");
    int action = command.integer(Tag.ActionTypeID).orElse(0);
    require(action == REQUEST_STORAGE_COMMITMENT, NO_SUCH_ACTION, "action type");
    List<SopReference> objects = references(dataset, Tag.ReferencedSOPSequence);
    require(!objects.isEmpty(), INVALID_ARGUMENT, "number of objects, 0,");
    return new CommitmentRequest(association, transaction(dataset), objects);
  }

  /** Reads an N-EVENT-REPORT request, as {@link #readAction} does. */
  static CommitmentReport readEvent(Dimse dimse, Dimse.Message message) throws IOException {
    Dataset dataset = read(dimse, message);
    CommandSet command = message.command();
    require(command.text(Tag.AffectedSOPClassUID).equals(SOP_CLASS), NO_SUCH_CLASS, "SOP class");
    require(command.text(Tag.AffectedSOPInstanceUID).equals(SOP_INSTANCE), NO_SUCH_INSTANCE, "SOP instance");
    int type = command.integer(Tag.EventTypeID).orElse(0);
    require(type == SUCCESSFUL || type == FAILURES_EXIST, NO_SUCH_EVENT_TYPE, "event type");
    List<CommitmentReport.Failed> failed = new ArrayList<>();
    for (Dataset item : dataset.items(Tag.FailedSOPSequence)) {
      int reason = item.integer(Tag.FailureReason).orElse(CommitmentReport.Failed.PROCESSING_FAILURE);
      failed.add(new CommitmentReport.Failed(reference(item), reason & 0xFFFF));
    }
    require(type != FAILURES_EXIST || !failed.isEmpty(), INVALID_ARGUMENT, "number of failures, 0,");
    return new CommitmentReport(
        transaction(dataset), references(dataset, Tag.ReferencedSOPSequence), failed);
  }

  private static Dataset read(Dimse dimse, Dimse.Message message) throws IOException {
    if (!message.command().hasDataset()) {
      throw new DicomException(INVALID_ARGUMENT, "storage commitment without a data set");
    }
    Dimse.DatasetStream stream = dimse.dataset(message.context(), MAX_BYTES);
    try {
      return DicomReader.readDataset(stream, message.context().transferSyntax(), LIMITS);
    } catch (AssociationAborted e) {
      throw e;
    } catch (DicomException e) {
      throw e.withStatus(INVALID_ARGUMENT);
    } finally {
      stream.drain();
    }
  }

  /** Reads on behind a message that is not looked at. */
  static void skip(Dimse dimse, Dimse.Message message) throws IOException {
    if (message.command().hasDataset()) {
      dimse.dataset(message.context(), MAX_BYTES).drain();
    }
  }

  private static String transaction(Dataset dataset) throws DicomException {
    String uid = dataset.string(Tag.TransactionUID).orElse("");
    require(Uid.isValid(uid), INVALID_ARGUMENT, "Transaction UID");
    return uid;
  }

  private static List<SopReference> references(Dataset dataset, int tag) throws DicomException {
    List<SopReference> references = new ArrayList<>();
    for (Dataset item : dataset.items(tag)) {
      references.add(reference(item));
    }
    return references;
  }

  private static SopReference reference(Dataset item) throws DicomException {
    String sopClass = item.string(Tag.ReferencedSOPClassUID).orElse("");
    String sopInstance = item.string(Tag.ReferencedSOPInstanceUID).orElse("");
    require(Uid.isValid(sopClass) && Uid.isValid(sopInstance), INVALID_ARGUMENT, "UID of an object");
    return new SopReference(sopClass, sopInstance);
  }

  private static void require(boolean holds, int status, String what) throws DicomException {
    if (!holds) {
      throw new DicomException(status, what + " is not one of storage commitment's");
    }
  }

  /** The answer that says why a request was refused. */
  static CommandSet refusal(CommandSet request, DicomException why) throws DicomException {
    return request
        .response(new Status(why.status().orElse(Status.PROCESSING_FAILURE.code())))
        .comment(String.valueOf(why.getMessage()));
  }
}
