package nmsw.scp.delivery;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands before a server of loopback: makes a connection to it for each that it gets, and has somebody pass on between them. */
final class Relay implements Closeable {
  private final ServerSocket listener;
  private final int target;
  private final Ways ways;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /** Passes on what comes one way, on a thread of its own; when it returns or throws, both connections are closed. */
  interface Ways {
    void pass(Socket from, Socket to, Socket client) throws IOException;
  }

  /**
   * @param listener becomes the relay's
   * @param target port of the server
   */
  Relay(ServerSocket listener, int target, Ways ways) {
    this.listener = listener;
    this.target = target;
    this.ways = ways;
    thread(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private static void thread(Runnable work) {
    Thread thread = new Thread(work, "relay");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.addAll(List.of(client, server));
        thread(() -> pass(client, server, client));
        thread(() -> pass(server, client, client));
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private void pass(Socket from, Socket to, Socket client) {
    try (from;
        to) {
      ways.pass(from, to, client);
    } catch (IOException e) {
      // One side has closed, or does not trust the other; try-with-resources closes both.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
