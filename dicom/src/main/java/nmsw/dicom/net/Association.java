package nmsw.dicom.net;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import javax.net.ssl.SSLException;

/**
 * The upper layer of one association (PS3.8 §9.2): a connection, the state, and the ARTIM timer. All calls
 * but {@link #requestAbort()} come from one thread.
 */
final class Association implements UpperLayer, Closeable {
  /** A-ASSOCIATE with 128 contexts of dozens of transfer syntaxes fits. */
  static final int MAX_ASSOCIATE_LENGTH = 256 * 1024;

  /** What is read from a peer that has lost the thread, so that it sees our last PDU and not a reset. */
  private static final int MAX_DISCARDED = 1 << 20;

  /** How the transport is opened; only requestors do. */
  interface Connector {
    Connection open() throws IOException;
  }

  private final Connector connector;
  private final boolean requestor;
  private final int maxPduLength;
  private final Duration artimTimeout;
  private final Duration dataTimeout;
  private final InstantSource clock;
  private final Queue<Pdu> indications = new ArrayDeque<>();
  private Connection connection;
  private PduDecoder decoder;
  private State state = State.STA1;
  private Instant artim = Instant.MAX;
  private Exception failure;
  private String invalidPdu;
  private AssociationAborted end;
  private boolean closedUnused;
  private volatile boolean abortRequested;

  private Association(
      Connector connector,
      boolean requestor,
      int maxPduLength,
      Duration artimTimeout,
      Duration dataTimeout,
      InstantSource clock) {
    this.connector = connector;
    this.requestor = requestor;
    this.maxPduLength = maxPduLength;
    this.artimTimeout = artimTimeout;
    this.dataTimeout = dataTimeout;
    this.clock = clock;
  }

  /**
   * Answers a transport connection that was just accepted.
   *
   * @param dataTimeout for the rest of a PDU that has begun
   */
  static Association accept(
      Connection connection,
      int maxPduLength,
      Duration artimTimeout,
      Duration dataTimeout,
      InstantSource clock)
      throws AssociationAborted {
    Association association =
        new Association(() -> connection, false, maxPduLength, artimTimeout, dataTimeout, clock);
    association.use(connection);
    association.fire(Event.TRANSPORT_INDICATED, null);
    return association;
  }

  /** Opens a transport connection and sends the request; the answer is the next indication. */
  static Association request(
      Connector connector,
      Pdu.AssociateRq request,
      int maxPduLength,
      Duration artimTimeout,
      Duration dataTimeout,
      InstantSource clock)
      throws IOException {
    Association association =
        new Association(connector, true, maxPduLength, artimTimeout, dataTimeout, clock);
    association.fire(Event.ASSOCIATE_REQUEST, request);
    if (association.connection == null) {
      IOException cause = (IOException) association.failure;
      association.fireQuietly(Event.TRANSPORT_CLOSED, null);
      throw cause;
    }
    association.fire(Event.TRANSPORT_CONFIRMED, request);
    return association;
  }

  private void use(Connection opened) {
    connection = opened;
    decoder = new PduDecoder(opened.input(), MAX_ASSOCIATE_LENGTH, maxPduLength);
  }

  State state() {
    return state;
  }

  Instant now() {
    return clock.instant();
  }

  boolean isEstablished() {
    return state == State.STA6;
  }

  /**
   * Waits for the next indication: a PDU for the local user.
   *
   * @param patience how long to wait for it to begin; ignored while ARTIM runs
   * @throws AssociationAborted if the association ends otherwise
   */
  Pdu await(Duration patience) throws AssociationAborted {
    Instant deadline = clock.instant().plus(patience);
    while (indications.isEmpty()) {
      if (state == State.STA1 || state == State.STA13) {
        throw ended();
      }
      receive(deadline);
    }
    return indications.remove();
  }

  /** Whether something comes within a time; nothing is no fault of the peer's. */
  boolean comesWithin(Duration patience) throws AssociationAborted {
    if (indications.isEmpty() && isEstablished()) {
      connection.readUntil(clock.instant().plus(patience));
      try {
        if (!connection.awaitInput()) {
          throw new EOFException("the peer closed the connection");
        }
        return true;
      } catch (SocketTimeoutException e) {
        return false;
      } catch (IOException e) {
        lose(e);
        throw ended();
      }
    }
    return true;
  }

  /** Takes in what the peer has sent meanwhile, so that its abort is noticed while we are sending. */
  void poll() throws AssociationAborted {
    try {
      while (state == State.STA6 && indications.isEmpty() && connection.hasInput()) {
        receive(clock.instant().plus(dataTimeout));
      }
    } catch (IOException e) {
      lose(e);
    }
    if (state == State.STA1 || state == State.STA13) {
      throw ended();
    }
  }

  /** Lets the user's primitive act: {@code pdu} is sent where the action is to send. */
  void fire(Event event, Pdu pdu) throws AssociationAborted {
    try {
      state = state.on(event).perform(this, event, pdu);
    } catch (IOException e) {
      lose(e);
      throw ended();
    }
  }

  private void fireQuietly(Event event, Pdu pdu) {
    try {
      state = state.on(event).perform(this, event, pdu);
    } catch (IOException e) {
      lose(e);
    }
  }

  /** Whether the peer connected and closed without a word, as health checks do. */
  boolean closedUnused() {
    return closedUnused;
  }

  private void lose(IOException cause) {
    failure = cause;
    if (cause instanceof SSLException && end == null) {
      end = new AssociationAborted("TLS refused: " + cause.getMessage(), cause);
      connection.awaitPeersClose();
    }
    if (state == State.STA2 && end == null) {
      closedUnused = invalidPdu == null;
      end = new AssociationAborted("the peer closed before it asked for an association");
    }
    if (state != State.STA1) {
      fireQuietly(Event.TRANSPORT_CLOSED, null);
    }
    closeTransport();
  }

  /** Sends A-ABORT as service user; does nothing if there is no association left. */
  void abort(String why) {
    if (state == State.STA1 || state == State.STA13) {
      return;
    }
    if (end == null) {
      end = new AssociationAborted(why);
    }
    if (state == State.STA2) {
      fireQuietly(Event.INVALID_PDU_RECEIVED, Pdu.Abort.byUser());
    } else {
      fireQuietly(Event.ABORT_REQUEST, null);
    }
    halfClose();
  }

  /** Answers a PDU that can be read but makes no sense with A-ABORT, invalid parameter. */
  AssociationAborted abortInvalid(String why) {
    invalidPdu = why;
    fireQuietly(Event.INVALID_PDU_RECEIVED, Pdu.Abort.byProvider(Pdu.Abort.INVALID_PARAMETER));
    halfClose();
    return ended();
  }

  /** From any thread: the association is aborted at its next wait for the peer. */
  void requestAbort() {
    abortRequested = true;
    Connection open = connection;
    if (open != null) {
      open.endReads();
    }
  }

  /** Answers the release that the peer asked for, if it did. */
  void answerRelease() throws AssociationAborted {
    if (state == State.STA8) {
      fire(Event.RELEASE_RESPONSE, null);
    }
  }

  /** Releases the association as its requestor, through a collision if need be (PS3.8 §7.2). */
  void release(Duration patience) throws AssociationAborted {
    fire(Event.RELEASE_REQUEST, null);
    while (true) {
      Pdu pdu = await(patience);
      if (pdu instanceof Pdu.ReleaseRp) {
        return;
      }
      if (pdu instanceof Pdu.ReleaseRq) {
        fire(Event.RELEASE_RESPONSE, null);
      }
    }
  }

  /** In {@link State#STA13}: reads on until the peer closes or ARTIM expires, then closes. */
  void awaitTransportClose() {
    while (state == State.STA13) {
      if (invalidPdu == null) {
        receive(Instant.MAX);
      } else {
        discardInput();
      }
    }
    close();
  }

  private void discardInput() {
    byte[] sink = new byte[8192];
    connection.readUntil(artim);
    try {
      int left = MAX_DISCARDED;
      while (left > 0) {
        int n = connection.input().read(sink);
        if (n < 0) {
          break;
        }
        left -= n;
      }
      fireQuietly(Event.TRANSPORT_CLOSED, null);
    } catch (SocketTimeoutException e) {
      fireQuietly(Event.ARTIM_EXPIRED, null);
    } catch (IOException e) {
      lose(e);
    }
  }

  /** Takes one PDU, end of stream or time-out to the state machine. */
  private void receive(Instant userDeadline) {
    boolean artimRuns = !artim.equals(Instant.MAX);
    connection.readUntil(artimRuns ? artim : userDeadline);
    try {
      if (!connection.awaitInput()) {
        throw new EOFException("the peer closed the connection");
      }
      if (!artimRuns) {
        connection.readUntil(clock.instant().plus(dataTimeout));
      }
      Pdu pdu = decoder.read();
      fireQuietly(Event.receiptOf(pdu), pdu);
    } catch (SocketTimeoutException e) {
      if (artimRuns) {
        if (end == null) {
          end = new AssociationAborted("the peer sent no request within " + artimTimeout.toSeconds() + " s");
        }
        fireQuietly(Event.ARTIM_EXPIRED, null);
      } else {
        abort("aborted by us: the peer took too long");
      }
    } catch (InvalidPdu e) {
      invalidPdu = e.getMessage();
      fireQuietly(Event.INVALID_PDU_RECEIVED, Pdu.Abort.byProvider(e.reason()));
      halfClose();
    } catch (IOException e) {
      if (abortRequested && state != State.STA13) {
        abort("aborted by us: the node is shutting down");
      } else {
        lose(e);
      }
    }
  }

  private AssociationAborted ended() {
    if (end == null) {
      end =
          invalidPdu != null
              ? new AssociationAborted("aborted by us: " + invalidPdu)
              : new AssociationAborted("association over, in state " + state, failure);
    }
    return end;
  }

  private void halfClose() {
    try {
      if (state == State.STA13) {
        connection.shutdownOutput();
      }
    } catch (IOException e) {
      lose(e);
    }
  }

  @Override
  public boolean isRequestor() {
    return requestor;
  }

  /** Protocol, cipher suite and certificate of the peer; empty without TLS. */
  Optional<String> security() {
    return connection.security();
  }

  @Override
  public void connect() {
    try {
      use(connector.open());
    } catch (IOException e) {
      failure = e;
    }
  }

  @Override
  public void send(Pdu pdu) throws IOException {
    PduEncoder.write(pdu, connection.output());
    if (!(pdu instanceof Pdu.DataTf)) {
      connection.output().flush();
    }
  }

  /** Sends what P-DATA is still buffered. */
  void flush() throws AssociationAborted {
    try {
      connection.output().flush();
    } catch (IOException e) {
      lose(e);
      throw ended();
    }
  }

  @Override
  public void indicate(Pdu pdu) {
    if (pdu instanceof Pdu.Abort abort) {
      end = new AssociationAborted("aborted " + abort.describe());
    } else {
      indications.add(pdu);
    }
  }

  @Override
  public void indicateProviderAbort(Event event) {
    if (end != null) {
      return;
    }
    end =
        switch (event) {
          case TRANSPORT_CLOSED -> new AssociationAborted("connection lost: " + lossInWords(), failure);
          case INVALID_PDU_RECEIVED -> new AssociationAborted("aborted by us: " + invalidPdu);
          default -> new AssociationAborted("aborted by us: " + event + " was not expected in " + state);
        };
  }

  private String lossInWords() {
    return failure == null ? "closed" : failure.getMessage();
  }

  @Override
  public Optional<Pdu.AssociateRj> refusal(Pdu.AssociateRq request) {
    return (request.protocolVersion() & 1) == 0
        ? Optional.of(Pdu.AssociateRj.PROTOCOL_VERSION_NOT_SUPPORTED)
        : Optional.empty();
  }

  @Override
  public void startArtim() {
    artim = clock.instant().plus(artimTimeout);
  }

  @Override
  public void stopArtim() {
    artim = Instant.MAX;
  }

  @Override
  public void closeTransport() {
    if (connection != null) {
      connection.closeOrderly();
    }
  }

  /** Cuts the connection; from any thread. */
  @Override
  public void close() {
    if (connection != null) {
      connection.close();
    }
  }
}
