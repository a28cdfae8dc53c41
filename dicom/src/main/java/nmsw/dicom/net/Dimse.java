package nmsw.dicom.net;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import nmsw.dicom.DicomException;
import nmsw.dicom.TransferSyntax;

/** DIMSE messages over an established association (PS3.7 §6.3, PS3.8 Annex E). */
final class Dimse {
  /** An accepted presentation context. */
  record Context(int id, String abstractSyntax, TransferSyntax transferSyntax) {}

  /** A command; its data set, if it says that there is one, must be read to its end before the next message. */
  record Message(Context context, CommandSet command) {}

  private final Association association;
  private final Map<Integer, Context> contexts;
  private final Duration dataTimeout;
  private final int maxFragment;
  private Iterator<Pdu.Pdv> pending = Collections.emptyIterator();

  /**
   * @param peerMaxLength the peer's limit of a P-DATA-TF, 0 = none
   * @param ownMaxLength ours
   * @param dataTimeout for the next fragment of a message that has begun
   */
  Dimse(
      Association association,
      Map<Integer, Context> contexts,
      int peerMaxLength,
      int ownMaxLength,
      Duration dataTimeout) {
    this.association = association;
    this.contexts = contexts;
    this.dataTimeout = dataTimeout;
    int max = peerMaxLength == 0 ? ownMaxLength : Math.min(peerMaxLength, ownMaxLength);
    maxFragment = (max - 6) & ~1;
    if (maxFragment < 2) {
      throw new IllegalArgumentException("a PDU of at most " + max + " bytes holds no data");
    }
  }

  /** Waits for the next command; empty when the peer asks for release instead. */
  Optional<Message> receive(Duration patience) throws IOException {
    Pdu.Pdv pdv = next(patience);
    if (pdv == null) {
      return Optional.empty();
    }
    Context context = contexts.get(pdv.contextId());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (true) {
      expect(pdv, true, context);
      ByteBuffer data = pdv.data();
      if (bytes.size() + data.remaining() > CommandSet.MAX_BYTES) {
        throw refuse("command set exceeds " + CommandSet.MAX_BYTES + " bytes");
      }
      bytes.write(data.array(), data.arrayOffset() + data.position(), data.remaining());
      if (pdv.last()) {
        break;
      }
      pdv = nextOfMessage();
    }
    try {
      return Optional.of(new Message(context, CommandSet.decode(bytes.toByteArray())));
    } catch (DicomException e) {
      throw refuse(e.getMessage());
    }
  }

  /** The data set of the message received last. */
  DatasetStream dataset(Context context, long maxBytes) {
    return new DatasetStream(context, maxBytes);
  }

  void send(Context context, CommandSet command) throws AssociationAborted {
    sendCommand(context, command);
    association.flush();
  }

  void send(Context context, CommandSet command, InputStream dataset) throws IOException {
    sendCommand(context, command);
    byte[] buffer = new byte[maxFragment];
    int n = dataset.readNBytes(buffer, 0, buffer.length);
    while (true) {
      association.poll();
      byte[] following = new byte[n == buffer.length ? maxFragment : 0];
      int next = dataset.readNBytes(following, 0, following.length);
      sendFragment(context, false, next == 0, ByteBuffer.wrap(buffer, 0, n));
      if (next == 0) {
        break;
      }
      buffer = following;
      n = next;
    }
    association.flush();
  }

  private void sendCommand(Context context, CommandSet command) throws AssociationAborted {
    byte[] bytes = command.encode();
    for (int offset = 0; offset < bytes.length; offset += maxFragment) {
      int length = Math.min(maxFragment, bytes.length - offset);
      boolean last = offset + length == bytes.length;
      sendFragment(context, true, last, ByteBuffer.wrap(bytes, offset, length));
    }
  }

  private void sendFragment(Context context, boolean command, boolean last, ByteBuffer data)
      throws AssociationAborted {
    Pdu.Pdv pdv = new Pdu.Pdv(context.id(), command, last, data);
    association.fire(Event.DATA_REQUEST, new Pdu.DataTf(Collections.singletonList(pdv)));
  }

  private Pdu.Pdv next(Duration patience) throws AssociationAborted {
    if (!pending.hasNext()) {
      Pdu pdu = association.await(patience);
      if (!(pdu instanceof Pdu.DataTf data)) {
        return null;
      }
      pending = data.values().iterator();
    }
    return pending.next();
  }

  private Pdu.Pdv nextOfMessage() throws AssociationAborted {
    Pdu.Pdv pdv = next(dataTimeout);
    if (pdv == null) {
      throw refuse("release asked for inside a message");
    }
    return pdv;
  }

  private void expect(Pdu.Pdv pdv, boolean command, Context context) throws AssociationAborted {
    if (context == null) {
      throw association.abortInvalid("presentation context " + pdv.contextId() + " was not accepted");
    }
    if (pdv.contextId() != context.id()) {
      throw refuse("message changes from presentation context " + context.id() + " to " + pdv.contextId());
    }
    if (pdv.command() != command) {
      throw refuse(command ? "data set without a command" : "command inside a data set");
    }
  }

  private AssociationAborted refuse(String why) {
    association.abort("aborted by us: " + why);
    return new AssociationAborted("aborted by us: " + why);
  }

  /** The fragments of one data set, joined; reads throw when the association is lost or the limit is exceeded. */
  final class DatasetStream extends InputStream {
    private final Context context;
    private final long maxBytes;
    private ByteBuffer fragment = ByteBuffer.allocate(0);
    private boolean lastFragment;
    private long received;

    private DatasetStream(Context context, long maxBytes) {
      this.context = context;
      this.maxBytes = maxBytes;
    }

    long received() {
      return received;
    }

    boolean exceedsLimit() {
      return received > maxBytes;
    }

    @Override
    public int read() throws IOException {
      return advance() ? fragment.get() & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!advance()) {
        return -1;
      }
      int n = Math.min(length, fragment.remaining());
      fragment.get(target, offset, n);
      return n;
    }

    @Override
    public int available() {
      return fragment.remaining();
    }

    private boolean advance() throws IOException {
      while (!fragment.hasRemaining() && !lastFragment) {
        fetch();
        if (exceedsLimit()) {
          throw new DicomException(
              Status.OUT_OF_RESOURCES.code(), "object exceeds the limit of " + maxBytes + " bytes");
        }
      }
      return fragment.hasRemaining();
    }

    private void fetch() throws AssociationAborted {
      Pdu.Pdv pdv = nextOfMessage();
      expect(pdv, false, context);
      fragment = pdv.data();
      received += fragment.remaining();
      lastFragment = pdv.last();
    }

    /** Discards what is left, up to once more the limit. */
    void drain() throws AssociationAborted {
      long sparedBytes = Math.max(maxBytes, received) + maxBytes;
      while (!lastFragment) {
        fetch();
        if (received > sparedBytes && sparedBytes > 0) {
          throw refuse("object exceeds twice the limit of " + maxBytes + " bytes");
        }
      }
      fragment = ByteBuffer.allocate(0);
    }
  }
}
