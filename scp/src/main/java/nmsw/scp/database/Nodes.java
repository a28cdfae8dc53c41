package nmsw.scp.database;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * The nodes that share a database, and whether they live. Each has a row, and adds one to its beat at every heartbeat. The
 * others watch whether that number changes, by their own clocks, which therefore need not agree. A node whose beat
 * stands still for {@value #MISSED} heartbeats is taken for dead: one of the others takes over what it had in hand and removes its
 * row. Should it live after all, it finds its row gone and has to start anew.
 *
 * <p>{@link #watch} is called by one thread, the rest by any.
 */
public final class Nodes {
  /** Heartbeats without a sign of life after which a node is taken for dead; the same for jobs in hand. */
  static final int MISSED = 4;

  private final DataSource database;
  private final String name;
  private final Duration patience;
  private final InstantSource clock;
  private final String process = UUID.randomUUID().toString();
  private final Map<String, Seen> seen = new HashMap<>();

  private record Sign(String process, long beat) {}

  private record Seen(Sign sign, Instant since) {}

  /** Takes over what a dead node had in hand; may be called again for the same one if it did not come to its end. */
  public interface Takeover {
    void of(String dead) throws IOException, SQLException;
  }

  public Nodes(DataSource database, String name, Duration heartbeat, InstantSource clock) {
    this.database = database;
    this.name = name;
    this.patience = heartbeat.multipliedBy(MISSED);
    this.clock = clock;
  }

  /**
   * Makes this process the one that bears its name. Waits while another node takes over what the process before it had in
   * hand.
   */
  public void join() throws SQLException {
    try (Connection connection = database.getConnection()) {
      while (update(connection, "UPDATE nodes SET process = ?, beat = beat + 1 WHERE name = ?", process, name) == 0
          && insert(connection, name, process) == 0) {
        // Removed, and made again by another, between the two.
      }
    }
  }

  /** So that what nodes without a row have in hand, those of a lost database, is taken over if they do not show up. */
  public void expect(Collection<String> names) throws SQLException {
    try (Connection connection = database.getConnection()) {
      for (String other : names) {
        insert(connection, other, "");
      }
    }
  }

  /**
   * Shows that this node lives.
   *
   * @return false if another process bears its name now, or a node took it for dead
   */
  public boolean beat() throws SQLException {
    try (Connection connection = database.getConnection()) {
      return update(connection, "UPDATE nodes SET beat = beat + 1 WHERE name = ? AND process = ?", name, process) == 1;
    }
  }

  /** Looks at all others once, and takes over from those that are dead; where one cannot be, the others are. */
  public void watch(Takeover takeover) throws SQLException, IOException {
    IOException failed = null;
    for (String dead : dead()) {
      try {
        takeOver(dead, takeover);
      } catch (IOException e) {
        failed = e;
      }
    }
    if (failed != null) {
      throw failed;
    }
  }

  private List<String> dead() throws SQLException {
    Instant now = clock.instant();
    Map<String, Sign> signs = signs();
    seen.keySet().retainAll(signs.keySet());
    List<String> dead = new ArrayList<>();
    signs.forEach(
        (other, sign) -> {
          Seen before = seen.get(other);
          if (before == null || !before.sign().equals(sign)) {
            seen.put(other, new Seen(sign, now));
          } else if (!now.isBefore(before.since().plus(patience))) {
            dead.add(other);
          }
        });
    return dead;
  }

  private Map<String, Sign> signs() throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement query = connection.prepareStatement("SELECT name, process, beat FROM nodes WHERE name <> ?")) {
      query.setString(1, name);
      try (ResultSet rows = query.executeQuery()) {
        Map<String, Sign> signs = new HashMap<>();
        while (rows.next()) {
          signs.put(rows.getString("name"), sign(rows));
        }
        return signs;
      }
    }
  }

  /** Holds the dead node's row meanwhile, so that nobody else does the same, and it does not come back in between. */
  private void takeOver(String dead, Takeover takeover) throws SQLException, IOException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      boolean stillSilent = lock(connection, dead).filter(seen.get(dead).sign()::equals).isPresent();
      if (stillSilent) {
        takeover.of(dead);
        update(connection, "DELETE FROM nodes WHERE name = ?", dead);
      }
      connection.commit();
      seen.remove(dead);
    }
  }

  private static Optional<Sign> lock(Connection connection, String node) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("SELECT process, beat FROM nodes WHERE name = ? FOR UPDATE")) {
      query.setString(1, node);
      try (ResultSet rows = query.executeQuery()) {
        return rows.next() ? Optional.of(sign(rows)) : Optional.empty();
      }
    }
  }

  private static Sign sign(ResultSet row) throws SQLException {
    return new Sign(row.getString("process"), row.getLong("beat"));
  }

  private static int insert(Connection connection, String name, String process) throws SQLException {
    return update(
        connection, "INSERT INTO nodes (name, process, beat) VALUES (?, ?, 0) ON CONFLICT DO NOTHING", name, process);
  }

  private static int update(Connection connection, String sql, String... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setString(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }
}
