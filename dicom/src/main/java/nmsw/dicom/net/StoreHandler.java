package nmsw.dicom.net;

import java.io.IOException;
import java.io.InputStream;

/**
 * What a node does with the objects sent to it. Calls for one association come one after another, on its
 * thread.
 */
public interface StoreHandler {
  /**
   * Takes one object.
   *
   * @param dataset the data set as it comes from the network, without file meta information, in the
   *     transfer syntax of the request; what is left unread is discarded. It throws when the association is
   *     lost before the end of the object, and with status A700H when the object exceeds {@link
   *     ServerConfig#maxObjectBytes()}.
   * @return the status to answer; success only once the object is safe
   * @throws nmsw.dicom.DicomException its status is the answer, C000H if it has none
   * @throws IOException answered with A700H
   */
  Status store(StoreRequest request, InputStream dataset) throws IOException;

  /** Whether there is room for another association; if not, it is rejected as a transient local limit. */
  default boolean admits(AssociationInfo association) {
    return true;
  }

  /** Called once for each association that is established. */
  default void associationOpened(AssociationInfo association) {}

  /**
   * Called once for each association that is rejected.
   *
   * @param why in words
   */
  default void associationRejected(AssociationInfo association, String why) {}

  /**
   * Called once for each connection that came to no association because its TLS handshake failed, or it spoke no TLS. It may
   * be anybody's, as a port scanner's.
   *
   * @param remoteAddress numeric, with its port
   * @param why in words
   */
  default void handshakeFailed(String remoteAddress, String why) {}

  /** Called once for each established association when it is over. */
  default void associationClosed(AssociationInfo association, boolean released) {}
}
