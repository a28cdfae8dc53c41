package nmsw.dicom.net;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.DicomException;
import nmsw.dicom.Implementation;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.Dimse.Context;
import nmsw.dicom.net.Pdu.ContextResult;
import nmsw.dicom.net.Pdu.UserItem;

/** What the acceptor answers to an association request (PS3.8 §9.3.3, §9.3.4). */
final class Negotiation {
  private final ServerConfig config;

  Negotiation(ServerConfig config) {
    this.config = config;
  }

  /** Why the request is rejected whatever else goes on, if so. */
  Optional<Pdu.AssociateRj> refusal(Pdu.AssociateRq request) {
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
    return Optional.empty();
  }

  /**
   * The acceptance. Asynchronous operations, roles and identities are not negotiated: leaving their
   * sub-items out says so (PS3.7 §D.3.3.3, §D.3.3.4, §D.3.3.7).
   */
  Pdu.AssociateAc accept(Pdu.AssociateRq request) {
    List<ContextResult> results = new ArrayList<>();
    request.contexts().forEach(context -> results.add(answer(context)));
    return new Pdu.AssociateAc(
        1,
        request.calledAeTitle(),
        request.callingAeTitle(),
        Pdu.APPLICATION_CONTEXT,
        results,
        ownItems(config.maxPduLength()));
  }

  static List<UserItem> ownItems(int maxPduLength) {
    return List.of(
        new UserItem.MaximumLength(maxPduLength),
        new UserItem.ImplementationClass(Implementation.CLASS_UID),
        new UserItem.ImplementationVersion(Implementation.VERSION_NAME));
  }

  private ContextResult answer(Pdu.PresentationContext context) {
    String uid = context.abstractSyntax();
    if (!config.takesAbstractSyntax(uid)) {
      return refused(context, ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED);
    }
    List<TransferSyntax> preference =
        uid.equals(Uid.Verification)
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

  private static List<String> classesInScpRole(List<UserItem> items) {
    return items.stream()
        .filter(item -> item instanceof UserItem.RoleSelection role && role.scp())
        .map(item -> ((UserItem.RoleSelection) item).sopClassUid())
        .toList();
  }
}
