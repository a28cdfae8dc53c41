package nmsw.dicom.net;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import nmsw.dicom.net.Pdu.UserItem;

/** Writes PDUs (PS3.8 §9.3): big endian, AE titles padded to 16 characters. */
final class PduEncoder {
  private final Body body = new Body();

  private PduEncoder() {}

  static void write(Pdu pdu, OutputStream out) throws IOException {
    if (pdu instanceof Pdu.DataTf data) {
      writeData(data, out);
      return;
    }
    PduEncoder encoder = new PduEncoder();
    int type = encoder.encode(pdu);
    writeHeader(out, type, encoder.body.size());
    encoder.body.writeTo(out);
  }

  private static void writeData(Pdu.DataTf pdu, OutputStream out) throws IOException {
    int length = 0;
    for (Pdu.Pdv pdv : pdu.values()) {
      length = Math.addExact(length, 6 + pdv.data().remaining());
    }
    writeHeader(out, Pdu.DATA_TF, length);
    for (Pdu.Pdv pdv : pdu.values()) {
      ByteBuffer data = pdv.data().duplicate();
      ByteBuffer header = ByteBuffer.allocate(6);
      header.putInt(2 + data.remaining()).put((byte) pdv.contextId());
      header.put((byte) ((pdv.command() ? 1 : 0) | (pdv.last() ? 2 : 0)));
      out.write(header.array());
      if (data.hasArray()) {
        out.write(data.array(), data.arrayOffset() + data.position(), data.remaining());
      } else {
        byte[] copy = new byte[data.remaining()];
        data.get(copy);
        out.write(copy);
      }
    }
  }

  private static void writeHeader(OutputStream out, int type, int length) throws IOException {
    out.write(ByteBuffer.allocate(6).put((byte) type).put((byte) 0).putInt(length).array());
  }

  private int encode(Pdu pdu) {
    if (pdu instanceof Pdu.AssociateRq rq) {
      associate(rq.protocolVersion(), rq.calledAeTitle(), rq.callingAeTitle(), rq.applicationContext());
      rq.contexts().forEach(this::proposed);
      userInformation(rq.userItems());
      return Pdu.ASSOCIATE_RQ;
    }
    if (pdu instanceof Pdu.AssociateAc ac) {
      associate(ac.protocolVersion(), ac.calledAeTitle(), ac.callingAeTitle(), ac.applicationContext());
      ac.contexts().forEach(this::answered);
      userInformation(ac.userItems());
      return Pdu.ASSOCIATE_AC;
    }
    if (pdu instanceof Pdu.AssociateRj rj) {
      body.u8(0).u8(rj.result()).u8(rj.source()).u8(rj.reason());
      return Pdu.ASSOCIATE_RJ;
    }
    if (pdu instanceof Pdu.Abort abort) {
      body.u8(0).u8(0).u8(abort.source()).u8(abort.reason());
      return Pdu.ABORT;
    }
    body.zeros(4);
    return pdu instanceof Pdu.ReleaseRq ? Pdu.RELEASE_RQ : Pdu.RELEASE_RP;
  }

  private void associate(int protocolVersion, String called, String calling, String applicationContext) {
    body.u16(protocolVersion).zeros(2).aeTitle(called).aeTitle(calling).zeros(32);
    body.item(0x10, new Body().text(applicationContext));
  }

  private void proposed(Pdu.PresentationContext context) {
    Body item = new Body().u8(context.id()).zeros(3);
    item.item(0x30, new Body().text(context.abstractSyntax()));
    context.transferSyntaxes().forEach(uid -> item.item(0x40, new Body().text(uid)));
    body.item(0x20, item);
  }

  private void answered(Pdu.ContextResult context) {
    Body item = new Body().u8(context.id()).u8(0).u8(context.result()).u8(0);
    item.item(0x40, new Body().text(context.transferSyntax()));
    body.item(0x21, item);
  }

  private void userInformation(List<UserItem> items) {
    Body all = new Body();
    items.forEach(item -> userItem(all, item));
    body.item(0x50, all);
  }

  private static void userItem(Body all, UserItem item) {
    if (item instanceof UserItem.MaximumLength length) {
      all.item(0x51, new Body().u32(length.bytes()));
    } else if (item instanceof UserItem.ImplementationClass implementation) {
      all.item(0x52, new Body().text(implementation.uid()));
    } else if (item instanceof UserItem.AsynchronousOperations window) {
      all.item(0x53, new Body().u16(window.invoked()).u16(window.performed()));
    } else if (item instanceof UserItem.RoleSelection role) {
      Body value = new Body().u16(role.sopClassUid().length()).text(role.sopClassUid());
      all.item(0x54, value.u8(role.scu() ? 1 : 0).u8(role.scp() ? 1 : 0));
    } else if (item instanceof UserItem.ImplementationVersion version) {
      all.item(0x55, new Body().text(version.name()));
    } else if (item instanceof UserItem.Extended extended) {
      Body value = new Body().u16(extended.sopClassUid().length()).text(extended.sopClassUid());
      all.item(0x56, value.bytes(extended.information()));
    } else if (item instanceof UserItem.Identity identity) {
      Body value = new Body().u8(identity.type()).u8(identity.responseRequested() ? 1 : 0);
      all.item(0x58, value.prefixed(identity.primary()).prefixed(identity.secondary()));
    } else if (item instanceof UserItem.IdentityResponse answer) {
      all.item(0x59, new Body().prefixed(answer.response()));
    } else if (item instanceof UserItem.Other other) {
      all.item(other.type(), new Body().bytes(other.value()));
    }
  }

  /** A growing field of bytes; items carry a 16-bit length and so at most 65535 bytes. */
  private static final class Body extends ByteArrayOutputStream {
    Body u8(int value) {
      write(value);
      return this;
    }

    Body u16(int value) {
      return u8(value >>> 8).u8(value);
    }

    Body u32(long value) {
      return u16((int) (value >>> 16)).u16((int) value);
    }

    Body zeros(int n) {
      writeBytes(new byte[n]);
      return this;
    }

    Body text(String value) {
      writeBytes(value.getBytes(StandardCharsets.US_ASCII));
      return this;
    }

    Body aeTitle(String title) {
      return text(String.format("%-16s", title));
    }

    Body bytes(ByteBuffer value) {
      byte[] copy = new byte[value.remaining()];
      value.duplicate().get(copy);
      writeBytes(copy);
      return this;
    }

    /** A field with a length of 16 bits before it. */
    Body prefixed(ByteBuffer value) {
      if (value.remaining() > 0xFFFF) {
        throw new IllegalArgumentException("a field of " + value.remaining() + " bytes, 65535 fit");
      }
      return u16(value.remaining()).bytes(value);
    }

    Body item(int type, Body value) {
      if (value.size() > 0xFFFF) {
        throw new IllegalArgumentException(
            String.format("item %02XH of an A-ASSOCIATE PDU has %d bytes, 65535 fit", type, value.size()));
      }
      u8(type).u8(0).u16(value.size()).writeBytes(value.toByteArray());
      return this;
    }
  }
}
