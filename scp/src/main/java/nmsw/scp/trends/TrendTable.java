package nmsw.scp.trends;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * What results measured, in the database beside the series; it stays when a series goes. A row is found again by 64 bits of a
 * hash of series and model, so that a second run of a series replaces what the first measured, and no UID is kept.
 */
public final class TrendTable {
  /** Results are kept so long, and a trend is at most so long. */
  public static final int MOST_DAYS = 400;

  private static final int PORTION = 10_000;
  private static final String QUARTILES =
      " COUNT(%1$s), PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY %1$s),"
          + " PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY %1$s), PERCENTILE_CONT(0.75) WITHIN GROUP (ORDER BY %1$s)";

  private static final String WITHIN = " WHERE r.model = ? AND r.version = ? AND r.result_day BETWEEN ? AND ?";

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
    for (String table : List.of("trend_volume WHERE result", "trend_result WHERE id")) {
      try (PreparedStatement delete = connection.prepareStatement("DELETE FROM " + table + " = ?")) {
        delete.setLong(1, id);
        delete.executeUpdate();
      }
    }
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
            "INSERT INTO trend_volume (result, organ, millilitres, whole) VALUES (?,?,?,?)")) {
      for (TrendResult.OrganVolume organ : result.organs()) {
        insert.setLong(1, id);
        insert.setString(2, organ.organ());
        insert.setDouble(3, organ.millilitres());
        insert.setBoolean(4, organ.whole());
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

  /** The organs that a model version has results of, by name. */
  public List<String> organs(ModelVersion model, LocalDate from, LocalDate to) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT DISTINCT v.organ FROM trend_result r JOIN trend_volume v ON v.result = r.id" + WITHIN
                    + " ORDER BY v.organ")) {
      within(query, 1, model, from, to);
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
    return quartiles("r.entropy", "", " AND r.entropy IS NOT NULL", "", model, from, to);
  }

  /** The ml of an organ on each day on which it was found whole, from a day to another, both included. */
  public List<Quartiles> volume(ModelVersion model, String organ, LocalDate from, LocalDate to) throws SQLException {
    return quartiles(
        "v.millilitres", " JOIN trend_volume v ON v.result = r.id", " AND v.whole AND v.organ = ?", organ, model, from, to);
  }

  private static void within(PreparedStatement query, int first, ModelVersion model, LocalDate from, LocalDate to)
      throws SQLException {
    query.setString(first, model.name());
    query.setString(first + 1, model.version());
    query.setObject(first + 2, from);
    query.setObject(first + 3, to);
  }

  /** @param organ what stands for the last ? of the condition; empty if it has none */
  private List<Quartiles> quartiles(
      String value, String join, String condition, String organ, ModelVersion model, LocalDate from, LocalDate to)
      throws SQLException {
    String sql =
        "SELECT r.result_day," + QUARTILES.formatted(value) + " FROM trend_result r" + join + WITHIN + condition
            + " GROUP BY r.result_day ORDER BY r.result_day";
    try (Connection connection = database.getConnection();
        PreparedStatement query = connection.prepareStatement(sql)) {
      within(query, 1, model, from, to);
      if (!organ.isEmpty()) {
        query.setString(5, organ);
      }
      try (ResultSet rows = query.executeQuery()) {
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
  }

  /** Takes what was measured. */
  interface Visitor {
    /** @param organ empty for the entropy */
    void value(String organ, LocalDate day, double value);
  }

  /**
   * Every entropy, and the ml of every organ that was found whole, from a day to another, both included. They are not held here
   * all at once.
   */
  void values(ModelVersion model, LocalDate from, LocalDate to, Visitor visitor) throws SQLException {
    String entropy = "SELECT '', r.result_day, r.entropy FROM trend_result r" + WITHIN + " AND r.entropy IS NOT NULL";
    String volume =
        "SELECT v.organ, r.result_day, v.millilitres FROM trend_result r JOIN trend_volume v ON v.result = r.id" + WITHIN
            + " AND v.whole";
    try (Connection connection = database.getConnection()) {
      // PostgreSQL's driver fetches in portions within a transaction only.
      connection.setAutoCommit(false);
      for (String sql : List.of(entropy, volume)) {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
          query.setFetchSize(PORTION);
          within(query, 1, model, from, to);
          try (ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
              visitor.value(rows.getString(1), rows.getObject(2, LocalDate.class), rows.getDouble(3));
            }
          }
        }
      }
      connection.commit();
    }
  }

  /** Forgets results that no trend shows any more. */
  public void removeBefore(LocalDate day) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      for (String sql :
          List.of(
              "DELETE FROM trend_volume WHERE result IN (SELECT id FROM trend_result WHERE result_day < ?)",
              "DELETE FROM trend_result WHERE result_day < ?")) {
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
          delete.setObject(1, day);
          delete.executeUpdate();
        }
      }
      connection.commit();
    }
  }

  private static long id(String seriesUid, ModelVersion model) {
    String text = seriesUid + " " + model.name() + " " + model.version();
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(digest).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }
}
