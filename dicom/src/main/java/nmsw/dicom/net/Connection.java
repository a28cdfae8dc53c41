package nmsw.dicom.net;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;

/**
 * One TCP connection whose every wait has a limit: reads obey a deadline, and a watch closes the connection when the
 * peer takes no data for longer than the write time-out. Nagle's algorithm is off, and on Linux received segments are
 * acknowledged at once, so that neither side's settings cost 40 ms a message.
 */
final class Connection implements Closeable {
  private static final int BUFFER = 64 * 1024;

  /** A blocked read looks at the clock this often, since the clock may not be the system's. */
  private static final int LONGEST_READ_MS = 250;

  private final Socket socket;
  private final InstantSource clock;
  private final Duration writeTimeout;
  private final boolean quickAck;
  private final Input in;
  private final OutputStream out;
  private final ScheduledFuture<?> watch;
  private volatile Instant writeDeadline = Instant.MAX;
  private Instant readDeadline = Instant.MAX;

  Connection(Socket socket, InstantSource clock, Duration writeTimeout, ScheduledExecutorService watches)
      throws IOException {
    this.socket = socket;
    this.clock = clock;
    this.writeTimeout = writeTimeout;
    socket.setTcpNoDelay(true);
    socket.setKeepAlive(true);
    quickAck = socket.supportedOptions().contains(ExtendedSocketOptions.TCP_QUICKACK);
    in = new Input(socket.getInputStream());
    out = new BufferedOutputStream(new WatchedOutput(socket.getOutputStream()), BUFFER);
    watch = watches.scheduleWithFixedDelay(this::closeIfStalled, 1, 1, TimeUnit.SECONDS);
  }

  static Connection open(
      RemoteAe remote,
      Duration connectTimeout,
      InstantSource clock,
      Duration writeTimeout,
      ScheduledExecutorService watches)
      throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(
          new InetSocketAddress(remote.host(), remote.port()), Math.toIntExact(connectTimeout.toMillis()));
      return new Connection(socket, clock, writeTimeout, watches);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  InputStream input() {
    return in;
  }

  OutputStream output() {
    return out;
  }

  void readUntil(Instant deadline) {
    readDeadline = deadline;
  }

  /** Waits for input without taking it; false at the end of the stream. */
  boolean awaitInput() throws IOException {
    return in.hasBuffered() || in.fill();
  }

  /** Whether a read would return something, or fail, at once. */
  boolean hasInput() throws IOException {
    return in.hasBuffered() || in.available() > 0;
  }

  /** Tells the peer that nothing more will be sent. */
  void shutdownOutput() throws IOException {
    out.flush();
    socket.shutdownOutput();
  }

  /** Ends any read of another thread as if the peer had closed. */
  void shutdownInput() {
    try {
      socket.shutdownInput();
    } catch (IOException e) {
      // Already closed: there is no read to end.
    }
  }

  private void closeIfStalled() {
    if (clock.instant().isAfter(writeDeadline)) {
      closeSocket();
    }
  }

  @Override
  public void close() {
    watch.cancel(false);
    closeSocket();
  }

  private void closeSocket() {
    try {
      socket.close();
    } catch (IOException e) {
      // The descriptor is gone either way.
    }
  }

  private final class Input extends InputStream {
    private final InputStream source;
    private final byte[] buffer = new byte[BUFFER];
    private int position;
    private int end;

    Input(InputStream source) {
      this.source = source;
    }

    boolean hasBuffered() {
      return position < end;
    }

    boolean fill() throws IOException {
      int n = receive(buffer, 0, buffer.length);
      position = 0;
      end = Math.max(n, 0);
      return n > 0;
    }

    private int receive(byte[] target, int offset, int length) throws IOException {
      while (true) {
        long left = millisLeft();
        if (left <= 0) {
          throw new SocketTimeoutException("nothing received in time");
        }
        socket.setSoTimeout((int) Math.min(left, LONGEST_READ_MS));
        try {
          int n = source.read(target, offset, length);
          if (quickAck && n > 0) {
            socket.setOption(ExtendedSocketOptions.TCP_QUICKACK, true);
          }
          return n;
        } catch (SocketTimeoutException e) {
          // The clock decides, at the top of the loop.
        }
      }
    }

    private long millisLeft() {
      Instant now = clock.instant();
      if (!now.isBefore(readDeadline)) {
        return 0;
      }
      return readDeadline.equals(Instant.MAX)
          ? LONGEST_READ_MS
          : Math.max(1, Duration.between(now, readDeadline).toMillis());
    }

    @Override
    public int available() throws IOException {
      return end - position + source.available();
    }

    @Override
    public int read() throws IOException {
      return hasBuffered() || fill() ? buffer[position++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!hasBuffered()) {
        if (length >= buffer.length) {
          return receive(target, offset, length);
        }
        if (!fill()) {
          return -1;
        }
      }
      int n = Math.min(length, end - position);
      System.arraycopy(buffer, position, target, offset, n);
      position += n;
      return n;
    }
  }

  private final class WatchedOutput extends FilterOutputStream {
    WatchedOutput(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      writeDeadline = clock.instant().plus(writeTimeout);
      try {
        out.write(source, offset, length);
      } finally {
        writeDeadline = Instant.MAX;
      }
    }
  }
}
