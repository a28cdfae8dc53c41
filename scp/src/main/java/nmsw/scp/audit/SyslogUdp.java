package nmsw.scp.audit;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Syslog over UDP, a message a datagram (RFC 5426). What is lost on the way, nobody learns. */
public final class SyslogUdp implements AuditTransport {
  private final String host;
  private final int port;
  private DatagramSocket socket;

  public SyslogUdp(String host, int port) {
    this.host = host;
    this.port = port;
  }

  @Override
  public void send(byte[] message) throws IOException {
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new UnknownHostException(host);
    }
    if (socket == null) {
      socket = new DatagramSocket();
    }
    socket.send(new DatagramPacket(message, message.length, address));
  }

  @Override
  public void close() {
    if (socket != null) {
      socket.close();
    }
  }

  @Override
  public String toString() {
    return "udp://" + host + ":" + port;
  }
}
