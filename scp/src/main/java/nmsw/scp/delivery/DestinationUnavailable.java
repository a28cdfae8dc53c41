package nmsw.scp.delivery;

import java.io.IOException;

/** A destination serves nobody just now, or not us: no object is at fault. */
final class DestinationUnavailable extends IOException {
  private static final long serialVersionUID = 1L;

  DestinationUnavailable(String message) {
    super(message);
  }

  DestinationUnavailable(String message, Throwable cause) {
    super(message, cause);
  }
}
