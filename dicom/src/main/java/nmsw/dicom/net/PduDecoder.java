package nmsw.dicom.net;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import nmsw.dicom.net.Pdu.UserItem;

/**
 * Reads PDUs (PS3.8 §9.3). Lengths are checked against the limits before memory is taken, and item lengths
 * against what encloses them. Unknown items are skipped, as the standard asks; anything else that does not
 * fit is {@link InvalidPdu}.
 */
final class PduDecoder {
  private static final int MAX_UID = 64;
  private static final int MAX_CONTEXTS = 128;

  private final InputStream in;
  private final int maxAssociateLength;
  private final int maxDataLength;

  /** Limits count the bytes after a PDU's length field. */
  PduDecoder(InputStream in, int maxAssociateLength, int maxDataLength) {
    this.in = in;
    this.maxAssociateLength = maxAssociateLength;
    this.maxDataLength = maxDataLength;
  }

  /**
   * Reads the next PDU.
   *
   * @throws EOFException if the stream ends before or inside it
   * @throws InvalidPdu if it is not one; where the next PDU begins is then unknown
   */
  Pdu read() throws IOException {
    int type = in.read();
    if (type < 0) {
      throw new EOFException("connection closed");
    }
    if (type < Pdu.ASSOCIATE_RQ || type > Pdu.ABORT) {
      throw new InvalidPdu(
          Pdu.Abort.UNRECOGNIZED_PDU, String.format("not a DICOM PDU: first byte is %02XH", type));
    }
    byte[] header = in.readNBytes(5);
    if (header.length < 5) {
      throw new EOFException("connection closed inside a PDU header");
    }
    long length = ByteBuffer.wrap(header).getInt(1) & 0xFFFFFFFFL;
    checkLength(type, length);
    byte[] body = new byte[(int) length];
    if (in.readNBytes(body, 0, body.length) < length) {
      throw new EOFException("connection closed inside a PDU");
    }
    try {
      return decode(type, ByteBuffer.wrap(body));
    } catch (BufferUnderflowException e) {
      throw InvalidPdu.parameter("PDU type %d ends inside a field", type);
    }
  }

  private void checkLength(int type, long length) throws InvalidPdu {
    boolean associate = type == Pdu.ASSOCIATE_RQ || type == Pdu.ASSOCIATE_AC;
    if (associate || type == Pdu.DATA_TF) {
      int max = associate ? maxAssociateLength : maxDataLength;
      if (length > max) {
        throw InvalidPdu.parameter("PDU type %d announces %d bytes, the limit is %d", type, length, max);
      }
    } else if (length != 4) {
      throw InvalidPdu.parameter("PDU type %d announces %d bytes, it always has 4", type, length);
    }
  }

  private static Pdu decode(int type, ByteBuffer body) throws InvalidPdu {
    return switch (type) {
      case Pdu.ASSOCIATE_RQ -> associateRq(body);
      case Pdu.ASSOCIATE_AC -> associateAc(body);
      case Pdu.ASSOCIATE_RJ -> new Pdu.AssociateRj(u8(body, 1), u8(body, 2), u8(body, 3));
      case Pdu.DATA_TF -> data(body);
      case Pdu.RELEASE_RQ -> new Pdu.ReleaseRq();
      case Pdu.RELEASE_RP -> new Pdu.ReleaseRp();
      default -> new Pdu.Abort(u8(body, 2), u8(body, 3));
    };
  }

  private static Pdu data(ByteBuffer body) throws InvalidPdu {
    List<Pdu.Pdv> values = new ArrayList<>();
    while (body.hasRemaining()) {
      int length = body.getInt();
      if (length < 2 || length > body.remaining()) {
        throw InvalidPdu.parameter(
            "presentation data value of %d bytes where %d are left", length & 0xFFFFFFFFL, body.remaining());
      }
      ByteBuffer value = take(body, length);
      int contextId = value.get() & 0xFF;
      int control = value.get();
      values.add(new Pdu.Pdv(contextId, (control & 1) != 0, (control & 2) != 0, value.slice()));
    }
    if (values.isEmpty()) {
      throw InvalidPdu.parameter("P-DATA-TF without a presentation data value");
    }
    return new Pdu.DataTf(values);
  }

  private static Pdu associateRq(ByteBuffer body) throws InvalidPdu {
    Fixed fixed = fixed(body);
    String applicationContext = "";
    List<Pdu.PresentationContext> contexts = new ArrayList<>();
    BitSet ids = new BitSet();
    List<UserItem> userItems = new ArrayList<>();
    while (body.hasRemaining()) {
      int type = itemType(body);
      ByteBuffer item = itemValue(body);
      switch (type) {
        case 0x10 -> applicationContext = uid(item);
        case 0x20 -> contexts.add(proposed(item, ids));
        case 0x50 -> userInformation(item, userItems);
        default -> { }
      }
    }
    return new Pdu.AssociateRq(
        fixed.protocolVersion, fixed.called, fixed.calling, applicationContext, contexts, userItems);
  }

  private static Pdu associateAc(ByteBuffer body) throws InvalidPdu {
    Fixed fixed = fixed(body);
    String applicationContext = "";
    List<Pdu.ContextResult> contexts = new ArrayList<>();
    BitSet ids = new BitSet();
    List<UserItem> userItems = new ArrayList<>();
    while (body.hasRemaining()) {
      int type = itemType(body);
      ByteBuffer item = itemValue(body);
      switch (type) {
        case 0x10 -> applicationContext = uid(item);
        case 0x21 -> contexts.add(answered(item, ids));
        case 0x50 -> userInformation(item, userItems);
        default -> { }
      }
    }
    return new Pdu.AssociateAc(
        fixed.protocolVersion, fixed.called, fixed.calling, applicationContext, contexts, userItems);
  }

  private record Fixed(int protocolVersion, String called, String calling) {}

  private static Fixed fixed(ByteBuffer body) throws InvalidPdu {
    int protocolVersion = body.getShort() & 0xFFFF;
    body.getShort();
    String called = text(take(body, 16), "called AE title");
    String calling = text(take(body, 16), "calling AE title");
    take(body, 32);
    return new Fixed(protocolVersion, called, calling);
  }

  private static Pdu.PresentationContext proposed(ByteBuffer item, BitSet ids) throws InvalidPdu {
    int id = contextId(item, ids);
    take(item, 3);
    String abstractSyntax = "";
    List<String> transferSyntaxes = new ArrayList<>();
    while (item.hasRemaining()) {
      int type = itemType(item);
      ByteBuffer value = itemValue(item);
      switch (type) {
        case 0x30 -> abstractSyntax = uid(value);
        case 0x40 -> transferSyntaxes.add(uid(value));
        default -> { }
      }
    }
    return new Pdu.PresentationContext(id, abstractSyntax, transferSyntaxes);
  }

  private static Pdu.ContextResult answered(ByteBuffer item, BitSet ids) throws InvalidPdu {
    int id = contextId(item, ids);
    item.get();
    int result = item.get() & 0xFF;
    item.get();
    String transferSyntax = "";
    while (item.hasRemaining()) {
      int type = itemType(item);
      ByteBuffer value = itemValue(item);
      if (type == 0x40) {
        transferSyntax = uid(value);
      }
    }
    return new Pdu.ContextResult(id, result, transferSyntax);
  }

  private static int contextId(ByteBuffer item, BitSet ids) throws InvalidPdu {
    int id = item.get() & 0xFF;
    if (id % 2 == 0 || ids.get(id)) {
      throw InvalidPdu.parameter("presentation context id %d is %s", id, id % 2 == 0 ? "even" : "used twice");
    }
    ids.set(id);
    if (ids.cardinality() > MAX_CONTEXTS) {
      throw InvalidPdu.parameter("more than %d presentation contexts", MAX_CONTEXTS);
    }
    return id;
  }

  private static void userInformation(ByteBuffer item, List<UserItem> items) throws InvalidPdu {
    while (item.hasRemaining()) {
      int type = itemType(item);
      ByteBuffer value = itemValue(item);
      items.add(
          switch (type) {
            case 0x51 -> new UserItem.MaximumLength(value.getInt() & 0xFFFFFFFFL);
            case 0x52 -> new UserItem.ImplementationClass(uid(value));
            case 0x53 ->
                new UserItem.AsynchronousOperations(value.getShort() & 0xFFFF, value.getShort() & 0xFFFF);
            case 0x54 -> role(value);
            case 0x55 -> new UserItem.ImplementationVersion(text(value, "implementation version name"));
            case 0x56 -> new UserItem.Extended(uid(prefixed(value)), value.slice());
            case 0x58 ->
                new UserItem.Identity(
                    value.get() & 0xFF, value.get() != 0, prefixed(value), prefixed(value));
            case 0x59 -> new UserItem.IdentityResponse(prefixed(value));
            default -> new UserItem.Other(type, value);
          });
    }
  }

  private static UserItem role(ByteBuffer value) throws InvalidPdu {
    String sopClass = uid(prefixed(value));
    return new UserItem.RoleSelection(sopClass, value.get() != 0, value.get() != 0);
  }

  private static int itemType(ByteBuffer buffer) {
    int type = buffer.get() & 0xFF;
    buffer.get();
    return type;
  }

  private static ByteBuffer itemValue(ByteBuffer buffer) {
    return prefixed(buffer);
  }

  /** A field with a length of 16 bits before it. */
  private static ByteBuffer prefixed(ByteBuffer value) {
    return take(value, value.getShort() & 0xFFFF);
  }

  private static ByteBuffer take(ByteBuffer buffer, int length) {
    if (length > buffer.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer slice = buffer.slice(buffer.position(), length);
    buffer.position(buffer.position() + length);
    return slice;
  }

  private static String uid(ByteBuffer value) throws InvalidPdu {
    if (value.remaining() > MAX_UID + 1) {
      throw InvalidPdu.parameter("UID of %d characters, %d are allowed", value.remaining(), MAX_UID);
    }
    return text(value, "UID");
  }

  /** Printable ASCII without its padding (blanks before and after, zero bytes after). */
  private static String text(ByteBuffer value, String what) throws InvalidPdu {
    byte[] bytes = new byte[value.remaining()];
    value.get(bytes);
    int end = bytes.length;
    while (end > 0 && (bytes[end - 1] == 0 || bytes[end - 1] == ' ')) {
      end--;
    }
    for (int i = 0; i < end; i++) {
      if (bytes[i] < 0x20 || bytes[i] == 0x7F) {
        throw InvalidPdu.parameter("%s has character %02XH at %d", what, bytes[i] & 0xFF, i);
      }
    }
    return new String(bytes, 0, end, StandardCharsets.US_ASCII).strip();
  }

  private static int u8(ByteBuffer body, int index) {
    return body.get(index) & 0xFF;
  }
}
