package nmsw.dicom.net;

/** Address of a peer. */
public record RemoteAe(String aeTitle, String host, int port) {
  public RemoteAe {
    AeTitle.check(aeTitle);
    if (host.isBlank() || port < 1 || port > 65535) {
      throw new IllegalArgumentException("no such address: " + host + ":" + port);
    }
  }

  /** Parses {@code AET@HOST:PORT}; an IPv6 address stands in brackets. */
  public static RemoteAe parse(String text) {
    int at = text.indexOf('@');
    int colon = text.lastIndexOf(':');
    if (at < 1 || colon < at + 2) {
      throw new IllegalArgumentException("'" + text + "' is not of the form AET@HOST:PORT");
    }
    String host = text.substring(at + 1, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      return new RemoteAe(text.substring(0, at), host, Integer.parseInt(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' has no port number after the last colon", e);
    }
  }

  @Override
  public String toString() {
    return aeTitle + "@" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
