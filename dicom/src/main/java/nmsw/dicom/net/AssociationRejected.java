package nmsw.dicom.net;

import nmsw.dicom.DicomException;

/** The peer answered A-ASSOCIATE-RJ (PS3.8 §9.3.4); the message says why and what to do. */
public final class AssociationRejected extends DicomException {
  private static final long serialVersionUID = 1L;

  private final int result;
  private final int source;
  private final int reason;

  AssociationRejected(RemoteAe remote, String callingAeTitle, Pdu.AssociateRj rj) {
    super(
        String.format(
            "%s rejected the association %s (result %d, source %d, reason %d): %s",
            remote,
            rj.result() == 2 ? "for now" : "for good",
            rj.result(),
            rj.source(),
            rj.reason(),
            inWords(rj.source(), rj.reason(), remote, callingAeTitle)));
    this.result = rj.result();
    this.source = rj.source();
    this.reason = rj.reason();
  }

  /** 1 = permanent, 2 = transient. */
  public int result() {
    return result;
  }

  /** 1 = service user, 2 = service provider (ACSE), 3 = service provider (presentation). */
  public int source() {
    return source;
  }

  public int reason() {
    return reason;
  }

  /** Whether the same request may be accepted later. */
  public boolean isTransient() {
    return result == 2;
  }

  private static String inWords(int source, int reason, RemoteAe remote, String calling) {
    return switch (source * 10 + reason) {
      case 12 -> "application context not supported; the peer is not a DICOM storage node";
      case 13 -> "calling AE title '" + calling + "' not recognized; add it, with this host, to the peer's list";
      case 17 -> "called AE title '" + remote.aeTitle() + "' not recognized; check the peer's own AE title";
      case 22 -> "protocol version not supported; the peer does not speak DICOM version 1";
      case 31 -> "temporary congestion at the peer; try again later";
      case 32 -> "the peer has too many associations or too little room; try again later";
      default -> "no reason given; see the peer's log";
    };
  }
}
