package nmsw.scp.database;

import static java.util.stream.Collectors.joining;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.series.Timings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of every series. Each transition is one transaction, one log line and one call of the listener; a
 * transition names the state, revision and node it starts from and does nothing if the series is no longer there,
 * so that a job whose series was re-opened, or taken over by another node meanwhile, cannot overwrite it.
 */
public final class SeriesTable {
  private static final Logger LOG = LoggerFactory.getLogger(SeriesTable.class);
  private static final String COLUMNS =
      "series_uid, state, revision, code, cause, objects, calling_ae, called_ae, opened_at, last_object_at,"
          + " changed_at, timings, attempts, node";
  private static final int MAX_CAUSE = 2000;

  private final DataSource database;
  private final InstantSource clock;
  private final String nodeName;
  private final Consumer<SeriesRecord> listener;

  /** @param nodeName this node's name: series that it has in hand bear it */
  public SeriesTable(DataSource database, InstantSource clock, String nodeName, Consumer<SeriesRecord> listener) {
    this.database = database;
    this.clock = clock;
    this.nodeName = nodeName;
    this.listener = listener;
  }

  public Optional<SeriesRecord> find(String seriesUid) throws SQLException {
    try (Connection connection = database.getConnection()) {
      return select(connection, seriesUid, "");
    }
  }

  public List<SeriesRecord> all() throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement query =
            connection.prepareStatement("SELECT " + COLUMNS + " FROM series ORDER BY opened_at, series_uid");
        ResultSet rows = query.executeQuery()) {
      List<SeriesRecord> all = new ArrayList<>();
      while (rows.next()) {
        all.add(read(rows));
      }
      return all;
    }
  }

  /** @param total of all pages */
  public record Page(long total, List<SeriesRecord> series) {}

  /**
   * Some of the series, the newest first.
   *
   * @param states empty for all
   */
  public Page page(Set<SeriesState> states, int limit, long offset) throws SQLException {
    String where =
        states.isEmpty()
            ? ""
            : states.stream().map(state -> "'" + state.name() + "'").collect(joining(", ", " WHERE state IN (", ")"));
    try (Connection connection = database.getConnection();
        PreparedStatement count = connection.prepareStatement("SELECT COUNT(*) FROM series" + where);
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT " + COLUMNS + " FROM series" + where + " ORDER BY opened_at DESC, series_uid LIMIT ? OFFSET ?")) {
      query.setInt(1, limit);
      query.setLong(2, offset);
      try (ResultSet number = count.executeQuery();
          ResultSet rows = query.executeQuery()) {
        number.next();
        List<SeriesRecord> page = new ArrayList<>();
        while (rows.next()) {
          page.add(read(rows));
        }
        return new Page(number.getLong(1), page);
      }
    }
  }

  /**
   * How many series are in one state.
   *
   * @param oldestChange when the one of them that is longest in it came into it
   */
  public record StateCount(SeriesState state, long series, Instant oldestChange) {}

  /** Of every state in which there is a series. */
  public List<StateCount> counts() throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT state, COUNT(*) AS series, MIN(changed_at) AS oldest FROM series GROUP BY state");
        ResultSet rows = query.executeQuery()) {
      List<StateCount> counts = new ArrayList<>();
      while (rows.next()) {
        Instant oldest = rows.getObject("oldest", OffsetDateTime.class).toInstant();
        counts.add(new StateCount(SeriesState.valueOf(rows.getString("state")), rows.getLong("series"), oldest));
      }
      return counts;
    }
  }

  /**
   * Puts a series into RECEIVING: a new row, or a new revision of a known one. A series that is RECEIVING
   * already stays as it is. Either way this node receives it from now on.
   */
  public SeriesRecord open(String seriesUid, String callingAe, String calledAe, String why) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      while (true) {
        Optional<SeriesRecord> known = select(connection, seriesUid, " FOR UPDATE");
        if (known.isPresent() && known.get().state() == SeriesState.RECEIVING) {
          receive(connection, seriesUid);
          connection.commit();
          return known.get();
        }
        SeriesRecord opened =
            known
                .map(old -> old.reopened(clock.instant()))
                .orElseGet(() -> SeriesRecord.opened(seriesUid, callingAe, calledAe, clock.instant()));
        if (known.isPresent()) {
          update(connection, opened);
        } else if (!insert(connection, opened)) {
          // Another node was faster with the first object.
          connection.rollback();
          continue;
        }
        receive(connection, seriesUid);
        connection.commit();
        announce(opened, why);
        return opened;
      }
    }
  }

  /** This node goes on receiving a series that is RECEIVING. */
  public void resume(String seriesUid) throws SQLException {
    try (Connection connection = database.getConnection()) {
      receive(connection, seriesUid);
    }
  }

  /** Whether other nodes, but not this one, receive a series. */
  public boolean isReceivedElsewhere(String seriesUid) throws SQLException {
    try (Connection connection = database.getConnection()) {
      List<String> nodes = receiving(connection, seriesUid);
      return !nodes.isEmpty() && !nodes.contains(nodeName);
    }
  }

  /** The series that a node received become this node's. */
  public List<SeriesRecord> takeOverReceiving(String node) throws SQLException {
    List<SeriesRecord> received =
        where("series_uid IN (SELECT series_uid FROM receiving WHERE node = ?) AND state = 'RECEIVING'", node);
    for (SeriesRecord series : received) {
      resume(series.seriesUid());
    }
    try (Connection connection = database.getConnection();
        PreparedStatement delete = connection.prepareStatement("DELETE FROM receiving WHERE node = ?")) {
      delete.setString(1, node);
      delete.executeUpdate();
    }
    return received;
  }

  /** The series that a node has in hand. */
  public List<SeriesRecord> inHand(String node) throws SQLException {
    return where("node = ?", node);
  }

  /** Every node that is named as having something in hand. */
  public Set<String> nodes() throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement query =
            connection.prepareStatement("SELECT node FROM series WHERE node <> '' UNION SELECT node FROM receiving");
        ResultSet rows = query.executeQuery()) {
      Set<String> nodes = new TreeSet<>();
      while (rows.next()) {
        nodes.add(rows.getString("node"));
      }
      return nodes;
    }
  }

  /**
   * Nothing more comes to this node; where no other receives the series either, it moves to READY.
   *
   * @return the new row; empty if another node still receives it
   */
  public Optional<SeriesRecord> complete(SeriesRecord series, UnaryOperator<SeriesRecord> changes, String detail)
      throws SQLException {
    return move(
        series,
        Set.of(SeriesState.RECEIVING),
        SeriesState.READY,
        changes,
        detail,
        connection -> {
          stopReceiving(connection, series.seriesUid());
          return receiving(connection, series.seriesUid()).isEmpty();
        },
        connection -> {});
  }

  /**
   * Moves a series from one of the given states of the given revision to another.
   *
   * @param changes what else changes in the row
   * @param detail the rest of the log line
   * @return the new row; empty if the series was not in that state and revision, or with that node, (any more)
   */
  public Optional<SeriesRecord> move(
      SeriesRecord series,
      Set<SeriesState> from,
      SeriesState to,
      UnaryOperator<SeriesRecord> changes,
      String detail)
      throws SQLException {
    return move(series, from, to, changes, detail, connection -> true, connection -> {});
  }

  /** Something that is to be in the database if, and only if, a move is. */
  public interface Addition {
    void make(Connection connection) throws SQLException;
  }

  /** As {@link #move(SeriesRecord, Set, SeriesState, UnaryOperator, String)}, and makes an addition where it moves. */
  public Optional<SeriesRecord> move(
      SeriesRecord series,
      Set<SeriesState> from,
      SeriesState to,
      UnaryOperator<SeriesRecord> changes,
      String detail,
      Addition addition)
      throws SQLException {
    return move(series, from, to, changes, detail, connection -> true, addition);
  }

  /** What else is done in the transaction of a move, when its row is locked; whether it is to be made. */
  private interface Condition {
    boolean holds(Connection connection) throws SQLException;
  }

  private Optional<SeriesRecord> move(
      SeriesRecord series,
      Set<SeriesState> from,
      SeriesState to,
      UnaryOperator<SeriesRecord> changes,
      String detail,
      Condition condition,
      Addition addition)
      throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      Optional<SeriesRecord> current =
          select(connection, series.seriesUid(), " FOR UPDATE")
              .filter(row -> row.isSameTurn(series) && from.contains(row.state()));
      if (!condition.holds(connection) || current.isEmpty()) {
        connection.commit();
        return Optional.empty();
      }
      if (!current.get().state().canBecome(to)) {
        throw new IllegalStateException(
            "series " + series.seriesUid() + " cannot go from " + current.get().state() + " to " + to);
      }
      SeriesRecord moved = changes.apply(current.get().with(to, nodeName, clock.instant()));
      update(connection, moved);
      addition.make(connection);
      connection.commit();
      announce(moved, detail);
      return Optional.of(moved);
    }
  }

  /**
   * Forgets a series, and which model was chosen for it.
   *
   * @return false, and nothing changes, if it is no longer as it was read
   */
  public boolean remove(SeriesRecord series) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement delete =
            connection.prepareStatement("DELETE FROM series WHERE series_uid = ? AND state = ? AND revision = ?");
        PreparedStatement choice = connection.prepareStatement("DELETE FROM model_choice WHERE series_uid = ?")) {
      connection.setAutoCommit(false);
      delete.setString(1, series.seriesUid());
      delete.setString(2, series.state().name());
      delete.setInt(3, series.revision());
      boolean removed = delete.executeUpdate() > 0;
      if (removed) {
        choice.setString(1, series.seriesUid());
        choice.executeUpdate();
      }
      connection.commit();
      return removed;
    }
  }

  private void receive(Connection connection, String seriesUid) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO receiving (series_uid, node) VALUES (?, ?) ON CONFLICT DO NOTHING")) {
      insert.setString(1, seriesUid);
      insert.setString(2, nodeName);
      insert.executeUpdate();
    }
  }

  private void stopReceiving(Connection connection, String seriesUid) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM receiving WHERE series_uid = ? AND node = ?")) {
      delete.setString(1, seriesUid);
      delete.setString(2, nodeName);
      delete.executeUpdate();
    }
  }

  private static List<String> receiving(Connection connection, String seriesUid) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement("SELECT node FROM receiving WHERE series_uid = ?")) {
      query.setString(1, seriesUid);
      try (ResultSet rows = query.executeQuery()) {
        List<String> nodes = new ArrayList<>();
        while (rows.next()) {
          nodes.add(rows.getString("node"));
        }
        return nodes;
      }
    }
  }

  private List<SeriesRecord> where(String condition, String value) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement query =
            connection.prepareStatement("SELECT " + COLUMNS + " FROM series WHERE " + condition)) {
      query.setString(1, value);
      try (ResultSet rows = query.executeQuery()) {
        List<SeriesRecord> found = new ArrayList<>();
        while (rows.next()) {
          found.add(read(rows));
        }
        return found;
      }
    }
  }

  private void announce(SeriesRecord series, String detail) {
    String code = series.code().isEmpty() ? "" : " " + series.code() + ":";
    LOG.info("series {} {}{} {}", series.seriesUid(), series.state(), code, detail);
    listener.accept(series);
  }

  private static Optional<SeriesRecord> select(Connection connection, String seriesUid, String lock)
      throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement("SELECT " + COLUMNS + " FROM series WHERE series_uid = ?" + lock)) {
      query.setString(1, seriesUid);
      try (ResultSet rows = query.executeQuery()) {
        return rows.next() ? Optional.of(read(rows)) : Optional.empty();
      }
    }
  }

  /** False if there is a row of this series. */
  private static boolean insert(Connection connection, SeriesRecord series) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO series (state, revision, code, cause, objects, calling_ae, called_ae, opened_at,"
                + " last_object_at, changed_at, timings, attempts, node, series_uid)"
                + " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING")) {
      fill(insert, series);
      return insert.executeUpdate() == 1;
    }
  }

  private static void update(Connection connection, SeriesRecord series) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE series SET state = ?, revision = ?, code = ?, cause = ?, objects = ?, calling_ae = ?,"
                + " called_ae = ?, opened_at = ?, last_object_at = ?, changed_at = ?, timings = ?, attempts = ?,"
                + " node = ? WHERE series_uid = ?")) {
      fill(update, series);
      update.executeUpdate();
    }
  }

  private static void fill(PreparedStatement statement, SeriesRecord series) throws SQLException {
    String cause = series.cause();
    statement.setString(1, series.state().name());
    statement.setInt(2, series.revision());
    statement.setString(3, series.code());
    statement.setString(4, storable(cause.length() > MAX_CAUSE ? cause.substring(0, MAX_CAUSE) : cause));
    statement.setInt(5, series.objects());
    statement.setString(6, storable(series.callingAe()));
    statement.setString(7, storable(series.calledAe()));
    statement.setObject(8, series.openedAt().atOffset(ZoneOffset.UTC));
    statement.setObject(9, series.lastObjectAt().atOffset(ZoneOffset.UTC));
    statement.setObject(10, series.changedAt().atOffset(ZoneOffset.UTC));
    statement.setString(11, series.timings().toString());
    statement.setInt(12, series.attempts());
    statement.setString(13, series.node());
    statement.setString(14, series.seriesUid());
  }

  /** PostgreSQL refuses the character 0 and halves of surrogate pairs; both can come from outside. */
  private static String storable(String text) {
    return new String(text.replace('\0', ' ').getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  private static SeriesRecord read(ResultSet row) throws SQLException {
    return new SeriesRecord(
        row.getString("series_uid"),
        SeriesState.valueOf(row.getString("state")),
        row.getInt("revision"),
        row.getString("code"),
        row.getString("cause"),
        row.getInt("objects"),
        row.getString("calling_ae"),
        row.getString("called_ae"),
        row.getObject("opened_at", OffsetDateTime.class).toInstant(),
        row.getObject("last_object_at", OffsetDateTime.class).toInstant(),
        row.getObject("changed_at", OffsetDateTime.class).toInstant(),
        Timings.parse(row.getString("timings")),
        row.getInt("attempts"),
        row.getString("node"));
  }
}
