package nmsw.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Passes one connection on to a port of this machine, and cuts it in both directions after so many bytes. */
final class CuttingRelay implements AutoCloseable {
  private static final int PATIENCE_MS = 20_000;

  private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final Thread thread;

  CuttingRelay(int port, long bytes) throws IOException {
    listener.setSoTimeout(PATIENCE_MS);
    thread = new Thread(() -> relay(port, bytes), "relay");
    thread.start();
  }

  int port() {
    return listener.getLocalPort();
  }

  private void relay(int port, long bytes) {
    try (Socket from = listener.accept();
        Socket to = new Socket(InetAddress.getLoopbackAddress(), port)) {
      Thread back = new Thread(() -> copy(to, from, Long.MAX_VALUE), "relay-back");
      back.start();
      copy(from, to, bytes);
      from.close();
      to.close();
      back.join();
    } catch (IOException | InterruptedException e) {
      // Whoever sends hears of it from its own end.
    }
  }

  private static void copy(Socket from, Socket to, long limit) {
    byte[] buffer = new byte[8192];
    long left = limit;
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int n = 0;
      while (n >= 0 && left > 0) {
        n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (n > 0) {
          out.write(buffer, 0, n);
          left -= n;
        }
      }
    } catch (IOException e) {
      // Cut by the other end.
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    listener.close();
    thread.join(PATIENCE_MS);
  }
}
