package nmsw.dicom.net;

import java.io.IOException;
import java.util.Optional;

/** What the actions of the state machine do to the world (PS3.8 §9.2.1). */
interface UpperLayer {
  boolean isRequestor();

  /** TRANSPORT CONNECT request; its outcome is a later event. */
  void connect();

  void send(Pdu pdu) throws IOException;

  /** Hands a PDU to the local user as an indication or confirmation primitive. */
  void indicate(Pdu pdu);

  /** A-P-ABORT indication: the association is lost because of {@code event}. */
  void indicateProviderAbort(Event event);

  /** Why a request can't be accepted whoever asks, if so. */
  Optional<Pdu.AssociateRj> refusal(Pdu.AssociateRq request);

  /** Starts the ARTIM timer, or starts it anew. */
  void startArtim();

  void stopArtim();

  void closeTransport();
}
