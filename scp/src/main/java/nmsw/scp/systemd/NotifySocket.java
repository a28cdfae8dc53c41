package nmsw.scp.systemd;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * The service manager's socket: AF_UNIX and of datagrams, which Java's own sockets are not. So the C library is called, by the
 * JNA that the engine brings along; a helper process such as systemd-notify would have to be forked from a process of
 * gigabytes for every sign of life.
 */
final class NotifySocket {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int EAGAIN = 11;

  /** Bytes of sockaddr_un's sun_path (unix(7)). */
  private static final int LONGEST_PATH = 108;

  private static final int TRIES = 20;
  private static final Duration PAUSE = Duration.ofMillis(50);

  static {
    Native.register("c");
  }

  private final byte[] address;

  /**
   * @param name a path, or an abstract name after {@code @}
   * @throws IOException if it is neither, or too long
   */
  NotifySocket(String name) throws IOException {
    byte[] path = name.getBytes(StandardCharsets.UTF_8);
    if (!(name.startsWith("/") || name.startsWith("@")) || path.length < 2 || path.length >= LONGEST_PATH) {
      throw new IOException("NOTIFY_SOCKET is neither a path nor an abstract name of fewer than 108 bytes: " + name);
    }
    if (path[0] == '@') {
      path[0] = 0;
    }
    address =
        ByteBuffer.allocate(Short.BYTES + path.length)
            .order(ByteOrder.nativeOrder())
            .putShort((short) AF_UNIX)
            .put(path)
            .array();
  }

  /** Sends one datagram; waits a second at most for a receiver whose queue is full. */
  void send(String text) throws IOException {
    byte[] message = text.getBytes(StandardCharsets.UTF_8);
    try {
      int socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      try {
        send(socket, message);
      } finally {
        close(socket);
      }
    } catch (LastErrorException e) {
      throw new IOException("the service manager's socket: " + e.getMessage(), e);
    }
  }

  private void send(int socket, byte[] message) {
    for (int tries = 1; ; tries++) {
      try {
        sendto(socket, message, message.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length);
        return;
      } catch (LastErrorException e) {
        if (e.getErrorCode() != EAGAIN || tries == TRIES) {
          throw e;
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  private static native int socket(int domain, int type, int protocol) throws LastErrorException;

  private static native long sendto(
      int socket, byte[] message, long length, int flags, byte[] address, int addressLength)
      throws LastErrorException;

  private static native int close(int descriptor) throws LastErrorException;
}
