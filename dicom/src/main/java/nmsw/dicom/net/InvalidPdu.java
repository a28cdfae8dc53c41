package nmsw.dicom.net;

import nmsw.dicom.DicomException;

/** A PDU that can't be read; {@link #reason()} is the reason code of the A-ABORT that answers it. */
final class InvalidPdu extends DicomException {
  private static final long serialVersionUID = 1L;

  private final int reason;

  InvalidPdu(int reason, String message) {
    super(message);
    this.reason = reason;
  }

  static InvalidPdu parameter(String format, Object... args) {
    return new InvalidPdu(Pdu.Abort.INVALID_PARAMETER, String.format(format, args));
  }

  int reason() {
    return reason;
  }
}
