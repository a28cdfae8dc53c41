package nmsw.dicom.net;

import java.io.IOException;
import java.util.Optional;

/** The SCP of storage commitment (PS3.4 Annex J): takes the responsibility for objects that peers have sent. */
public interface CommitmentProvider {
  /**
   * Where a report is sent to.
   *
   * @param config for the association that is opened to it
   */
  record Destination(RemoteAe remote, ClientConfig config) {}

  /**
   * Decides about a request that was accepted. It may take its time where {@link #reportTo} names a destination; else the
   * peer's association waits for it.
   *
   * @throws IOException every object is reported as failed, processing failure
   */
  CommitmentReport commit(CommitmentRequest request) throws IOException;

  /** A new association for the report; empty sends it on the association of the request. */
  default Optional<Destination> reportTo(CommitmentRequest request) {
    return Optional.empty();
  }

  /** The peer has confirmed a report. */
  default void delivered(CommitmentReport report) {}

  /**
   * The peer has not confirmed a report, and it will not be sent again: an application that is to report in any case keeps
   * it, and reports when it can.
   */
  default void undelivered(CommitmentReport report, String why) {}
}
