package nmsw.scp.audit;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLSocket;
import nmsw.dicom.net.TlsCredentials;

/**
 * Syslog over TLS, with octet counting (RFC 5425). The connection stays open; a receiver that closed it is noticed before the
 * next message is sent, and that message goes over a new one.
 */
public final class SyslogTls implements AuditTransport {
  private final String host;
  private final int port;
  private final TlsCredentials credentials;
  private final Duration timeout;
  private volatile SSLSocket socket;

  /**
   * @param host whom the receiver's certificate must be for
   * @param timeout for connection and handshake
   */
  public SyslogTls(String host, int port, TlsCredentials credentials, Duration timeout) {
    this.host = host;
    this.port = port;
    this.credentials = credentials;
    this.timeout = timeout;
  }

  @Override
  public void send(byte[] message) throws IOException {
    try {
      SSLSocket open = socket;
      if (open == null || isClosedByPeer(open)) {
        open = connect();
      }
      OutputStream out = open.getOutputStream();
      out.write((message.length + " ").getBytes(StandardCharsets.US_ASCII));
      out.write(message);
      out.flush();
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /** A receiver sends nothing, so reading tells only whether it is still there. */
  private static boolean isClosedByPeer(SSLSocket open) {
    try {
      open.setSoTimeout(1);
      return open.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private SSLSocket connect() throws IOException {
    close();
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new UnknownHostException(host);
    }
    Socket plain = new Socket();
    try {
      plain.connect(address, (int) timeout.toMillis());
      plain.setSoTimeout((int) timeout.toMillis());
      SSLSocket secured = credentials.client(plain, host);
      socket = secured;
      secured.startHandshake();
      return secured;
    } catch (IOException e) {
      plain.close();
      throw e;
    }
  }

  @Override
  public void close() {
    SSLSocket open = socket;
    socket = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        // It is given up.
      }
    }
  }

  @Override
  public String toString() {
    return "tls://" + host + ":" + port;
  }
}
