package nmsw.dicom.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;
import nmsw.dicom.DicomException;
import nmsw.dicom.net.Dimse.Context;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One association of the server, from the transport connection to its close. */
final class ServerAssociation implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(DicomServer.class);

  private final Association association;
  private final ServerConfig config;
  private final ServerHandlers handlers;
  private final Optional<CommitmentReporter> reporter;
  private final Seats seats;
  private final MemoryBudget memory;
  private final long id;
  private final InetAddress peer;
  private final String remoteAddress;
  private AssociationInfo info;
  private Dimse dimse;
  private StorageProvider storage;
  private CommitmentExchange commitment;

  /**
   * @param seats one is taken while the association is established
   * @param memory what an association takes at most is taken from it as well
   */
  ServerAssociation(
      Association association,
      ServerConfig config,
      ServerHandlers handlers,
      Optional<CommitmentReporter> reporter,
      Seats seats,
      MemoryBudget memory,
      long id,
      InetSocketAddress remote) {
    this.association = association;
    this.config = config;
    this.handlers = handlers;
    this.reporter = reporter;
    this.seats = seats;
    this.memory = memory;
    this.id = id;
    peer = remote.getAddress();
    remoteAddress = peer.getHostAddress() + ":" + remote.getPort();
  }

  void requestAbort() {
    association.requestAbort();
  }

  /** Cuts the connection without a word. */
  void cut() {
    association.close();
  }

  @Override
  public void run() {
    try {
      Pdu.AssociateRq request = (Pdu.AssociateRq) association.await(config.idleTimeout());
      info = new AssociationInfo(id, request.callingAeTitle(), request.calledAeTitle(), remoteAddress);
      negotiate(request);
    } catch (AssociationAborted e) {
      if (association.closedUnused()) {
        LOG.debug("connection {} from {}: {}", id, remoteAddress, e.getMessage());
      } else {
        LOG.warn("association {} from {}: {}", id, remoteAddress, e.getMessage());
      }
      if (info == null && e.getCause() instanceof SSLException) {
        handlers.storage().handshakeFailed(remoteAddress, e.getCause().getMessage());
      }
    } catch (IOException e) {
      LOG.warn("association {} from {}: {}", id, remoteAddress, e.getMessage());
      association.abort("aborted by us: " + e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("association {} from {}: fault of ours", id, remoteAddress, e);
      association.abort("aborted by us: " + e.getMessage());
    } finally {
      association.awaitTransportClose();
    }
  }

  private void negotiate(Pdu.AssociateRq request) throws IOException {
    Negotiation negotiation = new Negotiation(config, handlers);
    Optional<Pdu.AssociateRj> refusal = negotiation.refusal(request, peer);
    if (refusal.isPresent()) {
      reject(refusal.get(), inWords(refusal.get()));
    } else if (!isLetIn(Negotiation.identity(request))) {
      reject(Pdu.AssociateRj.NO_REASON_GIVEN, "its user identity is not let in");
    } else if (!seats.tryTake(peer)) {
      reject(Pdu.AssociateRj.LOCAL_LIMIT_EXCEEDED, "too many associations, of it or of all");
    } else {
      try {
        useSeat(request, negotiation);
      } finally {
        seats.give(peer);
      }
    }
  }

  private void useSeat(Pdu.AssociateRq request, Negotiation negotiation) throws IOException {
    if (!memory.tryTake(config.associationBytes())) {
      reject(Pdu.AssociateRj.TEMPORARY_CONGESTION, "the memory for associations is taken");
      return;
    }
    try {
      if (handlers.storage().admits(info)) {
        serve(request, negotiation.accept(request));
      } else {
        reject(Pdu.AssociateRj.LOCAL_LIMIT_EXCEEDED, "the node has no room");
      }
    } finally {
      memory.give(config.associationBytes());
    }
  }

  private static String inWords(Pdu.AssociateRj refusal) {
    if (refusal.equals(Pdu.AssociateRj.CALLED_AE_NOT_RECOGNIZED)) {
      return "the called AE title is none of ours";
    }
    return refusal.equals(Pdu.AssociateRj.CALLING_AE_NOT_RECOGNIZED)
        ? "the calling AE title, or its address, is not let in"
        : "it is not for DICOM's application context";
  }

  private boolean isLetIn(Optional<UserIdentity> identity) {
    return handlers.authenticator().map(users -> users.accepts(info, identity)).orElse(true);
  }

  private void reject(Pdu.AssociateRj rejection, String why) throws AssociationAborted {
    LOG.warn(
        "association {} from {} ({} to {}) rejected: {} (result {}, source {}, reason {})",
        id,
        remoteAddress,
        info.callingAeTitle(),
        info.calledAeTitle(),
        why,
        rejection.result(),
        rejection.source(),
        rejection.reason());
    handlers.storage().associationRejected(info, why);
    association.fire(Event.ASSOCIATE_REJECT, rejection);
  }

  private void serve(Pdu.AssociateRq request, Pdu.AssociateAc answer) throws IOException {
    Map<Integer, Context> contexts = Negotiation.accepted(request, answer);
    int peerMax = Pdu.maximumLength(request.userItems()).orElse(0);
    if (peerMax != 0 && peerMax < Dimse.MIN_PDU_LENGTH) {
      throw association.abortInvalid("maximum PDU length of " + peerMax + " bytes is too small");
    }
    dimse =
        new Dimse(
            association,
            contexts,
            peerMax,
            config.maxPduLength(),
            config.dataTimeout(),
            config.requestTimeout(),
            config.maxCommandBytes());
    storage =
        new StorageProvider(
            association, dimse, info, handlers.storage(), config::takesStorage, config.maxObjectBytes());
    boolean peerProvides =
        Negotiation.providedClasses(request, answer).contains(StorageCommitment.SOP_CLASS);
    commitment = new CommitmentExchange(dimse, info, handlers, reporter, memory, peerProvides);
    boolean released = false;
    handlers.storage().associationOpened(info);
    try {
      association.fire(Event.ASSOCIATE_ACCEPT, answer);
      LOG.info(
          "association {} from {} ({} to {}, {}) open, {} of {} contexts, {}",
          id,
          remoteAddress,
          info.callingAeTitle(),
          info.calledAeTitle(),
          Pdu.implementationVersion(request.userItems()).orElse("no version name"),
          contexts.size(),
          request.contexts().size(),
          association.security().orElse("no TLS"));
      boolean more = true;
      while (more) {
        Optional<Dimse.Message> message = dimse.receive(config.idleTimeout());
        if (message.isPresent()) {
          answer(message.get());
        } else {
          more = false;
        }
      }
      association.fire(Event.RELEASE_RESPONSE, null);
      released = true;
    } finally {
      LOG.info(
          "association {} {}: {} objects, {} of them refused, {} bytes",
          id,
          released ? "released" : "lost",
          storage.objects(),
          storage.failures(),
          storage.bytes());
      try {
        commitment.end();
      } finally {
        handlers.storage().associationClosed(info, released);
      }
    }
  }

  private void answer(Dimse.Message message) throws IOException {
    CommandSet command = message.command();
    if (CommitmentExchange.concerns(message)) {
      commitment.answer(message);
      return;
    }
    switch (command.field()) {
      case CommandSet.C_ECHO_RQ -> {
        drain(message);
        dimse.send(message.context(), command.response(Status.SUCCESS));
      }
      case CommandSet.C_STORE_RQ -> storage.store(message);
      case CommandSet.C_CANCEL_RQ -> drain(message);
      default -> {
        if (!command.isRequest()) {
          throw new DicomException(String.format("response %04XH to no request of ours", command.field()));
        }
        drain(message);
        dimse.send(message.context(), command.response(Status.UNRECOGNIZED_OPERATION));
      }
    }
  }

  private void drain(Dimse.Message message) throws IOException {
    if (message.command().hasDataset()) {
      dimse.dataset(message.context(), config.maxObjectBytes()).drain();
    }
  }
}
