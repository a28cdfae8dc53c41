package nmsw.dicom.net;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.PixelDecoder;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.Dimse.Context;

/**
 * The SCU of the Study Root Query/Retrieve Information Model (PS3.4 Annex C): C-FIND, C-MOVE and C-GET on one
 * association, one operation at a time, for one thread. After an {@link AssociationAborted} the next operation opens
 * another one; another {@link DicomException} is the peer's refusal of one operation, with its status.
 *
 * <p>Identifiers are the caller's: Query/Retrieve Level, unique keys, and for C-FIND matching keys and empty
 * return keys (PS3.4 §C.4.1.1.3). The time-out for a response is that from one message to the next.
 */
public final class QueryRetrieve implements AutoCloseable {
  private static final String FIND = Uid.StudyRootQueryRetrieveInformationModelFind;
  private static final String MOVE = Uid.StudyRootQueryRetrieveInformationModelMove;
  private static final String GET = Uid.StudyRootQueryRetrieveInformationModelGet;

  private static final int MEDIUM_PRIORITY = 0;
  private static final int MAX_IDENTIFIER = 1 << 20;
  private static final ParseLimits IDENTIFIER_LIMITS =
      new ParseLimits(MAX_IDENTIFIER, MAX_IDENTIFIER, 8, 10_000, 10_000);

  /** No series has as many objects; a peer that goes on does not mean it. */
  private static final int MAX_MESSAGES = 200_000;

  /** What may have been on its way when the peer was told to stop. */
  private static final int MAX_AFTER_CANCEL = 1000;

  private final DicomClient client;
  private final AssociationInfo info;

  private QueryRetrieve(DicomClient client, String callingAeTitle) {
    this.client = client;
    RemoteAe remote = client.remote();
    info = new AssociationInfo(0, callingAeTitle, remote.aeTitle(), remote.host() + ":" + remote.port());
  }

  /**
   * Opens an association.
   *
   * @param storageClasses SOP classes that C-GET may bring, 12 at most, in Explicit or Implicit VR Little Endian or compressed
   *     in one of {@link PixelDecoder#transferSyntaxes()}; empty if there is no C-GET
   * @throws AssociationRejected if the peer refuses
   * @throws AssociationAborted if it does not answer in time, or aborts
   * @throws IOException if there is no connection
   */
  public static QueryRetrieve connect(
      RemoteAe remote, String callingAeTitle, Set<String> storageClasses, ClientConfig config)
      throws IOException {
    List<ProposedContext> contexts = new ArrayList<>();
    contexts.add(ProposedContext.uncompressed(FIND));
    contexts.add(ProposedContext.uncompressed(MOVE));
    if (!storageClasses.isEmpty()) {
      contexts.add(ProposedContext.uncompressed(GET));
    }
    new TreeSet<>(storageClasses).forEach(uid -> contexts.addAll(storageContexts(uid)));
    return new QueryRetrieve(
        DicomClient.connect(
            remote,
            callingAeTitle,
            contexts,
            AssociationOptions.none().withProvidedClasses(storageClasses),
            config),
        callingAeTitle);
  }

  /** Each compressed syntax in a context of its own: many archives send what they have as it is, or not at all. */
  private static List<ProposedContext> storageContexts(String sopClassUid) {
    List<ProposedContext> contexts = new ArrayList<>(List.of(ProposedContext.uncompressed(sopClassUid)));
    PixelDecoder.transferSyntaxes().stream()
        .filter(TransferSyntax::encapsulated)
        .forEach(syntax -> contexts.add(ProposedContext.of(sopClassUid, syntax)));
    return contexts;
  }

  /**
   * C-FIND (PS3.7 §9.1.2).
   *
   * @param limit matches that are wanted; a peer that has more is told to stop (C-CANCEL)
   * @param match is given each, and says whether to go on
   * @return whether those were all
   * @throws DicomException the peer's refusal
   */
  public boolean find(Dataset identifier, int limit, Predicate<Dataset> match) throws IOException {
    Operation operation = new Operation(FIND, "C-FIND", CommandSet.C_FIND_RQ);
    operation.send(identifier);
    int matches = 0;
    while (true) {
      Dimse.Message message = operation.receive();
      Dataset found = operation.answer(message);
      Status status = operation.status(message);
      if (!status.isPending()) {
        operation.requireNoFailure(message);
        return !operation.cancelled;
      }
      if (!message.command().hasDataset()) {
        throw client.abort("a pending response to C-FIND without an identifier");
      }
      if (!operation.cancelled && (++matches > limit || !match.test(found))) {
        operation.cancel();
      }
    }
  }

  /**
   * C-MOVE (PS3.7 §9.1.4).
   *
   * @param destination AE title that the peer is to send to; it must know its address
   * @param goOn asked after every response of the peer, which may send none before the last; if not, it is told
   *     to stop
   * @throws DicomException the peer's refusal
   */
  public Retrieval move(Dataset identifier, String destination, BooleanSupplier goOn) throws IOException {
    Operation operation = new Operation(MOVE, "C-MOVE", CommandSet.C_MOVE_RQ);
    operation.request.put(Tag.MoveDestination, AeTitle.check(destination));
    operation.send(identifier);
    while (true) {
      Dimse.Message message = operation.receive();
      Dataset failed = operation.answer(message);
      if (!operation.status(message).isPending()) {
        return operation.retrieval(message, failed);
      }
      operation.cancelUnless(goOn);
    }
  }

  /**
   * C-GET (PS3.7 §9.1.3): objects come on this association.
   *
   * @param handler takes them, as a server's would; {@link AssociationInfo#id} is 0, the calling title ours
   * @param maxObjectBytes largest data set taken; larger ones are answered with A700H
   * @param goOn asked after every object and response; if not, the peer is told to stop
   * @throws DicomException the peer's refusal
   */
  public Retrieval get(Dataset identifier, StoreHandler handler, long maxObjectBytes, BooleanSupplier goOn)
      throws IOException {
    Operation operation = new Operation(GET, "C-GET", CommandSet.C_GET_RQ);
    if (client.providedClasses().isEmpty()) {
      throw new DicomException(
          client.remote() + " did not accept to send objects on our association (role selection); use C-MOVE");
    }
    StorageProvider storage =
        new StorageProvider(
            client.association(),
            client.dimse(),
            info,
            handler,
            client.providedClasses()::contains,
            maxObjectBytes);
    operation.send(identifier);
    while (true) {
      Dimse.Message message = operation.receive();
      if (message.command().field() == CommandSet.C_STORE_RQ) {
        storage.store(message);
      } else {
        Dataset failed = operation.answer(message);
        if (!operation.status(message).isPending()) {
          return operation.retrieval(message, failed);
        }
      }
      operation.cancelUnless(goOn);
    }
  }

  /** Releases the association, or what is left of it; never throws. */
  @Override
  public void close() {
    client.close();
  }

  /** One request and the responses to it. */
  private final class Operation {
    private final Context context;
    private final String name;
    private final CommandSet request;
    private boolean cancelled;
    private int messagesLeft = MAX_MESSAGES;

    Operation(String sopClassUid, String name, int commandField) throws IOException {
      client.open();
      this.context = client.context(sopClassUid);
      this.name = name;
      this.request = new CommandSet(commandField).withDataset();
      request
          .put(Tag.AffectedSOPClassUID, sopClassUid)
          .put(Tag.MessageID, client.nextMessageId())
          .put(Tag.Priority, MEDIUM_PRIORITY);
    }

    void send(Dataset identifier) throws IOException {
      client.dimse().send(context, request, DicomClient.encoded(identifier, context.transferSyntax()));
    }

    Dimse.Message receive() throws IOException {
      if (messagesLeft-- == 0) {
        throw client.abort("the peer does not end " + name + (cancelled ? " after it was cancelled" : ""));
      }
      return client
          .dimse()
          .receive(client.config().responseTimeout())
          .orElseThrow(() -> client.abort("the peer asked for release instead of ending " + name));
    }

    /** The identifier of a response to this request; empty if it has none. */
    Dataset answer(Dimse.Message message) throws IOException {
      CommandSet response = message.command();
      if (response.field() != (request.field() | CommandSet.RESPONSE)
          || response.integer(Tag.MessageIDBeingRespondedTo).orElse(-1) != request.messageId()) {
        throw client.abort("the peer answered something else than " + name);
      }
      if (!response.hasDataset()) {
        return new Dataset();
      }
      Dimse.DatasetStream stream = client.dimse().dataset(message.context(), MAX_IDENTIFIER);
      try {
        Dataset identifier =
            DicomReader.readDataset(stream, message.context().transferSyntax(), IDENTIFIER_LIMITS);
        stream.drain();
        return identifier;
      } catch (AssociationAborted e) {
        throw e;
      } catch (DicomException e) {
        throw client.abort("identifier of a response to " + name + ": " + e.getMessage());
      }
    }

    Status status(Dimse.Message message) throws AssociationAborted {
      return new Status(
          message
              .command()
              .integer(Tag.Status)
              .orElseThrow(() -> client.abort("the peer answered " + name + " without a status")));
    }

    void requireNoFailure(Dimse.Message message) throws DicomException {
      Status status = status(message);
      if (status.isFailure()) {
        String comment = message.command().text(Tag.ErrorComment);
        throw new DicomException(
            status.code(),
            client.remote()
                + " refused "
                + name
                + " with "
                + status
                + (comment.isEmpty() ? "" : ": " + comment)
                + advice(status));
      }
    }

    private String advice(Status status) {
      return status.code() == 0xA801
          ? "; add " + request.text(Tag.MoveDestination) + " with this host and its port to the peer's list"
          : "";
    }

    Retrieval retrieval(Dimse.Message message, Dataset failed) throws DicomException {
      requireNoFailure(message);
      return new Retrieval(
          status(message),
          count(message, Tag.NumberOfCompletedSuboperations),
          count(message, Tag.NumberOfWarningSuboperations),
          count(message, Tag.NumberOfFailedSuboperations),
          count(message, Tag.NumberOfRemainingSuboperations),
          failed.strings(Tag.FailedSOPInstanceUIDList).stream().filter(Uid::isValid).toList());
    }

    private static int count(Dimse.Message message, int tag) {
      return message.command().integer(tag).orElse(0);
    }

    void cancelUnless(BooleanSupplier goOn) throws DicomException {
      if (!cancelled && !goOn.getAsBoolean()) {
        cancel();
      }
    }

    /** Tells the peer to stop (PS3.7 §9.3.2.3); it still sends what is on its way, and the last response. */
    void cancel() throws DicomException {
      CommandSet cancel = new CommandSet(CommandSet.C_CANCEL_RQ);
      cancel.put(Tag.MessageIDBeingRespondedTo, request.messageId());
      client.dimse().send(context, cancel);
      cancelled = true;
      messagesLeft = Math.min(messagesLeft, MAX_AFTER_CANCEL);
    }
  }
}
