package nmsw.scp.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import nmsw.dicom.net.RemoteAe;

/** Where a destination is, and so how it is spoken to; {@link Object#toString} gives it as the configuration writes it. */
public sealed interface DestinationAddress {
  /** What it is called by: an AE title, or its address on the web. */
  String title();

  String host();

  /** An application entity, which takes C-STORE. */
  record Dimse(RemoteAe remoteAe) implements DestinationAddress {
    @Override
    public String title() {
      return remoteAe.aeTitle();
    }

    @Override
    public String host() {
      return remoteAe.host();
    }

    @Override
    public String toString() {
      return remoteAe.toString();
    }
  }

  /**
   * A web service, which takes STOW-RS (PS3.18 §10.5).
   *
   * @param studies address of its Studies Service, {@code .../studies}
   */
  record StowRs(URI studies) implements DestinationAddress {
    @Override
    public String title() {
      return studies.toString();
    }

    @Override
    public String host() {
      return studies.getHost();
    }

    boolean isSecure() {
      return studies.getScheme().equals("https");
    }

    @Override
    public String toString() {
      return studies.toString();
    }
  }

  /**
   * Reads {@code AETITLE@HOST:PORT} or the base of a DICOMweb service, {@code https://HOST/PATH}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  static DestinationAddress parse(String text) {
    return text.startsWith("http:") || text.startsWith("https:")
        ? new StowRs(studies(text))
        : new Dimse(RemoteAe.parse(text));
  }

  private static URI studies(String text) {
    try {
      String base = text.replaceFirst("/+$", "");
      URI service = new URI(base.endsWith("/studies") ? base : base + "/studies");
      if (service.getHost() == null || service.getQuery() != null || service.getFragment() != null) {
        throw new IllegalArgumentException("'" + text + "' is not of the form https://HOST/PATH");
      }
      if (service.getUserInfo() != null) {
        throw new IllegalArgumentException("the address has a secret in it; use basicFile");
      }
      return service;
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("'" + text + "' is not an address: " + e.getReason(), e);
    }
  }

  /** The application entity, if it is one. */
  default Optional<RemoteAe> remote() {
    return this instanceof Dimse dimse ? Optional.of(dimse.remoteAe) : Optional.empty();
  }
}
