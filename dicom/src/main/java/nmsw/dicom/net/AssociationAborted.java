package nmsw.dicom.net;

import nmsw.dicom.DicomException;

/** The association ended without a release: aborted by either side, connection lost, or a wait that took too long. */
public final class AssociationAborted extends DicomException {
  private static final long serialVersionUID = 1L;

  AssociationAborted(String message) {
    super(message);
  }

  AssociationAborted(String message, Throwable cause) {
    super(message, cause);
  }
}
