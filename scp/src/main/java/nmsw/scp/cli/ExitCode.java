package nmsw.scp.cli;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.concurrent.CancellationException;
import nmsw.dicom.DicomException;
import nmsw.dicom.net.AssociationAborted;
import nmsw.dicom.net.AssociationRejected;
import nmsw.scp.Node;
import nmsw.scp.config.StartException;
import nmsw.segmentation.DeviceLost;
import nmsw.segmentation.NotEnoughMemory;
import nmsw.segmentation.checkpoint.ImportRefusal;
import nmsw.volume.GeometryRefusal;
import picocli.CommandLine;

/** Exit codes that scripts can rely on; {@code ./nmsw --help} lists them. */
final class ExitCode {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int REFUSED = 3;
  static final int PEER = 4;

  /** The GPU failed so that only a new process can use it: start again. */
  static final int DEVICE_LOST = 5;

  /** Another process bears the node's name, or another node has its work: start again, under a name of its own. */
  static final int SUPERSEDED = 6;

  /** The node cannot start for something that may pass by itself; as EX_TEMPFAIL of sysexits.h. */
  static final int TRY_LATER = 75;

  /** The node cannot start before somebody has done something; as EX_CONFIG of sysexits.h. */
  static final int NEEDS_HELP = 78;

  private ExitCode() {}

  static int of(Node.Ending ending) {
    return switch (ending) {
      case CLOSED -> DONE;
      case DEVICE_LOST -> DEVICE_LOST;
      case SUPERSEDED -> SUPERSEDED;
    };
  }

  static int of(Throwable failure) {
    if (failure instanceof DeviceLost) {
      return DEVICE_LOST;
    }
    if (failure instanceof CommandLine.ParameterException) {
      return CommandLine.ExitCode.USAGE;
    }
    if (failure instanceof StartException start) {
      return start.need().maySoonBeHad() ? TRY_LATER : NEEDS_HELP;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (isPeers(cause)) {
        return PEER;
      }
    }
    boolean refused =
        failure instanceof GeometryRefusal
            || failure instanceof DicomException
            || failure instanceof ImportRefusal;
    return refused ? REFUSED : FAILED;
  }

  private static boolean isPeers(Throwable cause) {
    return cause instanceof AssociationRejected
        || cause instanceof AssociationAborted
        || cause instanceof SocketException
        || cause instanceof SocketTimeoutException
        || cause instanceof UnknownHostException;
  }

  static String message(Throwable failure) {
    if (failure instanceof GeometryRefusal refusal) {
      return refusal.getMessage();
    }
    boolean speaksForItself =
        (failure instanceof IOException
                || failure instanceof NotEnoughMemory
                || failure instanceof DeviceLost
                || failure instanceof CancellationException)
            && failure.getMessage() != null;
    return speaksForItself ? failure.getMessage() : failure.toString();
  }
}
