package nmsw.dicom.net;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
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

  /**
   * A command; its data set, if it says that there is one, must be read to its end before the next message.
   */
  record Message(Context context, CommandSet command) {}

  /** No peer that means it takes less at a time. */
  static final int MIN_PDU_LENGTH = 128;

  /** What is read at least of an object beyond its limit, so that the peer hears of the limit. */
  private static final long MIN_DRAINED = 64L << 20;

  private final Association association;
  private final Map<Integer, Context> contexts;
  private final Duration dataTimeout;
  private final Duration messageTimeout;
  private final int maxCommandBytes;
  private final int maxFragment;
  private Instant messageDeadline = Instant.MAX;
  private Iterator<Pdu.Pdv> pending = Collections.emptyIterator();

  /**
   * @param peerMaxLength the peer's limit of a P-DATA-TF, 0 = none, else at least {@link #MIN_PDU_LENGTH}
   * @param ownMaxLength ours
   * @param dataTimeout for the next fragment of a message that has begun
   * @param messageTimeout for all of a message that has begun
   * @param maxCommandBytes largest command set received
   */
  Dimse(
      Association association,
      Map<Integer, Context> contexts,
      int peerMaxLength,
      int ownMaxLength,
      Duration dataTimeout,
      Duration messageTimeout,
      int maxCommandBytes) {
    this.association = association;
    this.contexts = contexts;
    this.dataTimeout = dataTimeout;
    this.messageTimeout = messageTimeout;
    this.maxCommandBytes = maxCommandBytes;
    int max = peerMaxLength == 0 ? ownMaxLength : Math.min(peerMaxLength, ownMaxLength);
    maxFragment = (max - 6) & ~1;
  }

  /** Whether the next message begins within a time. */
  boolean comesWithin(Duration patience) throws AssociationAborted {
    return pending.hasNext() || association.comesWithin(patience);
  }

  /** Waits for the next command; empty when the peer asks for release instead. */
  Optional<Message> receive(Duration patience) throws IOException {
    Pdu.Pdv pdv = next(patience);
    if (pdv == null) {
      return Optional.empty();
    }
    messageDeadline = association.now().plus(messageTimeout);
    Context context = contexts.get(pdv.contextId());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (true) {
      expect(pdv, true, context);
      ByteBuffer data = pdv.data();
      if (bytes.size() + data.remaining() > maxCommandBytes) {
        throw refuse("command set exceeds " + maxCommandBytes + " bytes");
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
    byte[] fragment = new byte[maxFragment];
    byte[] following = new byte[maxFragment];
    int n = dataset.readNBytes(fragment, 0, maxFragment);
    boolean last = false;
    while (!last) {
      association.poll();
      int next = dataset.readNBytes(following, 0, maxFragment);
      last = next == 0;
      sendFragment(context, false, last, ByteBuffer.wrap(fragment, 0, n));
      byte[] sent = fragment;
      fragment = following;
      following = sent;
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
    Duration left = Duration.between(association.now(), messageDeadline);
    if (left.isNegative()) {
      throw refuse("the message did not end within " + messageTimeout.toSeconds() + " s");
    }
    Pdu.Pdv pdv = next(left.compareTo(dataTimeout) < 0 ? left : dataTimeout);
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

  /**
   * The fragments of one data set, joined; reads throw when the association is lost or the limit is
   * exceeded.
   */
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

    /** Whole fragments, which the default would copy in small pieces. */
    @Override
    public long transferTo(OutputStream out) throws IOException {
      long n = 0;
      while (advance()) {
        int length = fragment.remaining();
        out.write(fragment.array(), fragment.arrayOffset() + fragment.position(), length);
        fragment.position(fragment.limit());
        n += length;
      }
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

    /** Discards what is left; a peer that sends far more than the limit is aborted. */
    void drain() throws AssociationAborted {
      long patience = Math.max(maxBytes, MIN_DRAINED);
      while (!lastFragment) {
        fetch();
        if (received - maxBytes > patience) {
          throw refuse("object exceeds the limit of " + maxBytes + " bytes by " + patience + " and goes on");
        }
      }
      fragment = ByteBuffer.allocate(0);
    }
  }
}
