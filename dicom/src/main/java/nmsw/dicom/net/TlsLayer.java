package nmsw.dicom.net;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.Principal;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * TLS over the streams of a connection, for one thread; the handshake is part of the first read or write. It holds no
 * more than a few records, and a read that was interrupted by a time-out can be repeated.
 */
final class TlsLayer {
  private static final int ENCRYPTED = 64 * 1024;

  /** Beside {@link #ENCRYPTED} a record as it came and one to be sent, and what the engine takes. */
  static final long BYTES = 3 * ENCRYPTED;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SSLEngine engine;
  private final InputStream in;
  private final OutputStream out;
  private final ByteBuffer encrypted = ByteBuffer.allocate(ENCRYPTED).limit(0);
  private ByteBuffer plain;
  private ByteBuffer sent;
  private boolean begun;
  private boolean established;
  private boolean ended;

  TlsLayer(SSLEngine engine, InputStream in, OutputStream out) {
    this.engine = engine;
    this.in = in;
    this.out = out;
    SSLSession session = engine.getSession();
    plain = ByteBuffer.allocate(session.getApplicationBufferSize()).limit(0);
    sent = ByteBuffer.allocate(session.getPacketBufferSize());
  }

  /**
   * Does nothing if it was done.
   *
   * @throws SSLException if the peers don't agree; the other one has been told
   */
  void handshake() throws IOException {
    if (established) {
      return;
    }
    try {
      if (!begun) {
        engine.beginHandshake();
        begun = true;
      }
      proceed();
      established = true;
    } catch (SSLException e) {
      sendAlert();
      throw e;
    }
  }

  private void proceed() throws IOException {
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> {
          for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
          }
        }
        case NEED_WRAP -> wrap(NOTHING);
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          if (!unwrap(true)) {
            throw new EOFException("the peer closed the connection in the TLS handshake");
          }
        }
        default -> {
          return;
        }
      }
    }
  }

  int read(byte[] target, int offset, int length) throws IOException {
    handshake();
    while (!plain.hasRemaining()) {
      if (ended || !take(true)) {
        return -1;
      }
    }
    int n = Math.min(length, plain.remaining());
    plain.get(target, offset, n);
    return n;
  }

  /** Whether a read would return something, or end, at once. */
  boolean hasInput() throws IOException {
    while (!plain.hasRemaining() && !ended) {
      if (!established || !take(false)) {
        return ended;
      }
    }
    return true;
  }

  /** Takes one record in, and does what it asks for. */
  private boolean take(boolean block) throws IOException {
    boolean some = unwrap(block);
    if (some && engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
      if (!engine.getSession().getProtocol().equals("TLSv1.3")) {
        throw new SSLException("the peer wants to renegotiate, which is not done here");
      }
      proceed();
    }
    return some;
  }

  private boolean unwrap(boolean block) throws IOException {
    while (true) {
      plain.compact();
      SSLEngineResult result;
      try {
        result = engine.unwrap(encrypted, plain);
      } finally {
        plain.flip();
      }
      switch (result.getStatus()) {
        case OK -> {
          return true;
        }
        case CLOSED -> {
          ended = true;
          return false;
        }
        case BUFFER_OVERFLOW -> plain = larger(plain, engine.getSession().getApplicationBufferSize());
        default -> {
          if (!block && in.available() == 0) {
            return false;
          }
          if (!receive()) {
            ended = true;
            return false;
          }
        }
      }
    }
  }

  private static ByteBuffer larger(ByteBuffer buffer, int by) {
    return ByteBuffer.allocate(buffer.remaining() + by).put(buffer).flip();
  }

  private boolean receive() throws IOException {
    encrypted.compact();
    try {
      int n = in.read(encrypted.array(), encrypted.position(), encrypted.remaining());
      if (n < 0) {
        return false;
      }
      encrypted.position(encrypted.position() + n);
      return true;
    } finally {
      encrypted.flip();
    }
  }

  void write(byte[] source, int offset, int length) throws IOException {
    handshake();
    ByteBuffer left = ByteBuffer.wrap(source, offset, length);
    while (left.hasRemaining()) {
      if (!wrap(left)) {
        throw new IOException("TLS is closed");
      }
    }
  }

  private boolean wrap(ByteBuffer source) throws IOException {
    while (true) {
      sent.clear();
      SSLEngineResult result = engine.wrap(source, sent);
      if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
        sent = ByteBuffer.allocate(sent.capacity() + engine.getSession().getPacketBufferSize());
        continue;
      }
      out.write(sent.array(), 0, sent.position());
      return result.getStatus() == SSLEngineResult.Status.OK;
    }
  }

  /** Says that nothing more will be sent. */
  void closeOutput() throws IOException {
    engine.closeOutbound();
    while (!engine.isOutboundDone() && wrap(NOTHING)) {
      // An alert may need more than one record.
    }
  }

  private void sendAlert() {
    try {
      while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && wrap(NOTHING)) {
        // As in closeOutput.
      }
    } catch (IOException e) {
      // The peer is gone; it needs no reason any more.
    }
  }

  /** Protocol, cipher suite and whom the peer's certificate names, for the log. */
  String describe() {
    SSLSession session = engine.getSession();
    Principal peer = null;
    try {
      peer = session.getPeerPrincipal();
    } catch (SSLPeerUnverifiedException e) {
      // None was asked for.
    }
    return session.getProtocol()
        + " "
        + session.getCipherSuite()
        + (peer == null ? ", no certificate" : ", " + peer.getName().replaceAll("[^ -~]", "?"));
  }
}
