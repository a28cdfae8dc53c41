package nmsw.scp.delivery;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** Speaks TLS for a server that speaks none, as a reverse proxy does. */
final class TlsRelay implements Closeable {
  private final Relay relay;

  /**
   * @param identity PKCS#12
   * @param target port of the server
   */
  TlsRelay(Path identity, char[] password, int target) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(identity)) {
      store.load(in, password);
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    relay =
        new Relay(
            context.getServerSocketFactory().createServerSocket(0, 10, InetAddress.getLoopbackAddress()),
            target,
            (from, to, client) -> from.getInputStream().transferTo(to.getOutputStream()));
  }

  int port() {
    return relay.port();
  }

  @Override
  public void close() throws IOException {
    relay.close();
  }
}
