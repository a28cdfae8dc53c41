package nmsw.scp.cli;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import nmsw.dicom.DicomException;
import nmsw.dicom.net.AssociationRejected;
import nmsw.volume.GeometryRefusal;

/** Exit codes that scripts can rely on; {@code ./nmsw --help} lists them. */
final class ExitCode {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int REFUSED = 3;
  static final int PEER = 4;

  private ExitCode() {}

  static int of(Throwable failure) {
    if (failure instanceof AssociationRejected
        || failure instanceof SocketException
        || failure instanceof SocketTimeoutException
        || failure instanceof UnknownHostException) {
      return PEER;
    }
    if (failure instanceof GeometryRefusal || failure instanceof DicomException) {
      return REFUSED;
    }
    return FAILED;
  }

  static String message(Throwable failure) {
    if (failure instanceof GeometryRefusal refusal) {
      return refusal.code() + ": " + refusal.getMessage();
    }
    boolean speaksForItself = failure instanceof IOException && failure.getMessage() != null;
    return speaksForItself ? failure.getMessage() : failure.toString();
  }
}
