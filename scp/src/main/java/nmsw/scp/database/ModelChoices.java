package nmsw.scp.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;
import nmsw.scp.series.SeriesRecord;

/** Which series an operator wants segmented with another model than its rule's; holds for one revision of it. */
public final class ModelChoices {
  private final DataSource database;

  public ModelChoices(DataSource database) {
    this.database = database;
  }

  /** The model to use instead of the rule's. */
  public Optional<String> of(SeriesRecord series) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement query =
            connection.prepareStatement("SELECT model FROM model_choice WHERE series_uid = ? AND revision = ?")) {
      query.setString(1, series.seriesUid());
      query.setInt(2, series.revision());
      try (ResultSet rows = query.executeQuery()) {
        return rows.next() ? Optional.of(rows.getString("model")) : Optional.empty();
      }
    }
  }

  /** Chooses for the revision that is to come; what was chosen before counts no more. */
  public void choose(String seriesUid, int revision, String model) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      try (PreparedStatement delete = connection.prepareStatement("DELETE FROM model_choice WHERE series_uid = ?");
          PreparedStatement insert =
              connection.prepareStatement("INSERT INTO model_choice (series_uid, revision, model) VALUES (?,?,?)")) {
        delete.setString(1, seriesUid);
        delete.executeUpdate();
        insert.setString(1, seriesUid);
        insert.setInt(2, revision);
        insert.setString(3, model);
        insert.executeUpdate();
      }
      connection.commit();
    }
  }
}
