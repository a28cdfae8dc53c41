package nmsw.dicom.net;

import java.io.IOException;
import java.util.function.Predicate;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.net.Dimse.Context;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The SCP of C-STORE on one association (PS3.7 §9.1.1), whoever requested it. */
final class StorageProvider {
  private static final Logger LOG = LoggerFactory.getLogger(StorageProvider.class);

  private final Association association;
  private final Dimse dimse;
  private final AssociationInfo info;
  private final StoreHandler handler;
  private final Predicate<String> takesStorage;
  private final long maxObjectBytes;
  private long objects;
  private long failures;
  private long bytes;

  /**
   * @param takesStorage whether objects of a SOP class are taken
   * @param maxObjectBytes largest data set taken
   */
  StorageProvider(
      Association association,
      Dimse dimse,
      AssociationInfo info,
      StoreHandler handler,
      Predicate<String> takesStorage,
      long maxObjectBytes) {
    this.association = association;
    this.dimse = dimse;
    this.info = info;
    this.handler = handler;
    this.takesStorage = takesStorage;
    this.maxObjectBytes = maxObjectBytes;
  }

  /** Requests so far. */
  long objects() {
    return objects;
  }

  /** Those of them that were refused. */
  long failures() {
    return failures;
  }

  /** Of all data sets. */
  long bytes() {
    return bytes;
  }

  /** Answers a C-STORE-RQ. */
  void store(Dimse.Message message) throws IOException {
    CommandSet command = message.command();
    CommandSet response;
    objects++;
    if (command.hasDataset()) {
      Dimse.DatasetStream dataset = dimse.dataset(message.context(), maxObjectBytes);
      response = handle(message, dataset);
      dataset.drain();
      bytes += dataset.received();
    } else {
      response = refusal(command, Status.CANNOT_UNDERSTAND, "C-STORE without a data set");
    }
    dimse.send(message.context(), response);
  }

  private CommandSet handle(Dimse.Message message, Dimse.DatasetStream dataset) throws IOException {
    CommandSet command = message.command();
    String sopClass = command.text(Tag.AffectedSOPClassUID);
    String sopInstance = command.text(Tag.AffectedSOPInstanceUID);
    Context context = message.context();
    if (!sopClass.equals(context.abstractSyntax()) || !takesStorage.test(sopClass)) {
      return takesStorage.test(sopClass)
          ? refusal(command, Status.DATASET_MISMATCH, "SOP class differs from the presentation context's")
          : refusal(command, Status.SOP_CLASS_NOT_SUPPORTED, "SOP class is not stored here");
    }
    if (!Uid.isValid(sopInstance)) {
      return refusal(command, Status.INVALID_SOP_INSTANCE, "SOP Instance UID is not a UID");
    }
    StoreRequest request = new StoreRequest(info, sopClass, sopInstance, context.transferSyntax());
    try {
      Status status = handler.store(request, dataset);
      if (dataset.exceedsLimit()) {
        String why = "object exceeds " + maxObjectBytes + " bytes";
        return refusal(command, Status.OUT_OF_RESOURCES, why);
      }
      if (status.isFailure()) {
        return refusal(command, status, "refused by the node");
      }
      return command.response(status);
    } catch (AssociationAborted e) {
      LOG.warn("association {}: lost in the middle of SOP instance {}", info.id(), sopInstance);
      throw e;
    } catch (IOException e) {
      if (!association.isEstablished()) {
        throw e;
      }
      return refusal(command, statusOf(e, dataset), e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("association {}: fault of ours while storing SOP instance {}", info.id(), sopInstance, e);
      return refusal(command, Status.PROCESSING_FAILURE, "fault of the node; see its log");
    }
  }

  private static Status statusOf(IOException e, Dimse.DatasetStream dataset) {
    if (dataset.exceedsLimit() || !(e instanceof DicomException)) {
      return Status.OUT_OF_RESOURCES;
    }
    return new Status(((DicomException) e).status().orElse(Status.CANNOT_UNDERSTAND.code()));
  }

  private CommandSet refusal(CommandSet command, Status status, String why) throws DicomException {
    failures++;
    String instance = command.text(Tag.AffectedSOPInstanceUID);
    LOG.warn(
        "association {}: SOP instance {} answered with {}: {}",
        info.id(),
        Uid.isValid(instance) ? instance : "without a valid UID",
        status,
        why);
    return command.response(status).comment(String.valueOf(why));
  }
}
