package nmsw.dicom.net;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.PushbackInputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;

/** A peer that says exactly what a test wants it to, on a plain socket. */
final class RawPeer implements Closeable {
  static final int ECHO = 1;
  static final int CT = 3;
  static final int SEG = 5;

  private static final int PATIENCE_MS = 20_000;

  final Socket socket;
  final PushbackInputStream in;
  private final PduDecoder decoder;

  RawPeer(int port) throws IOException {
    this(port, "127.0.0.1");
  }

  /**
   * @param from address of the machine's own that it comes from
   */
  RawPeer(int port, String from) throws IOException {
    socket = new Socket(InetAddress.getByName("127.0.0.1"), port, InetAddress.getByName(from), 0);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MS);
    in = new PushbackInputStream(socket.getInputStream());
    decoder = new PduDecoder(in, 1 << 20, 1 << 20);
  }

  static Pdu.AssociateRq request(String called, String calling) {
    return new Pdu.AssociateRq(
        1,
        called,
        calling,
        Pdu.APPLICATION_CONTEXT,
        List.of(
            new Pdu.PresentationContext(ECHO, Uid.Verification, List.of(Uid.ImplicitVRLittleEndian)),
            new Pdu.PresentationContext(CT, Uid.CTImageStorage, List.of(Uid.ImplicitVRLittleEndian)),
            new Pdu.PresentationContext(SEG, Uid.SegmentationStorage, List.of(Uid.ImplicitVRLittleEndian))),
        List.of(new Pdu.UserItem.MaximumLength(16384)));
  }

  /** A peer with an association. */
  static RawPeer associated(int port) throws IOException {
    RawPeer peer = new RawPeer(port);
    peer.send(request("NODE", "TEST"));
    if (!(peer.read() instanceof Pdu.AssociateAc)) {
      throw new IOException("not accepted");
    }
    return peer;
  }

  void send(Pdu pdu) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PduEncoder.write(pdu, bytes);
    send(bytes.toByteArray());
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  void sendCommand(int context, CommandSet command) throws IOException {
    send(data(context, true, true, command.encode()));
  }

  static Pdu data(int context, boolean command, boolean last, byte[] bytes) {
    return new Pdu.DataTf(List.of(new Pdu.Pdv(context, command, last, ByteBuffer.wrap(bytes))));
  }

  static CommandSet storeRequest(String sopClass, String instance) {
    return new CommandSet(CommandSet.C_STORE_RQ)
        .withDataset()
        .put(Tag.AffectedSOPClassUID, sopClass)
        .put(Tag.AffectedSOPInstanceUID, instance)
        .put(Tag.MessageID, 7)
        .put(Tag.Priority, 0);
  }

  static CommandSet echoRequest() {
    return new CommandSet(CommandSet.C_ECHO_RQ)
        .put(Tag.AffectedSOPClassUID, Uid.Verification)
        .put(Tag.MessageID, 9);
  }

  Pdu read() throws IOException {
    return decoder.read();
  }

  CommandSet readCommand() throws IOException {
    Pdu pdu = read();
    if (!(pdu instanceof Pdu.DataTf data)) {
      throw new IOException("got " + pdu + " and not a command");
    }
    ByteBuffer bytes = data.values().get(0).data();
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return CommandSet.decode(copy);
  }

  /** All PDUs until the server closes. */
  List<Pdu> readAll() throws IOException {
    List<Pdu> pdus = new ArrayList<>();
    while (true) {
      try {
        pdus.add(read());
      } catch (EOFException e) {
        return pdus;
      }
    }
  }

  /** Closes the connection while the server still serves. */
  void hangUp() throws IOException {
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
