package nmsw.dicom.net;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ScheduledExecutorService;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.Dimse.Context;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An association as its requestor: C-ECHO and C-STORE, one operation at a time, for one thread. After an
 * {@link AssociationAborted} the client is of no more use; other failures concern one object only.
 */
public final class DicomClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DicomClient.class);
  private static final int MAX_CONTEXTS = 128;
  private static final int MEDIUM_PRIORITY = 0;

  private final RemoteAe remote;
  private final ClientConfig config;
  private final ScheduledExecutorService watches;
  private final Association association;
  private final Map<Integer, Context> contexts;
  private final Set<String> providedClasses;
  private final Dimse dimse;
  private int messageId;

  private DicomClient(
      RemoteAe remote,
      ClientConfig config,
      ScheduledExecutorService watches,
      Association association,
      Map<Integer, Context> contexts,
      Set<String> providedClasses,
      int peerMaxLength) {
    this.remote = remote;
    this.config = config;
    this.watches = watches;
    this.association = association;
    this.contexts = contexts;
    this.providedClasses = providedClasses;
    this.dimse =
        new Dimse(association, contexts, peerMaxLength, config.maxPduLength(), config.responseTimeout());
  }

  /**
   * Opens an association.
   *
   * @throws AssociationRejected if the peer refuses
   * @throws AssociationAborted if it does not answer in time, or aborts
   * @throws IOException if there is no connection
   */
  public static DicomClient connect(
      RemoteAe remote, String callingAeTitle, Collection<ProposedContext> contexts, ClientConfig config)
      throws IOException {
    return connect(remote, callingAeTitle, contexts, Set.of(), config);
  }

  /**
   * Opens an association on which the peer may send objects too.
   *
   * @param provided SOP classes that the SCP's role is asked for, and only that (PS3.7 §D.3.3.4)
   */
  static DicomClient connect(
      RemoteAe remote,
      String callingAeTitle,
      Collection<ProposedContext> contexts,
      Set<String> provided,
      ClientConfig config)
      throws IOException {
    Pdu.AssociateRq request = request(remote, AeTitle.check(callingAeTitle), contexts, provided, config);
    ScheduledExecutorService watches = Watches.start();
    try {
      return associate(remote, request, config, watches);
    } catch (IOException | RuntimeException e) {
      watches.shutdownNow();
      throw e;
    }
  }

  private static Pdu.AssociateRq request(
      RemoteAe remote,
      String calling,
      Collection<ProposedContext> contexts,
      Set<String> provided,
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
    new TreeSet<>(provided).forEach(uid -> items.add(new Pdu.UserItem.RoleSelection(uid, false, true)));
    return new Pdu.AssociateRq(1, remote.aeTitle(), calling, Pdu.APPLICATION_CONTEXT, proposed, items);
  }

  private static DicomClient associate(
      RemoteAe remote, Pdu.AssociateRq request, ClientConfig config, ScheduledExecutorService watches)
      throws IOException {
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
      return new DicomClient(
          remote,
          config,
          watches,
          association,
          Negotiation.accepted(request, acceptance),
          Negotiation.providedClasses(request, acceptance),
          peerMax);
    } catch (IOException | RuntimeException e) {
      association.abort("aborted by us");
      association.awaitTransportClose();
      throw e;
    }
  }

  /** Whether the peer takes objects of a class at all. */
  public boolean accepts(String sopClassUid) {
    return contexts.values().stream().anyMatch(context -> context.abstractSyntax().equals(sopClassUid));
  }

  /** C-ECHO (PS3.7 §9.1.5). */
  public Status echo() throws IOException {
    Context context = context(Uid.Verification);
    CommandSet command = new CommandSet(CommandSet.C_ECHO_RQ);
    command.put(Tag.AffectedSOPClassUID, Uid.Verification).put(Tag.MessageID, nextMessageId());
    dimse.send(context, command);
    return response(command, "C-ECHO");
  }

  /**
   * Sends a Part 10 file: its data set as it stands if the peer took its transfer syntax, else converted
   * between Explicit and Implicit VR Little Endian.
   *
   * @return what the peer answered
   * @throws DicomException if it is no DICOM file, or the peer took no syntax that it can be sent in
   */
  public Status store(Path part10File) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(part10File), 64 * 1024)) {
      FileHead head = FileHead.read(in);
      Optional<Context> context = context(head.sopClassUid(), head.transferSyntax());
      if (context.isPresent()) {
        return store(context.get(), head.sopInstanceUid(), in);
      }
      Context other = convertible(head.sopClassUid(), head.transferSyntax());
      Dataset dataset = DicomReader.read(part10File).dataset();
      return store(other, head.sopInstanceUid(), encoded(dataset, other.transferSyntax()));
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
    String sopClass = dataset.requireString(Tag.SOPClassUID);
    String instance = dataset.requireString(Tag.SOPInstanceUID);
    Optional<Context> exact = context(sopClass, ts);
    Context context = exact.isPresent() ? exact.get() : convertible(sopClass, ts);
    return store(context, instance, encoded(dataset, context.transferSyntax()));
  }

  static InputStream encoded(Dataset dataset, TransferSyntax syntax) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DicomWriter.writeDataset(bytes, dataset, syntax);
    return new ByteArrayInputStream(bytes.toByteArray());
  }

  /** The first context of a SOP class. */
  Context context(String sopClassUid) throws DicomException {
    return contexts.values().stream()
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
    return association;
  }

  Dimse dimse() {
    return dimse;
  }

  /** SOP classes of accepted contexts whose objects the peer may send. */
  Set<String> providedClasses() {
    return providedClasses;
  }

  private Optional<Context> context(String sopClassUid, TransferSyntax syntax) {
    return contexts.values().stream()
        .filter(c -> c.abstractSyntax().equals(sopClassUid) && c.transferSyntax().equals(syntax))
        .findFirst();
  }

  private Context convertible(String sopClassUid, TransferSyntax syntax) throws DicomException {
    List<Context> ofClass =
        contexts.values().stream().filter(c -> c.abstractSyntax().equals(sopClassUid)).toList();
    return ofClass.stream()
        .filter(c -> isPlain(c.transferSyntax()) && isPlain(syntax))
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

  private static boolean isPlain(TransferSyntax syntax) {
    return syntax.equals(TransferSyntax.EXPLICIT_LE) || syntax.equals(TransferSyntax.IMPLICIT_LE);
  }

  private Status store(Context context, String sopInstanceUid, InputStream dataset) throws IOException {
    CommandSet command = new CommandSet(CommandSet.C_STORE_RQ).withDataset();
    command
        .put(Tag.AffectedSOPClassUID, context.abstractSyntax())
        .put(Tag.AffectedSOPInstanceUID, sopInstanceUid)
        .put(Tag.MessageID, nextMessageId())
        .put(Tag.Priority, MEDIUM_PRIORITY);
    try {
      dimse.send(context, command, dataset);
    } catch (AssociationAborted e) {
      throw e;
    } catch (IOException e) {
      association.abort("aborted by us: the object can't be read: " + e.getMessage());
      throw new AssociationAborted("SOP instance " + sopInstanceUid + " could not be read to its end", e);
    }
    return response(command, "C-STORE of SOP instance " + sopInstanceUid);
  }

  private Status response(CommandSet request, String what) throws IOException {
    Dimse.Message message =
        dimse
            .receive(config.responseTimeout())
            .orElseThrow(() -> abort("the peer asked for release instead of answering " + what));
    CommandSet response = message.command();
    if (response.hasDataset()) {
      dimse.dataset(message.context(), config.maxPduLength()).drain();
    }
    boolean answersIt =
        response.field() == (request.field() | CommandSet.RESPONSE)
            && response.requireInteger(Tag.MessageIDBeingRespondedTo) == request.messageId();
    if (!answersIt) {
      throw abort("the peer answered something else than " + what);
    }
    Status status = new Status(response.requireInteger(Tag.Status));
    if (!status.isSuccess()) {
      LOG.warn("{} answered {} with {}: {}", remote, what, status, response.text(Tag.ErrorComment));
    }
    return status;
  }

  AssociationAborted abort(String why) {
    association.abort("aborted by us: " + why);
    return new AssociationAborted("aborted by us: " + why);
  }

  int nextMessageId() {
    messageId = messageId % 0xFFFF + 1;
    return messageId;
  }

  /** Releases the association, or what is left of it; never throws. */
  @Override
  public void close() {
    try {
      if (association.isEstablished()) {
        association.release(config.releaseTimeout());
      }
    } catch (AssociationAborted e) {
      LOG.warn("association with {} not released: {}", remote, e.getMessage());
    } finally {
      association.awaitTransportClose();
      watches.shutdownNow();
    }
  }
}
