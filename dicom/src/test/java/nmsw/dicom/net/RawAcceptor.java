package nmsw.dicom.net;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;

/**
 * A peer that takes one association for each script, one after the other and all that is proposed on it, and then says
 * exactly what a test wants it to.
 */
final class RawAcceptor implements Closeable {
  /** What the peer says. */
  interface Script {
    void run(RawAcceptor peer) throws IOException;

    default Script then(Script next) {
      return peer -> {
        run(peer);
        next.run(peer);
      };
    }
  }

  final List<CommandSet> commands = new ArrayList<>();
  Pdu.AssociateRq request;

  private static final int PATIENCE_MS = 20_000;

  private final ServerSocket listener;
  private final boolean withRoles;
  private final CompletableFuture<Void> work;
  private Socket socket;
  private PduDecoder in;

  /**
   * @param withRoles whether it agrees to the roles asked for
   */
  RawAcceptor(boolean withRoles, Script... scripts) throws IOException {
    this.withRoles = withRoles;
    listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    work =
        CompletableFuture.runAsync(
            () -> {
              for (Script script : scripts) {
                serveOne(script);
              }
            });
  }

  int port() {
    return listener.getLocalPort();
  }

  private void serveOne(Script script) {
    try (Socket accepted = listener.accept()) {
      serve(accepted, script);
    } catch (EOFException | SocketException e) {
      // The client has closed, as it does after an abort.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void serve(Socket accepted, Script script) throws IOException {
    socket = accepted;
    socket.setSoTimeout(PATIENCE_MS);
    in = new PduDecoder(socket.getInputStream(), 1 << 20, 1 << 20);
    request = (Pdu.AssociateRq) in.read();
    List<Pdu.UserItem> items = new ArrayList<>(List.of(new Pdu.UserItem.MaximumLength(16384)));
    if (withRoles) {
      request.userItems().stream().filter(Pdu.UserItem.RoleSelection.class::isInstance).forEach(items::add);
    }
    request.userItems().stream()
        .filter(Pdu.UserItem.AsynchronousOperations.class::isInstance)
        .forEach(items::add);
    List<Pdu.ContextResult> results =
        request.contexts().stream()
            .map(c -> new Pdu.ContextResult(c.id(), Pdu.ContextResult.ACCEPTANCE, c.transferSyntaxes().get(0)))
            .toList();
    send(
        new Pdu.AssociateAc(
            1, request.calledAeTitle(), request.callingAeTitle(), Pdu.APPLICATION_CONTEXT, results, items));
    script.run(this);
    while (true) {
      Pdu pdu = in.read();
      if (pdu instanceof Pdu.ReleaseRq) {
        send(new Pdu.ReleaseRp());
      }
    }
  }

  /** Waits for the answer to our release; what it returns ends the script. */
  EOFException expectReleaseRp() throws IOException {
    Pdu answer = in.read();
    if (!(answer instanceof Pdu.ReleaseRp)) {
      throw new IOException("got " + answer + " and not A-RELEASE-RP");
    }
    return new EOFException("released");
  }

  /** The context that was proposed for a class. */
  int context(String sopClassUid) {
    return request.contexts().stream().filter(c -> c.abstractSyntax().equals(sopClassUid)).findFirst().orElseThrow().id();
  }

  void send(Pdu pdu) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PduEncoder.write(pdu, bytes);
    socket.getOutputStream().write(bytes.toByteArray());
  }

  void send(int context, CommandSet command, Optional<Dataset> dataset) throws IOException {
    send(RawPeer.data(context, true, true, (dataset.isPresent() ? command.withDataset() : command).encode()));
    if (dataset.isPresent()) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DicomWriter.writeDataset(bytes, dataset.get(), TransferSyntax.EXPLICIT_LE);
      send(RawPeer.data(context, false, true, bytes.toByteArray()));
    }
  }

  /** The next command; its data set, if it has one, is read and dropped. */
  CommandSet readCommand() throws IOException {
    CommandSet command = CommandSet.decode(fragments());
    commands.add(command);
    if (command.hasDataset()) {
      fragments();
    }
    return command;
  }

  private byte[] fragments() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean last = false;
    while (!last) {
      if (!(in.read() instanceof Pdu.DataTf data)) {
        throw new EOFException("the client ends the association");
      }
      for (Pdu.Pdv value : data.values()) {
        ByteBuffer part = value.data();
        bytes.write(part.array(), part.arrayOffset() + part.position(), part.remaining());
        last = value.last();
      }
    }
    return bytes.toByteArray();
  }

  /** A response to a request, its SOP class named as in there. */
  static CommandSet response(CommandSet request, int status) throws IOException {
    return new CommandSet(request.field() | CommandSet.RESPONSE)
        .put(Tag.AffectedSOPClassUID, request.text(Tag.AffectedSOPClassUID))
        .put(Tag.MessageIDBeingRespondedTo, request.messageId())
        .put(Tag.Status, status);
  }

  /** Waits until the client is gone; fails if the script did. */
  void await() throws InterruptedException, ExecutionException, TimeoutException {
    work.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
