package nmsw.dicom.net;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The seven protocol data units of the DICOM upper layer (PS3.8 §9.3). */
sealed interface Pdu {
  String APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1";

  int ASSOCIATE_RQ = 0x01;
  int ASSOCIATE_AC = 0x02;
  int ASSOCIATE_RJ = 0x03;
  int DATA_TF = 0x04;
  int RELEASE_RQ = 0x05;
  int RELEASE_RP = 0x06;
  int ABORT = 0x07;

  /** A-ASSOCIATE-RQ (PS3.8 §9.3.2); AE titles without their padding. */
  record AssociateRq(
      int protocolVersion,
      String calledAeTitle,
      String callingAeTitle,
      String applicationContext,
      List<PresentationContext> contexts,
      List<UserItem> userItems)
      implements Pdu {
    public AssociateRq {
      contexts = List.copyOf(contexts);
      userItems = List.copyOf(userItems);
    }
  }

  /** A-ASSOCIATE-AC (PS3.8 §9.3.3). */
  record AssociateAc(
      int protocolVersion,
      String calledAeTitle,
      String callingAeTitle,
      String applicationContext,
      List<ContextResult> contexts,
      List<UserItem> userItems)
      implements Pdu {
    public AssociateAc {
      contexts = List.copyOf(contexts);
      userItems = List.copyOf(userItems);
    }
  }

  /** A-ASSOCIATE-RJ (PS3.8 §9.3.4, Table 9-21). */
  record AssociateRj(int result, int source, int reason) implements Pdu {
    static final AssociateRj NO_REASON_GIVEN = new AssociateRj(1, 1, 1);
    static final AssociateRj APPLICATION_CONTEXT_NOT_SUPPORTED = new AssociateRj(1, 1, 2);
    static final AssociateRj CALLING_AE_NOT_RECOGNIZED = new AssociateRj(1, 1, 3);
    static final AssociateRj CALLED_AE_NOT_RECOGNIZED = new AssociateRj(1, 1, 7);
    static final AssociateRj PROTOCOL_VERSION_NOT_SUPPORTED = new AssociateRj(1, 2, 2);
    static final AssociateRj TEMPORARY_CONGESTION = new AssociateRj(2, 3, 1);
    static final AssociateRj LOCAL_LIMIT_EXCEEDED = new AssociateRj(2, 3, 2);
  }

  /** P-DATA-TF (PS3.8 §9.3.5). */
  record DataTf(List<Pdv> values) implements Pdu {
    public DataTf {
      values = List.copyOf(values);
    }
  }

  /** A-RELEASE-RQ (PS3.8 §9.3.6). */
  record ReleaseRq() implements Pdu {}

  /** A-RELEASE-RP (PS3.8 §9.3.7). */
  record ReleaseRp() implements Pdu {}

  /** A-ABORT (PS3.8 §9.3.8, Table 9-26). */
  record Abort(int source, int reason) implements Pdu {
    static final int SERVICE_USER = 0;
    static final int SERVICE_PROVIDER = 2;

    static final int REASON_NOT_SPECIFIED = 0;
    static final int UNRECOGNIZED_PDU = 1;
    static final int UNEXPECTED_PDU = 2;
    static final int INVALID_PARAMETER = 6;

    static Abort byUser() {
      return new Abort(SERVICE_USER, REASON_NOT_SPECIFIED);
    }

    static Abort byProvider(int reason) {
      return new Abort(SERVICE_PROVIDER, reason);
    }

    String describe() {
      if (source == SERVICE_USER) {
        return "by the peer's application";
      }
      return "by the peer's protocol layer: "
          + switch (reason) {
            case REASON_NOT_SPECIFIED -> "no reason given";
            case UNRECOGNIZED_PDU -> "unrecognized PDU";
            case UNEXPECTED_PDU -> "unexpected PDU";
            case 4 -> "unrecognized PDU parameter";
            case 5 -> "unexpected PDU parameter";
            case INVALID_PARAMETER -> "invalid PDU parameter value";
            default -> "reason " + reason;
          };
    }
  }

  /** Presentation data value: a fragment of a command set or of a data set (PS3.8 §9.3.5.1, Annex E.2). */
  record Pdv(int contextId, boolean command, boolean last, ByteBuffer data) {}

  /** Presentation context as proposed (PS3.8 §9.3.2.2). */
  record PresentationContext(int id, String abstractSyntax, List<String> transferSyntaxes) {
    public PresentationContext {
      transferSyntaxes = List.copyOf(transferSyntaxes);
    }
  }

  /**
   * The answer to a proposed presentation context (PS3.8 §9.3.3.2); the transfer syntax counts only if
   * accepted.
   */
  record ContextResult(int id, int result, String transferSyntax) {
    static final int ACCEPTANCE = 0;
    static final int USER_REJECTION = 1;
    static final int NO_REASON = 2;
    static final int ABSTRACT_SYNTAX_NOT_SUPPORTED = 3;
    static final int TRANSFER_SYNTAXES_NOT_SUPPORTED = 4;

    boolean accepted() {
      return result == ACCEPTANCE;
    }
  }

  /** Sub-item of the user information item (PS3.8 Annex D, PS3.7 Annex D.3.3). */
  sealed interface UserItem {
    /**
     * Largest P-DATA-TF that the sender of the item takes, in bytes after the PDU's length field; 0 = any.
     */
    record MaximumLength(long bytes) implements UserItem {}

    record ImplementationClass(String uid) implements UserItem {}

    record ImplementationVersion(String name) implements UserItem {}

    record AsynchronousOperations(int invoked, int performed) implements UserItem {}

    record RoleSelection(String sopClassUid, boolean scu, boolean scp) implements UserItem {}

    /** SOP class extended negotiation (PS3.7 §D.3.3.5). */
    record Extended(String sopClassUid, ByteBuffer information) implements UserItem {}

    /** User identity (PS3.7 Table D.3-14). */
    record Identity(int type, boolean responseRequested, ByteBuffer primary, ByteBuffer secondary)
        implements UserItem {
      /** Without what it is that proves the identity. */
      @Override
      public String toString() {
        return "Identity[type=" + type + "]";
      }
    }

    /** The acceptor's answer to an identity (PS3.7 Table D.3-15); empty for usernames. */
    record IdentityResponse(ByteBuffer response) implements UserItem {}

    /** A sub-item that is carried but not understood, and so ignored. */
    record Other(int type, ByteBuffer value) implements UserItem {}
  }

  static OptionalInt maximumLength(List<UserItem> items) {
    return items.stream()
        .filter(UserItem.MaximumLength.class::isInstance)
        .mapToInt(item -> (int) Math.min(Integer.MAX_VALUE, ((UserItem.MaximumLength) item).bytes()))
        .findFirst();
  }

  static Optional<String> implementationVersion(List<UserItem> items) {
    return items.stream()
        .filter(UserItem.ImplementationVersion.class::isInstance)
        .map(item -> ((UserItem.ImplementationVersion) item).name())
        .findFirst();
  }
}
