package nmsw.scp.delivery;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Stands before a peer and passes PDUs on both ways until its script has something else done with one: so a peer that
 * behaves becomes one that does not. Connections come one after the other.
 */
public final class PduProxy implements Closeable {
  public static final int C_STORE_RQ = 0x0001;
  static final int C_STORE_RSP = 0x8001;
  static final int N_ACTION_RQ = 0x0130;
  static final int N_ACTION_RSP = 0x8130;

  /** A data set, or another PDU than P-DATA-TF. */
  static final int NO_COMMAND = -1;

  public enum Fate {
    PASS,
    DROP,
    /** An A-ABORT goes to the client instead. */
    ABORT,
    /** Half of it is passed on, and nothing after it that way, though the connection stands. */
    STALL,
    /** Both connections are closed instead. */
    CLOSE
  }

  /** Decides about each PDU, in their order. */
  public interface Script {
    /**
     * @param command Command Field (0000,0100) of the command that begins in the PDU, or {@link #NO_COMMAND}
     */
    Fate of(int command);
  }

  private static final byte[] A_ABORT = {7, 0, 0, 0, 0, 4, 0, 0, 0, 0};
  private static final int P_DATA_TF = 4;
  private static final int MAX_PDU = 1 << 20;

  final List<Integer> commands = new CopyOnWriteArrayList<>();
  private final Script script;
  private final Relay relay;

  /**
   * @param target port of the peer
   */
  public PduProxy(int target, Script script) throws IOException {
    this.script = script;
    relay = new Relay(new ServerSocket(0, 10, InetAddress.getLoopbackAddress()), target, this::pass);
  }

  public int port() {
    return relay.port();
  }

  private void pass(Socket from, Socket to, Socket client) throws IOException {
    DataInputStream in = new DataInputStream(from.getInputStream());
    while (true) {
      byte[] pdu = read(in);
      int command = command(pdu);
      Fate fate;
      synchronized (script) {
        if (command >= 0) {
          commands.add(command);
        }
        fate = script.of(command);
      }
      switch (fate) {
        case PASS -> write(to, pdu);
        case ABORT -> write(client, A_ABORT);
        case STALL -> {
          write(to, Arrays.copyOf(pdu, pdu.length / 2));
          in.transferTo(OutputStream.nullOutputStream());
          return;
        }
        case CLOSE -> {
          return;
        }
        case DROP -> { }
      }
    }
  }

  private static byte[] read(DataInputStream in) throws IOException {
    byte[] head = in.readNBytes(6);
    if (head.length < 6) {
      throw new EOFException();
    }
    int length = ByteBuffer.wrap(head).getInt(2);
    if (length < 0 || length > MAX_PDU) {
      throw new IOException("PDU of " + length + " bytes");
    }
    byte[] pdu = new byte[6 + length];
    System.arraycopy(head, 0, pdu, 0, 6);
    in.readFully(pdu, 6, length);
    return pdu;
  }

  /** Command sets are Implicit VR Little Endian, and ours fit one PDV (PS3.7 §6.3.1, PS3.8 §E.2). */
  private static int command(byte[] pdu) {
    boolean isCommand = pdu[0] == P_DATA_TF && (pdu[11] & 1) == 1;
    for (int i = 12; isCommand && i + 10 <= pdu.length; i++) {
      if (pdu[i] == 0 && pdu[i + 1] == 0 && pdu[i + 2] == 0 && pdu[i + 3] == 1 && pdu[i + 4] == 2) {
        return pdu[i + 8] & 0xFF | (pdu[i + 9] & 0xFF) << 8;
      }
    }
    return NO_COMMAND;
  }

  private static void write(Socket to, byte[] pdu) throws IOException {
    OutputStream out = to.getOutputStream();
    out.write(pdu);
    out.flush();
  }

  @Override
  public void close() throws IOException {
    relay.close();
  }
}
