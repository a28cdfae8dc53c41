package nmsw.dicom.net;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import nmsw.dicom.DicomException;
import nmsw.dicom.Implementation;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.net.Dimse.Context;
import nmsw.dicom.net.Pdu.ContextResult;
import nmsw.dicom.net.Pdu.UserItem;

/** What the acceptor answers to an association request (PS3.8 §9.3.3, §9.3.4). */
final class Negotiation {
  private final ServerConfig config;
  private final ServerHandlers handlers;

  Negotiation(ServerConfig config, ServerHandlers handlers) {
    this.config = config;
    this.handlers = handlers;
  }

  /** Why the request is rejected whatever else goes on, if so. */
  Optional<Pdu.AssociateRj> refusal(Pdu.AssociateRq request, InetAddress peer) {
    if (!request.applicationContext().equals(Pdu.APPLICATION_CONTEXT)) {
      return Optional.of(Pdu.AssociateRj.APPLICATION_CONTEXT_NOT_SUPPORTED);
    }
    if (!config.calledAeTitles().isEmpty() && !config.calledAeTitles().contains(request.calledAeTitle())) {
      return Optional.of(Pdu.AssociateRj.CALLED_AE_NOT_RECOGNIZED);
    }
    if (!config.callingAeTitles().isEmpty()
        && !config.callingAeTitles().contains(request.callingAeTitle())) {
      return Optional.of(Pdu.AssociateRj.CALLING_AE_NOT_RECOGNIZED);
    }
    // No AE is known at such an address, whatever it calls itself.
    if (!config.callingAddresses().isEmpty()
        && config.callingAddresses().stream().noneMatch(block -> block.contains(peer))) {
      return Optional.of(Pdu.AssociateRj.CALLING_AE_NOT_RECOGNIZED);
    }
    return Optional.empty();
  }

  /** The acceptance; what is not answered in it is not supported (PS3.7 §D.3.3). */
  Pdu.AssociateAc accept(Pdu.AssociateRq request) {
    List<ContextResult> results = new ArrayList<>();
    request.contexts().forEach(context -> results.add(answer(context, roles(request, context.abstractSyntax()))));
    Set<String> accepted = new LinkedHashSet<>();
    for (int i = 0; i < results.size(); i++) {
      if (results.get(i).accepted()) {
        accepted.add(request.contexts().get(i).abstractSyntax());
      }
    }
    List<UserItem> items = new ArrayList<>(ownItems(config.maxPduLength()));
    Set<String> answered = new HashSet<>();
    for (UserItem item : request.userItems()) {
      if (item instanceof UserItem.AsynchronousOperations window && answered.add("window")) {
        items.add(window(window));
      } else if (item instanceof UserItem.RoleSelection role
          && accepted.contains(role.sopClassUid())
          && answered.add("role " + role.sopClassUid())) {
        items.add(roles(request, role.sopClassUid()));
      } else if (item instanceof UserItem.Extended extended
          && accepted.contains(extended.sopClassUid())
          && answered.add("extended " + extended.sopClassUid())) {
        extended(extended).ifPresent(items::add);
      } else if (item instanceof UserItem.Identity identity
          && identity.responseRequested()
          && handlers.authenticator().isPresent()
          && answered.add("identity")) {
        items.add(new UserItem.IdentityResponse(ByteBuffer.allocate(0)));
      }
    }
    return new Pdu.AssociateAc(
        1, request.calledAeTitle(), request.callingAeTitle(), Pdu.APPLICATION_CONTEXT, results, items);
  }

  /** What the peer may invoke at a time; of it we invoke one. 0 asks for any number (PS3.7 §D.3.3.3). */
  private UserItem window(UserItem.AsynchronousOperations proposed) {
    int max = config.maxOperations();
    int invoked = proposed.invoked() == 0 ? max : Math.min(max, proposed.invoked());
    return new UserItem.AsynchronousOperations(invoked, 1);
  }

  /** The roles that the requestor may take (PS3.7 §D.3.3.4); without asking for any it is SCU. */
  private UserItem.RoleSelection roles(Pdu.AssociateRq request, String sopClassUid) {
    UserItem.RoleSelection proposed =
        request.userItems().stream()
            .filter(item -> item instanceof UserItem.RoleSelection role && role.sopClassUid().equals(sopClassUid))
            .map(UserItem.RoleSelection.class::cast)
            .findFirst()
            .orElse(new UserItem.RoleSelection(sopClassUid, true, false));
    return new UserItem.RoleSelection(
        sopClassUid, proposed.scu() && provides(sopClassUid), proposed.scp() && uses(sopClassUid));
  }

  /** Whether we are SCP of a class. */
  private boolean provides(String sopClassUid) {
    return sopClassUid.equals(StorageCommitment.SOP_CLASS)
        ? handlers.commitmentProvider().isPresent()
        : config.takesAbstractSyntax(sopClassUid);
  }

  /** Whether we are SCU of a class on associations that a peer requested. */
  private boolean uses(String sopClassUid) {
    return sopClassUid.equals(StorageCommitment.SOP_CLASS) && handlers.commitmentListener().isPresent();
  }

  private Optional<UserItem> extended(UserItem.Extended proposed) {
    return handlers
        .extendedNegotiation()
        .flatMap(negotiation -> negotiation.answer(proposed.sopClassUid(), bytes(proposed.information())))
        .map(answer -> new UserItem.Extended(proposed.sopClassUid(), ByteBuffer.wrap(answer)));
  }

  /** Who the requestor says it is; the first identity counts. */
  static Optional<UserIdentity> identity(Pdu.AssociateRq request) {
    return request.userItems().stream()
        .filter(UserItem.Identity.class::isInstance)
        .map(UserItem.Identity.class::cast)
        .findFirst()
        .map(
            item ->
                new UserIdentity(
                    item.type(), item.responseRequested(), bytes(item.primary()), bytes(item.secondary())));
  }

  /** Whether the acceptor says that it has looked at the requestor's identity, if it was asked to (PS3.7 §D.3.3.7). */
  static boolean isIdentityConfirmed(Pdu.AssociateRq request, Pdu.AssociateAc answer) {
    return identity(request).filter(UserIdentity::responseRequested).isEmpty()
        || answer.userItems().stream().anyMatch(UserItem.IdentityResponse.class::isInstance);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] copy = new byte[buffer.remaining()];
    buffer.duplicate().get(copy);
    return copy;
  }

  static List<UserItem> ownItems(int maxPduLength) {
    return List.of(
        new UserItem.MaximumLength(maxPduLength),
        new UserItem.ImplementationClass(Implementation.CLASS_UID),
        new UserItem.ImplementationVersion(Implementation.VERSION_NAME));
  }

  /** What a requestor proposes beside contexts. */
  static List<UserItem> items(AssociationOptions options) {
    List<UserItem> items = new ArrayList<>();
    if (options.operations() > 1) {
      items.add(new UserItem.AsynchronousOperations(options.operations(), 1));
    }
    new TreeSet<>(options.providedClasses())
        .forEach(uid -> items.add(new UserItem.RoleSelection(uid, false, true)));
    new TreeMap<>(options.extended())
        .forEach((uid, information) -> items.add(new UserItem.Extended(uid, ByteBuffer.wrap(information))));
    options
        .identity()
        .ifPresent(
            user ->
                items.add(
                    new UserItem.Identity(
                        user.type(),
                        user.responseRequested(),
                        ByteBuffer.wrap(user.primary()),
                        ByteBuffer.wrap(user.secondary()))));
    return items;
  }

  private ContextResult answer(Pdu.PresentationContext context, UserItem.RoleSelection roles) {
    String uid = context.abstractSyntax();
    if (!provides(uid) && !uses(uid)) {
      return refused(context, ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED);
    }
    if (!roles.scu() && !roles.scp()) {
      return refused(context, ContextResult.USER_REJECTION);
    }
    List<TransferSyntax> preference =
        !config.takesStorage(uid)
            ? List.of(TransferSyntax.EXPLICIT_LE, TransferSyntax.IMPLICIT_LE)
            : config.transferSyntaxes();
    return preference.stream()
        .map(TransferSyntax::uid)
        .filter(context.transferSyntaxes()::contains)
        .findFirst()
        .map(chosen -> new ContextResult(context.id(), ContextResult.ACCEPTANCE, chosen))
        .orElseGet(() -> refused(context, ContextResult.TRANSFER_SYNTAXES_NOT_SUPPORTED));
  }

  private static ContextResult refused(Pdu.PresentationContext context, int result) {
    String any = context.transferSyntaxes().isEmpty() ? "" : context.transferSyntaxes().get(0);
    return new ContextResult(context.id(), result, any);
  }

  /** The contexts that an answer accepts, by their id, as far as they were proposed. */
  static Map<Integer, Context> accepted(Pdu.AssociateRq request, Pdu.AssociateAc answer)
      throws DicomException {
    Map<Integer, Pdu.PresentationContext> proposed = new LinkedHashMap<>();
    request.contexts().forEach(context -> proposed.put(context.id(), context));
    Map<Integer, Context> contexts = new LinkedHashMap<>();
    for (ContextResult result : answer.contexts()) {
      Pdu.PresentationContext context = proposed.get(result.id());
      if (result.accepted()
          && context != null
          && context.transferSyntaxes().contains(result.transferSyntax())) {
        TransferSyntax syntax = TransferSyntax.of(result.transferSyntax());
        contexts.put(result.id(), new Context(result.id(), context.abstractSyntax(), syntax));
      }
    }
    return contexts;
  }

  /**
   * The classes of accepted contexts for which the acceptor agreed that the requestor is their SCP (PS3.7
   * §D.3.3.4).
   */
  static Set<String> providedClasses(Pdu.AssociateRq request, Pdu.AssociateAc answer)
      throws DicomException {
    Set<String> provided = new HashSet<>(classesInScpRole(request.userItems()));
    provided.retainAll(classesInScpRole(answer.userItems()));
    provided.retainAll(accepted(request, answer).values().stream().map(Context::abstractSyntax).toList());
    return provided;
  }

  /** Operations that the requestor may have under way. */
  static int window(Pdu.AssociateRq request, Pdu.AssociateAc answer) {
    int proposed = invoked(request.userItems());
    int accepted = invoked(answer.userItems());
    return accepted == 0 ? proposed : Math.min(proposed, accepted);
  }

  private static int invoked(List<UserItem> items) {
    return items.stream()
        .filter(UserItem.AsynchronousOperations.class::isInstance)
        .mapToInt(item -> ((UserItem.AsynchronousOperations) item).invoked())
        .findFirst()
        .orElse(1);
  }

  /** The acceptor's service-class application information for a class. */
  static Map<String, byte[]> extended(Pdu.AssociateAc answer) {
    Map<String, byte[]> all = new HashMap<>();
    for (UserItem item : answer.userItems()) {
      if (item instanceof UserItem.Extended extended) {
        all.put(extended.sopClassUid(), bytes(extended.information()));
      }
    }
    return all;
  }

  private static List<String> classesInScpRole(List<UserItem> items) {
    return items.stream()
        .filter(item -> item instanceof UserItem.RoleSelection role && role.scp())
        .map(item -> ((UserItem.RoleSelection) item).sopClassUid())
        .toList();
  }
}
