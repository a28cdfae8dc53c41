package nmsw.scp.trends;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import javax.sql.DataSource;
import nmsw.scp.disk.DurableFiles;
import nmsw.scp.series.ModelVersion;

/**
 * What results measured, in the database beside the series; it stays when a series goes. A row is found again by 64 bits of a
 * hash of series and model, so that a second run of a series replaces what the first measured, and no UID is kept.
 */
public final class TrendTable {
  private static final String QUARTILES =
      " COUNT(%1$s), PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY %1$s),"
          + " PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %1$s), PERCENTILE_CONT(0.75) WITHIN GROUP (ORDER BY %1$s)";

  private static final String WITHIN = " WHERE model = ? AND version = ? AND result_day BETWEEN ? AND ?";

  private static final Measure ENTROPY = new Measure("trend_result", "entropy", " AND entropy IS NOT NULL", "");
  private static final Measure VOLUME = new Measure("trend_organ", "millilitres", " AND organ = ? AND whole", "");

  private final DataSource database;

  public TrendTable(DataSource database) {
    this.database = database;
  }

  /**
   * The middle of what was measured on one day: quartiles are interpolated linearly between the two values that they fall
   * between.
   *
   * @param values how many there are
   */
  public record Quartiles(LocalDate day, long values, double lower, double median, double upper) {}

  /**
   * @param results within the days that were asked for
   * @param last day of the last of them
   */
  public record Known(ModelVersion model, long results, LocalDate last) {}

  /** Keeps a result, in the caller's transaction; what the series had of this model before goes. */
  public void put(Connection connection, String seriesUid, TrendResult result) throws SQLException {
    long id = id(seriesUid, result.model());
    remove(connection, id);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO trend_result (id, model, version, result_day, entropy, k) VALUES (?,?,?,?,?,?)")) {
      insert.setLong(1, id);
      insert.setString(2, result.model().name());
      insert.setString(3, result.model().version());
      insert.setObject(4, result.day());
      if (result.entropy().isPresent()) {
        insert.setDouble(5, result.entropy().getAsDouble());
      } else {
        insert.setNull(5, Types.DOUBLE);
      }
      insert.setInt(6, result.k());
      insert.executeUpdate();
    }
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO trend_organ (result, organ, model, version, result_day, millilitres, whole)"
                + " VALUES (?,?,?,?,?,?,?)")) {
      for (TrendResult.OrganVolume organ : result.organs()) {
        insert.setLong(1, id);
        insert.setString(2, organ.organ());
        insert.setString(3, result.model().name());
        insert.setString(4, result.model().version());
        insert.setObject(5, result.day());
        insert.setDouble(6, organ.millilitres());
        insert.setBoolean(7, organ.whole());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  /** Model versions with results from a day to another, both included; that with the newest result first. */
  public List<Known> models(LocalDate from, LocalDate to) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT model, version, COUNT(*) AS results, MAX(result_day) AS newest FROM trend_result"
                    + " WHERE result_day BETWEEN ? AND ? GROUP BY model, version"
                    + " ORDER BY newest DESC, results DESC, model, version")) {
      query.setObject(1, from);
      query.setObject(2, to);
      try (ResultSet rows = query.executeQuery()) {
        List<Known> models = new ArrayList<>();
        while (rows.next()) {
          models.add(
              new Known(
                  new ModelVersion(rows.getString("model"), rows.getString("version")),
                  rows.getLong("results"),
                  rows.getObject("newest", LocalDate.class)));
        }
        return models;
      }
    }
  }

  /** The organs that a model version looks for, by name: those of any of its results, for all have the same. */
  public List<String> organs(ModelVersion model, LocalDate from, LocalDate to) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT organ FROM trend_organ WHERE result = (SELECT MAX(id) FROM trend_result" + WITHIN
                    + ") ORDER BY organ")) {
      within(query, model, from, to);
      try (ResultSet rows = query.executeQuery()) {
        List<String> organs = new ArrayList<>();
        while (rows.next()) {
          organs.add(rows.getString(1));
        }
        return organs;
      }
    }
  }

  /** The entropy of each day on which there is one, from a day to another, both included. */
  public List<Quartiles> entropy(ModelVersion model, LocalDate from, LocalDate to) throws SQLException {
    return quartiles(ENTROPY, model, from, to);
  }

  /** The ml of an organ on each day on which it was found whole, from a day to another, both included. */
  public List<Quartiles> volume(ModelVersion model, String organ, LocalDate from, LocalDate to) throws SQLException {
    return quartiles(VOLUME.of(organ), model, from, to);
  }

  /**
   * Where in the database a value stands.
   *
   * @param organ for the last ? of the condition; empty where it has none
   */
  private record Measure(String table, String value, String condition, String organ) {
    Measure of(String other) {
      return new Measure(table, value, condition, other);
    }

    PreparedStatement query(
        Connection connection, String columns, String rest, ModelVersion model, LocalDate from, LocalDate to)
        throws SQLException {
      PreparedStatement query =
          connection.prepareStatement("SELECT " + columns + " FROM " + table + WITHIN + condition + rest);
      within(query, model, from, to);
      if (!organ.isEmpty()) {
        query.setString(5, organ);
      }
      return query;
    }
  }

  private static void within(PreparedStatement query, ModelVersion model, LocalDate from, LocalDate to)
      throws SQLException {
    query.setString(1, model.name());
    query.setString(2, model.version());
    query.setObject(3, from);
    query.setObject(4, to);
  }

  private List<Quartiles> quartiles(Measure measure, ModelVersion model, LocalDate from, LocalDate to)
      throws SQLException {
    String columns = "result_day," + QUARTILES.formatted(measure.value());
    String rest = " GROUP BY result_day ORDER BY result_day";
    try (Connection connection = database.getConnection();
        PreparedStatement query = measure.query(connection, columns, rest, model, from, to);
        ResultSet rows = query.executeQuery()) {
      List<Quartiles> days = new ArrayList<>();
      while (rows.next()) {
        days.add(
            new Quartiles(
                rows.getObject(1, LocalDate.class),
                rows.getLong(2),
                rows.getDouble(3),
                rows.getDouble(4),
                rows.getDouble(5)));
      }
      return days;
    }
  }

  /**
   * What a signal was from a day to another, both included, in every result that has it: an organ has a volume where it is whole.
   * In no order.
   */
  double[] values(Signal signal, LocalDate from, LocalDate to) throws SQLException {
    Measure measure = signal.organ().map(VOLUME::of).orElse(ENTROPY);
    try (Connection connection = database.getConnection();
        PreparedStatement query = measure.query(connection, measure.value(), "", signal.model(), from, to);
        ResultSet rows = query.executeQuery()) {
      DoubleStream.Builder values = DoubleStream.builder();
      while (rows.next()) {
        values.add(rows.getDouble(1));
      }
      return values.build().toArray();
    }
  }

  /** Forgets results that no trend shows any more. */
  public void removeBefore(LocalDate day) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      for (String table : List.of("trend_organ", "trend_result")) {
        try (PreparedStatement delete =
            connection.prepareStatement("DELETE FROM " + table + " WHERE result_day < ?")) {
          delete.setObject(1, day);
          delete.executeUpdate();
        }
      }
      connection.commit();
    }
  }

  private static void remove(Connection connection, long id) throws SQLException {
    for (String table : List.of("trend_organ WHERE result", "trend_result WHERE id")) {
      try (PreparedStatement delete = connection.prepareStatement("DELETE FROM " + table + " = ?")) {
        delete.setLong(1, id);
        delete.executeUpdate();
      }
    }
  }

  private static long id(String seriesUid, ModelVersion model) {
    String text = seriesUid + " " + model.name() + " " + model.version();
    return ByteBuffer.wrap(DurableFiles.sha256().digest(text.getBytes(StandardCharsets.UTF_8))).getLong();
  }
}
