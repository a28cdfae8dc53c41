package nmsw.dicom.net;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.PixelDecoder;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.Dimse.Context;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Talks to one peer as requestor of associations: C-ECHO, C-STORE and storage commitment, for one thread. The association
 * is kept open from one operation to the next; where it was lost, or the peer has ended it meanwhile, the next operation
 * opens another one. {@link AssociationAborted} says that an operation was cut off, so that whether the peer has done it
 * is not known; other failures concern one object only.
 */
public final class DicomClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DicomClient.class);
  private static final int MAX_CONTEXTS = 128;
  private static final int MEDIUM_PRIORITY = 0;
  private static final int MAX_REPORTS = 100;
  private static final int MAX_COMMAND = 64 * 1024;
  private static final Duration MESSAGE_TIMEOUT = Duration.ofHours(1);

  private final RemoteAe remote;
  private final ClientConfig config;
  private final Pdu.AssociateRq request;
  private final ScheduledExecutorService watches;
  private final Queue<CommitmentReport> reports = new ArrayDeque<>();
  private Session session;
  private boolean closed;
  private int messageId;

  /** One association and what was agreed on it. */
  private record Session(
      Association association,
      Map<Integer, Context> contexts,
      Set<String> providedClasses,
      Map<String, byte[]> extended,
      int window,
      Dimse dimse) {}

  private DicomClient(
      RemoteAe remote, ClientConfig config, Pdu.AssociateRq request, ScheduledExecutorService watches) {
    this.remote = remote;
    this.config = config;
    this.request = request;
    this.watches = watches;
  }

  /** Opens an association with nothing but presentation contexts. */
  public static DicomClient connect(
      RemoteAe remote, String callingAeTitle, Collection<ProposedContext> contexts, ClientConfig config)
      throws IOException {
    return connect(remote, callingAeTitle, contexts, AssociationOptions.none(), config);
  }

  /**
   * Opens an association.
   *
   * @throws AssociationRejected if the peer refuses
   * @throws AssociationAborted if it does not answer in time, or aborts
   * @throws DicomException if it does not confirm a user identity for which that was asked
   * @throws IOException if there is no connection
   */
  public static DicomClient connect(
      RemoteAe remote,
      String callingAeTitle,
      Collection<ProposedContext> contexts,
      AssociationOptions options,
      ClientConfig config)
      throws IOException {
    Pdu.AssociateRq request = request(remote, AeTitle.check(callingAeTitle), contexts, options, config);
    ScheduledExecutorService watches = Watches.start();
    DicomClient client = new DicomClient(remote, config, request, watches);
    try {
      client.session = client.associate();
      return client;
    } catch (IOException | RuntimeException e) {
      watches.shutdownNow();
      throw e;
    }
  }

  private static Pdu.AssociateRq request(
      RemoteAe remote,
      String calling,
      Collection<ProposedContext> contexts,
      AssociationOptions options,
      ClientConfig config) {
    if (contexts.isEmpty() || contexts.size() > MAX_CONTEXTS) {
      throw new IllegalArgumentException("an association has 1 to 128 contexts, not " + contexts.size());
    }
    List<Pdu.PresentationContext> proposed = new ArrayList<>();
    for (ProposedContext context : contexts) {
      List<String> syntaxes = context.transferSyntaxes().stream().map(TransferSyntax::uid).toList();
      proposed.add(new Pdu.PresentationContext(2 * proposed.size() + 1, context.sopClassUid(), syntaxes));
    }
    List<Pdu.UserItem> items = new ArrayList<>(Negotiation.ownItems(config.maxPduLength()));
    items.addAll(Negotiation.items(options));
    return new Pdu.AssociateRq(1, remote.aeTitle(), calling, Pdu.APPLICATION_CONTEXT, proposed, items);
  }

  private Session associate() throws IOException {
    Association association;
    try {
      association =
          Association.request(
              () -> Connection.open(remote, config, watches),
              request,
              config.maxPduLength(),
              config.releaseTimeout(),
              config.responseTimeout(),
              config.clock());
    } catch (AssociationAborted e) {
      throw e;
    } catch (IOException e) {
      throw new IOException("no connection to " + remote + ": " + e.getMessage(), e);
    }
    try {
      Pdu answer = association.await(config.associateTimeout());
      if (answer instanceof Pdu.AssociateRj rejection) {
        throw new AssociationRejected(remote, request.callingAeTitle(), rejection);
      }
      Pdu.AssociateAc acceptance = (Pdu.AssociateAc) answer;
      int peerMax = Pdu.maximumLength(acceptance.userItems()).orElse(0);
      if (peerMax != 0 && peerMax < Dimse.MIN_PDU_LENGTH) {
        throw association.abortInvalid("maximum PDU length of " + peerMax + " bytes is too small");
      }
      if (!Negotiation.isIdentityConfirmed(request, acceptance)) {
        throw new DicomException(remote + " does not confirm the user identity; it may not know of any");
      }
      Map<Integer, Context> contexts = Negotiation.accepted(request, acceptance);
      return new Session(
          association,
          contexts,
          Negotiation.providedClasses(request, acceptance),
          Negotiation.extended(acceptance),
          Negotiation.window(request, acceptance),
          new Dimse(
              association,
              contexts,
              peerMax,
              config.maxPduLength(),
              config.responseTimeout(),
              MESSAGE_TIMEOUT,
              MAX_COMMAND));
    } catch (IOException | RuntimeException e) {
      association.abort("aborted by us");
      association.awaitTransportClose();
      throw e;
    }
  }

  /** Makes sure that there is an association; what was agreed on may differ from the last one's. */
  void open() throws IOException {
    if (closed) {
      throw new IllegalStateException("the client was closed");
    }
    if (!isOpen()) {
      LOG.info("association with {} is over; opening another one", remote);
      session.association.awaitTransportClose();
      session = associate();
    }
  }

  private boolean isOpen() {
    try {
      if (session.association.isEstablished()) {
        session.association.poll();
      }
      session.association.answerRelease();
    } catch (AssociationAborted e) {
      LOG.info("association with {} was ended: {}", remote, e.getMessage());
    }
    return session.association.isEstablished();
  }

  /** Whether the peer takes objects of a class at all. */
  public boolean accepts(String sopClassUid) {
    return session.contexts.values().stream().anyMatch(context -> context.abstractSyntax().equals(sopClassUid));
  }

  /** The peer's service-class application information for a class; empty if it gave none. */
  public Optional<byte[]> extendedNegotiation(String sopClassUid) {
    return Optional.ofNullable(session.extended.get(sopClassUid)).map(byte[]::clone);
  }

  /** C-ECHO (PS3.7 §9.1.5). */
  public Status echo() throws IOException {
    open();
    Context context = context(Uid.Verification);
    CommandSet command = new CommandSet(CommandSet.C_ECHO_RQ);
    command.put(Tag.AffectedSOPClassUID, Uid.Verification).put(Tag.MessageID, nextMessageId());
    session.dimse.send(context, command);
    return status(command, "C-ECHO");
  }

  /**
   * Sends a Part 10 file: its data set as it stands if the peer took its transfer syntax, else converted
   * between Explicit and Implicit VR Little Endian, or to one of them from the deflated form, or from pixel data that
   * lose nothing by it.
   *
   * @return what the peer answered
   * @throws DicomException if it is no DICOM file, or the peer took no syntax that it can be sent in
   */
  public Status store(Path part10File) throws IOException {
    open();
    CommandSet command = send(part10File);
    return status(command, inWords(command));
  }

  /**
   * Whether only the object is at fault that could not be sent: others may still be sent. Else the association was lost,
   * or there is none to be had.
   *
   * @param failure from {@link #store(Path)}, or of a {@link StoreResult}
   */
  public static boolean isOfObject(IOException failure) {
    return failure instanceof DicomException
        && !(failure instanceof AssociationAborted || failure instanceof AssociationRejected);
  }

  /**
   * Sends files, as many at a time as were agreed on. What was lost with an association is sent once more on another; where
   * none can be had, nothing more is sent.
   *
   * @return one result for each file, in their order
   */
  public List<StoreResult> storeAll(List<Path> part10Files) {
    return new StoreBatch(this, part10Files).run();
  }

  /** Operations that may be under way at a time. */
  int window() {
    return session.window;
  }

  /** Sends a C-STORE request on the association that there is, and does not wait for the answer. */
  CommandSet send(Path part10File) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(part10File), 64 * 1024)) {
      FileHead head = FileHead.read(in);
      Optional<Context> context = context(head.sopClassUid(), head.transferSyntax());
      if (context.isPresent()) {
        return send(context.get(), head.sopInstanceUid(), in);
      }
      Context other = convertible(head.sopClassUid(), head.transferSyntax());
      Dataset dataset = plain(DicomReader.read(part10File).dataset(), head.transferSyntax());
      return send(other, head.sopInstanceUid(), encoded(dataset, other.transferSyntax()));
    } catch (AssociationAborted e) {
      throw e;
    } catch (DicomException e) {
      throw new DicomException(part10File + ": " + e.getMessage(), e);
    }
  }

  /**
   * Sends a data set.
   *
   * @param ts its preferred transfer syntax; the other of Explicit and Implicit VR Little Endian is the
   *     second choice
   */
  public Status store(Dataset dataset, TransferSyntax ts) throws IOException {
    open();
    String sopClass = dataset.requireString(Tag.SOPClassUID);
    String instance = dataset.requireString(Tag.SOPInstanceUID);
    Optional<Context> exact = context(sopClass, ts);
    Context context = exact.isPresent() ? exact.get() : convertible(sopClass, ts);
    Dataset sent = exact.isPresent() ? dataset : plain(dataset, ts);
    CommandSet command = send(context, instance, encoded(sent, context.transferSyntax()));
    return status(command, inWords(command));
  }

  /**
   * Asks the peer to take the responsibility for objects (N-ACTION, PS3.4 §J.3.2). Its report comes later, on this
   * association, see {@link #awaitCommitment}, or on one that it opens to a server of ours, see {@link CommitmentListener}.
   *
   * @param transactionUid by which the report is known
   * @return whether the request was taken
   */
  public Status requestCommitment(String transactionUid, Collection<SopReference> objects) throws IOException {
    if (objects.isEmpty() || !Uid.isValid(transactionUid)) {
      throw new IllegalArgumentException("storage commitment needs objects and a Transaction UID");
    }
    open();
    Context context = context(StorageCommitment.SOP_CLASS);
    CommandSet command = StorageCommitment.action(nextMessageId());
    Dataset dataset = StorageCommitment.request(transactionUid, objects);
    session.dimse.send(context, command, encoded(dataset, context.transferSyntax()));
    return status(command, "storage commitment " + transactionUid);
  }

  /**
   * The next report of storage commitment that the peer sends on this association; those that came during other operations
   * are given first.
   *
   * @return empty if none comes in time; the association stays open
   * @throws AssociationAborted if the association was lost or ended by the peer
   */
  public Optional<CommitmentReport> awaitCommitment(Duration patience) throws IOException {
    Instant deadline = config.clock().instant().plus(patience);
    while (reports.isEmpty()) {
      Duration left = Duration.between(config.clock().instant(), deadline);
      if (left.isNegative() || !session.dimse.comesWithin(left)) {
        return Optional.empty();
      }
      Optional<Dimse.Message> message = session.dimse.receive(config.responseTimeout());
      if (message.isEmpty()) {
        session.association.answerRelease();
        session.association.awaitTransportClose();
        throw new AssociationAborted(remote + " released the association without a report of storage commitment");
      }
      if (!takeReport(message.get())) {
        throw abort("the peer sent something else than a report of storage commitment");
      }
    }
    return Optional.of(reports.remove());
  }

  /** Reports as SCP, on an association where that is our role. */
  Status reportCommitment(CommitmentReport report) throws IOException {
    open();
    if (!session.providedClasses.contains(StorageCommitment.SOP_CLASS)) {
      throw new DicomException(remote + " does not take reports of storage commitment (class or role refused)");
    }
    Context context = context(StorageCommitment.SOP_CLASS);
    CommandSet command = StorageCommitment.event(nextMessageId(), report);
    session.dimse.send(
        context, command, encoded(StorageCommitment.report(report), context.transferSyntax()));
    return status(command, "report of storage commitment " + report.transactionUid());
  }

  static InputStream encoded(Dataset dataset, TransferSyntax syntax) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DicomWriter.writeDataset(bytes, dataset, syntax);
    return new ByteArrayInputStream(bytes.toByteArray());
  }

  /** The first context of a SOP class. */
  Context context(String sopClassUid) throws DicomException {
    return session.contexts.values().stream()
        .filter(context -> context.abstractSyntax().equals(sopClassUid))
        .findFirst()
        .orElseThrow(
            () -> new DicomException(remote + " did not accept the SOP class " + Uid.nameOf(sopClassUid)));
  }

  RemoteAe remote() {
    return remote;
  }

  ClientConfig config() {
    return config;
  }

  Association association() {
    return session.association;
  }

  Dimse dimse() {
    return session.dimse;
  }

  /** SOP classes of accepted contexts whose objects the peer may send. */
  Set<String> providedClasses() {
    return session.providedClasses;
  }

  private Optional<Context> context(String sopClassUid, TransferSyntax syntax) {
    return session.contexts.values().stream()
        .filter(c -> c.abstractSyntax().equals(sopClassUid) && c.transferSyntax().equals(syntax))
        .findFirst();
  }

  private Context convertible(String sopClassUid, TransferSyntax syntax) throws DicomException {
    List<Context> ofClass =
        session.contexts.values().stream().filter(c -> c.abstractSyntax().equals(sopClassUid)).toList();
    return ofClass.stream()
        .filter(c -> isPlain(c.transferSyntax()) && canBePlain(syntax))
        .min(Comparator.comparing(c -> !c.transferSyntax().explicitVr()))
        .orElseThrow(
            () ->
                new DicomException(
                    Status.SOP_CLASS_NOT_SUPPORTED.code(),
                    remote
                        + " accepted "
                        + Uid.nameOf(sopClassUid)
                        + (ofClass.isEmpty()
                            ? " in no transfer syntax"
                            : " in " + ofClass.stream().map(Context::transferSyntax).toList())
                        + "; the object is in "
                        + syntax));
  }

  private static boolean canBePlain(TransferSyntax syntax) {
    return isPlain(syntax) || syntax.equals(TransferSyntax.DEFLATED_LE) || PixelDecoder.canDecompress(syntax);
  }

  private static Dataset plain(Dataset dataset, TransferSyntax syntax) throws DicomException {
    return syntax.encapsulated() ? PixelDecoder.decompressed(dataset, syntax) : dataset;
  }

  private static boolean isPlain(TransferSyntax syntax) {
    return syntax.equals(TransferSyntax.EXPLICIT_LE) || syntax.equals(TransferSyntax.IMPLICIT_LE);
  }

  private CommandSet send(Context context, String sopInstanceUid, InputStream dataset) throws IOException {
    CommandSet command = new CommandSet(CommandSet.C_STORE_RQ).withDataset();
    command
        .put(Tag.AffectedSOPClassUID, context.abstractSyntax())
        .put(Tag.AffectedSOPInstanceUID, sopInstanceUid)
        .put(Tag.MessageID, nextMessageId())
        .put(Tag.Priority, MEDIUM_PRIORITY);
    try {
      session.dimse.send(context, command, dataset);
    } catch (AssociationAborted e) {
      throw e;
    } catch (IOException e) {
      session.association.abort("aborted by us: the object can't be read: " + e.getMessage());
      throw new AssociationAborted("SOP instance " + sopInstanceUid + " could not be read to its end", e);
    }
    return command;
  }

  /** What a C-STORE is about; names of files may be those of patients. */
  static String inWords(CommandSet command) {
    return "C-STORE of SOP instance " + command.text(Tag.AffectedSOPInstanceUID);
  }

  /** Waits for the answer to the only request that is under way. */
  private Status status(CommandSet request, String what) throws IOException {
    CommandSet response = response(what);
    boolean answersIt =
        response.field() == (request.field() | CommandSet.RESPONSE)
            && response.requireInteger(Tag.MessageIDBeingRespondedTo) == request.messageId();
    if (!answersIt) {
      throw abort("the peer answered something else than " + what);
    }
    return logged(response, what);
  }

  Status logged(CommandSet response, String what) throws DicomException {
    Status status = new Status(response.requireInteger(Tag.Status));
    if (!status.isSuccess()) {
      LOG.warn("{} answered {} with {}: {}", remote, what, status, response.text(Tag.ErrorComment));
    }
    return status;
  }

  /** The next response, whatever it answers; reports that come before it are taken. */
  CommandSet response(String what) throws IOException {
    for (int i = 0; i < MAX_REPORTS; i++) {
      Dimse.Message message = next(what);
      if (!takeReport(message)) {
        if (message.command().hasDataset()) {
          session.dimse.dataset(message.context(), config.maxPduLength()).drain();
        }
        return message.command();
      }
    }
    throw abort("the peer reports storage commitment instead of answering " + what);
  }

  private Dimse.Message next(String what) throws IOException {
    return session
        .dimse
        .receive(config.responseTimeout())
        .orElseThrow(() -> abort("the peer asked for release instead of sending " + what));
  }

  /** Takes a report of storage commitment and answers it; false if the message is something else. */
  private boolean takeReport(Dimse.Message message) throws IOException {
    CommandSet command = message.command();
    if (command.field() != CommandSet.N_EVENT_REPORT_RQ
        || !message.context().abstractSyntax().equals(StorageCommitment.SOP_CLASS)) {
      return false;
    }
    CommandSet answer;
    try {
      CommitmentReport report = StorageCommitment.readEvent(session.dimse, message);
      if (reports.size() < MAX_REPORTS) {
        reports.add(report);
        answer = command.response(Status.SUCCESS);
      } else {
        answer = command.response(Status.PROCESSING_FAILURE).comment("too many reports");
      }
    } catch (AssociationAborted e) {
      throw e;
    } catch (DicomException e) {
      LOG.warn("report of storage commitment from {} refused: {}", remote, e.getMessage());
      answer = StorageCommitment.refusal(command, e);
    }
    session.dimse.send(message.context(), answer);
    return true;
  }

  AssociationAborted abort(String why) {
    session.association.abort("aborted by us: " + why);
    return new AssociationAborted("aborted by us: " + why);
  }

  int nextMessageId() {
    messageId = messageId % 0xFFFF + 1;
    return messageId;
  }

  /** Releases the association, or what is left of it; never throws. */
  @Override
  public void close() {
    closed = true;
    try {
      session.association.answerRelease();
      if (session.association.isEstablished()) {
        session.association.release(config.releaseTimeout());
      }
    } catch (AssociationAborted e) {
      LOG.warn("association with {} not released: {}", remote, e.getMessage());
    } finally {
      session.association.awaitTransportClose();
      watches.shutdownNow();
    }
  }
}
