package nmsw.scp.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * How the pages are served.
 *
 * @param bind address to listen on
 * @param port 0 takes a free one
 * @param tokenFile who may log in; without it nobody can, and nothing can be changed
 * @param hosts names under which browsers may ask for the pages, beside {@code localhost} and addresses
 * @param tls whether by HTTPS
 * @param patientNames whether who is logged in is shown patients' names
 */
public record WebSettings(
    String bind, int port, Optional<Path> tokenFile, Set<String> hosts, boolean tls, boolean patientNames) {
  public WebSettings {
    hosts = Set.copyOf(hosts);
  }

  /** Whether other machines can connect; then nothing is shown without login. */
  public boolean isOpen() {
    try {
      return !InetAddress.getByName(bind).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return true;
    }
  }
}
