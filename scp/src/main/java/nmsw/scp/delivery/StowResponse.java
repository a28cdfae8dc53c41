package nmsw.scp.delivery;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.Tag;
import nmsw.dicom.json.BulkData;
import nmsw.dicom.json.DicomJsonReader;
import nmsw.dicom.net.Status;

/** What a STOW-RS server says of one object (PS3.18 §10.5.3). */
final class StowResponse {
  private static final ParseLimits LIMITS = new ParseLimits(StowSender.MAX_RESPONSE, 1 << 16, 8, 10_000, 50_000);

  private StowResponse() {}

  /**
   * The object's status: success, the Warning Reason or the Failure Reason, which have the codes of C-STORE.
   *
   * @param code of the HTTP response
   * @throws DicomException if the server refuses this object by the HTTP status alone
   * @throws DestinationUnavailable if by that it refuses whatever we send it
   * @throws IOException if it failed, or does not say what became of the object
   */
  static Status of(int code, byte[] body, String sopInstanceUid) throws IOException {
    return switch (code) {
      case 200, 202, 409 -> ofObject(code, body, sopInstanceUid);
      case 400, 413, 415, 422 -> throw new DicomException("it answered HTTP " + code + ": " + meaning(code));
      case 500 -> throw new IOException("it answered HTTP 500: it failed");
      default -> throw new DestinationUnavailable("it answered HTTP " + code + ": " + meaning(code));
    };
  }

  private static String meaning(int code) {
    return switch (code) {
      case 301, 302, 303, 307, 308 -> "another address, which is not followed; configure that one";
      case 400 -> "bad request";
      case 401 -> "it wants to know who we are; configure basicFile or bearerFile";
      case 403 -> "we may not store there";
      case 404, 405 -> "there is no STOW-RS service at this address";
      case 406 -> "it has no answer as DICOM JSON";
      case 413 -> "the object is too large";
      case 415 -> "it does not take such an object, or not in its transfer syntax";
      case 422 -> "it can't work on the object";
      case 429, 503 -> "it is too busy";
      default -> code >= 500 ? "it failed" : "no answer to a STOW-RS request";
    };
  }

  private static Status ofObject(int code, byte[] body, String sopInstanceUid) throws IOException {
    if (code == 200 && body.length == 0) {
      return Status.SUCCESS;
    }
    Dataset response;
    try {
      List<Dataset> all = DicomJsonReader.read(new ByteArrayInputStream(body), LIMITS, BulkData.REFUSED);
      response = all.isEmpty() ? new Dataset() : all.get(0);
    } catch (DicomException e) {
      // Not the object's fault.
      throw new IOException("it answered HTTP " + code + " with what can't be read: " + e.getMessage(), e);
    }
    Optional<Dataset> failed = item(response, Tag.FailedSOPSequence, sopInstanceUid);
    if (failed.isPresent()) {
      Status reason = new Status(failed.get().integer(Tag.FailureReason).orElse(0) & 0xFFFF);
      return reason.isFailure() ? reason : Status.PROCESSING_FAILURE;
    }
    Optional<Dataset> stored = item(response, Tag.ReferencedSOPSequence, sopInstanceUid);
    if (stored.isEmpty()) {
      throw new IOException("it answered HTTP " + code + " and does not say what became of the object");
    }
    Status warning = new Status(stored.get().integer(Tag.WarningReason).orElse(0) & 0xFFFF);
    return warning.isWarning() ? warning : Status.SUCCESS;
  }

  private static Optional<Dataset> item(Dataset response, int sequence, String sopInstanceUid) {
    return response.items(sequence).stream()
        .filter(item -> item.string(Tag.ReferencedSOPInstanceUID).equals(Optional.of(sopInstanceUid)))
        .findFirst();
  }
}
