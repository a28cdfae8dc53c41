package nmsw.scp.web;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Who is logged in, in memory: a restart logs everybody out. The one that was idle longest goes where there are too many. */
final class Sessions {
  static final Duration IDLE = Duration.ofHours(8);
  private static final int MOST = 1000;
  private static final int ID_BYTES = 32;

  private record Session(String name, Instant used) {}

  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Session> sessions = new LinkedHashMap<>();

  Sessions(InstantSource clock) {
    this.clock = clock;
  }

  /** Opens a session and tells its id, which nobody can guess. */
  synchronized String open(String name) {
    byte[] id = new byte[ID_BYTES];
    random.nextBytes(id);
    String text = HexFormat.of().formatHex(id);
    if (sessions.size() >= MOST) {
      sessions.remove(sessions.keySet().iterator().next());
    }
    sessions.put(text, new Session(name, clock.instant()));
    return text;
  }

  /** Who opened it; empty if it is not known or was idle for too long. */
  synchronized Optional<String> nameOf(String id) {
    Session session = sessions.remove(id);
    if (session == null || clock.instant().isAfter(session.used().plus(IDLE))) {
      return Optional.empty();
    }
    sessions.put(id, new Session(session.name(), clock.instant()));
    return Optional.of(session.name());
  }

  synchronized void close(String id) {
    sessions.remove(id);
  }
}
