package nmsw.scp.audit;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** An audit repository: takes syslog over TLS with octet counting (RFC 5425), one connection after the other. */
public final class SyslogReceiver implements AutoCloseable {
  private static final String PASSWORD = "changeit";

  private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
  private final SSLServerSocket listener;
  private volatile SSLSocket connection;

  private SyslogReceiver(SSLServerSocket listener) {
    this.listener = listener;
    Thread thread = new Thread(this::serve, "syslog-receiver");
    thread.setDaemon(true);
    thread.start();
  }

  /** Makes an identity for 127.0.0.1 in a PKCS#12 file, which is to be trusted, too; its password is "changeit". */
  public static Path identity(Path folder) throws IOException, InterruptedException {
    Path store = folder.resolve("repository.p12");
    List<String> keytool =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair", "-alias", "repository", "-keyalg", "EC", "-dname", "CN=repository", "-ext", "san=ip:127.0.0.1",
            "-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD);
    if (new ProcessBuilder(keytool).start().waitFor() != 0) {
      throw new IOException("keytool failed");
    }
    return store;
  }

  /** @param port 0 takes a free one */
  public static SyslogReceiver start(Path identity, int port) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(identity)) {
      store.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return new SyslogReceiver(
        (SSLServerSocket)
            context.getServerSocketFactory().createServerSocket(port, 5, InetAddress.getByName("127.0.0.1")));
  }

  public int port() {
    return listener.getLocalPort();
  }

  private void serve() {
    while (!listener.isClosed()) {
      try (SSLSocket socket = (SSLSocket) listener.accept()) {
        connection = socket;
        DataInputStream in = new DataInputStream(socket.getInputStream());
        for (int first = in.read(); first >= 0; first = in.read()) {
          int length = Character.digit(first, 10);
          for (int c = in.read(); c != ' '; c = in.read()) {
            length = 10 * length + Character.digit(c, 10);
          }
          messages.add(new String(in.readNBytes(length), StandardCharsets.UTF_8));
        }
      } catch (IOException e) {
        // The connection is over.
      }
    }
  }

  /** The next syslog message. */
  public String next() throws InterruptedException {
    String message = messages.poll(60, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("no audit message came within 60 s");
    }
    return message;
  }

  /** Ends the connection, and serves the next. */
  void drop() throws IOException {
    connection.close();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    SSLSocket open = connection;
    if (open != null) {
      open.close();
    }
  }
}
