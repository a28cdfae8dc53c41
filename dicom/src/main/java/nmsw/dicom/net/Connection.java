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
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import jdk.net.ExtendedSocketOptions;

/**
 * One TCP connection, with TLS or without, whose every wait has a limit: reads obey a deadline, and a watch closes the
 * connection when the peer takes no data for longer than the write time-out. Nagle's algorithm is off, and on Linux
 * received segments are acknowledged at once, so that neither side's settings cost 40 ms a message.
 */
final class Connection implements Closeable {
  private static final int BUFFER = 64 * 1024;

  /** The most that a connection takes: a buffer for each direction, and what TLS takes. */
  static final long BYTES = 2 * BUFFER + TlsLayer.BYTES;

  /** A blocked read looks at the clock this often, since the clock may not be the system's. */
  private static final int LONGEST_READ_MS = 250;

  private static final Duration LAST_WORDS = Duration.ofSeconds(1);
  private static final int MAX_DISCARDED = 1 << 16;

  private final Socket socket;
  private final InstantSource clock;
  private final Duration writeTimeout;
  private final boolean quickAck;
  private final Optional<TlsLayer> tls;
  private final TimedInput timed;
  private final Input in;
  private final OutputStream out;
  private final ScheduledFuture<?> watch;
  private volatile Instant writeDeadline = Instant.MAX;
  private volatile boolean readsEnd;
  private Instant readDeadline = Instant.MAX;

  /**
   * @param engine of TLS, if there is to be any; its handshake is part of the first read or write
   */
  Connection(
      Socket socket,
      Optional<SSLEngine> engine,
      InstantSource clock,
      Duration writeTimeout,
      ScheduledExecutorService watches)
      throws IOException {
    this.socket = socket;
    this.clock = clock;
    this.writeTimeout = writeTimeout;
    socket.setTcpNoDelay(true);
    socket.setKeepAlive(true);
    quickAck = socket.supportedOptions().contains(ExtendedSocketOptions.TCP_QUICKACK);
    timed = new TimedInput(socket.getInputStream());
    OutputStream sent = new WatchedOutput(socket.getOutputStream());
    tls = engine.map(e -> new TlsLayer(e, timed, sent));
    in = new Input();
    out = new BufferedOutputStream(tls.isPresent() ? new TlsOutput(tls.get()) : sent, BUFFER);
    watch = watches.scheduleWithFixedDelay(this::closeIfStalled, 1, 1, TimeUnit.SECONDS);
  }

  /** Connects, and agrees on TLS if there is to be any. */
  static Connection open(RemoteAe remote, ClientConfig config, ScheduledExecutorService watches)
      throws IOException {
    Socket socket = new Socket();
    try {
      int millis = Math.toIntExact(config.connectTimeout().toMillis());
      socket.connect(new InetSocketAddress(remote.host(), remote.port()), millis);
      Optional<SSLEngine> engine = config.tls().map(tls -> tls.engine(remote));
      Connection connection =
          new Connection(socket, engine, config.clock(), config.responseTimeout(), watches);
      if (connection.tls.isPresent()) {
        connection.readUntil(config.clock().instant().plus(config.connectTimeout()));
        connection.handshake();
      }
      return connection;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private void handshake() throws IOException {
    try {
      tls.orElseThrow().handshake();
    } catch (IOException e) {
      close();
      throw new IOException("no agreement on TLS: " + e.getMessage(), e);
    }
  }

  /** Protocol, cipher suite and certificate of the peer; empty without TLS. */
  Optional<String> security() {
    return tls.map(TlsLayer::describe);
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
    return in.hasBuffered() || in.hasSource();
  }

  /** Tells the peer that nothing more will be sent. */
  void shutdownOutput() throws IOException {
    out.flush();
    if (tls.isPresent()) {
      tls.get().closeOutput();
    }
    socket.shutdownOutput();
  }

  /** Ends the reads of another thread, soon, as if the peer had closed. */
  void endReads() {
    readsEnd = true;
  }

  /** Lets the peer see what was sent last: a close with unread input would discard that. */
  void awaitPeersClose() {
    try {
      socket.shutdownOutput();
      readUntil(clock.instant().plus(LAST_WORDS));
      byte[] sink = new byte[8192];
      for (int left = MAX_DISCARDED; left > 0; left -= sink.length) {
        if (timed.read(sink, 0, sink.length) < 0) {
          return;
        }
      }
    } catch (IOException e) {
      // It is closed in any case.
    }
  }

  /** Closes on the thread that writes: TLS says so to the peer, which could take the end for an attack. */
  void closeOrderly() {
    try {
      if (tls.isPresent() && !socket.isClosed()) {
        tls.get().closeOutput();
      }
    } catch (IOException e) {
      // The peer is gone already.
    } finally {
      close();
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

  /** What comes from the socket, by the deadline. */
  private final class TimedInput extends InputStream {
    private final InputStream source;

    TimedInput(InputStream source) {
      this.source = source;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("read in blocks");
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      while (!readsEnd) {
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
      return -1;
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
      return source.available();
    }
  }

  private final class Input extends InputStream {
    private final byte[] buffer = new byte[BUFFER];
    private int position;
    private int end;

    boolean hasBuffered() {
      return position < end;
    }

    boolean hasSource() throws IOException {
      return tls.isPresent() ? tls.get().hasInput() : timed.available() > 0;
    }

    boolean fill() throws IOException {
      int n = receive(buffer, 0, buffer.length);
      position = 0;
      end = Math.max(n, 0);
      return n > 0;
    }

    private int receive(byte[] target, int offset, int length) throws IOException {
      return tls.isPresent() ? tls.get().read(target, offset, length) : timed.read(target, offset, length);
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

  private static final class TlsOutput extends OutputStream {
    private final TlsLayer layer;

    TlsOutput(TlsLayer layer) {
      this.layer = layer;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      layer.write(source, offset, length);
    }
  }
}
