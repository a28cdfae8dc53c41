package nmsw.scp.trends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import javax.sql.DataSource;
import nmsw.scp.FakeClock;
import nmsw.scp.database.Database;
import nmsw.scp.database.Memory;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.series.ModelVersion;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.trends.TrendResult.OrganVolume;
import nmsw.scp.trends.TrendTable.Known;
import nmsw.scp.trends.TrendTable.Quartiles;
import org.junit.jupiter.api.Test;

/** With the embedded database; {@link PostgresTest} does the same with PostgreSQL. */
public class TrendTableTest {
  private static final ModelVersion MODEL = new ModelVersion("abdomen", "3");
  private static final ModelVersion OTHER = new ModelVersion("abdomen", "4");
  private static final LocalDate DAY = LocalDate.of(2026, 3, 1);

  @Test
  void keepsReplacesAndForgets() throws Exception {
    try (Database database = Memory.database()) {
      keepsReplacesAndForgets(database.dataSource());
    }
  }

  public static void keepsReplacesAndForgets(DataSource database) throws SQLException {
    TrendTable table = new TrendTable(database);
    double[] entropies = {0.5, 0.2, 0.4, 0.3};
    for (int i = 0; i < 4; i++) {
      put(database, "1.2." + i, result(MODEL, DAY, OptionalDouble.of(entropies[i]), 1000 + 100 * i, true));
    }
    put(database, "1.2.10", result(MODEL, DAY.plusDays(2), OptionalDouble.empty(), 1500, true));
    put(database, "1.2.11", result(MODEL, DAY.plusDays(2), OptionalDouble.of(0.9), 30, false));
    put(database, "1.2.0", result(OTHER, DAY, OptionalDouble.of(0.1), 7, true));
    List<Quartiles> volumes =
        List.of(
            new Quartiles(DAY, 4, 1075, 1150, 1225), new Quartiles(DAY.plusDays(2), 1, 1500, 1500, 1500));
    LocalDate end = DAY.plusDays(9);
    assertEquals(volumes, table.volume(MODEL, "liver", DAY, end));
    List<Quartiles> entropy = table.entropy(MODEL, DAY, end);
    assertEquals(List.of(4L, 1L), entropy.stream().map(Quartiles::values).toList());
    assertEquals(0.275, entropy.get(0).lower(), 1e-12);
    assertEquals(0.35, entropy.get(0).median(), 1e-12);
    assertEquals(0.425, entropy.get(0).upper(), 1e-12);
    assertEquals(
        List.of(new Known(MODEL, 6, DAY.plusDays(2)), new Known(OTHER, 1, DAY)), table.models(DAY, end));
    assertEquals(List.of("liver", "spleen"), table.organs(MODEL, DAY, end));
    assertEquals(List.of(), table.volume(MODEL, "spleen", DAY, end));
    assertEquals(List.of(), table.volume(MODEL, "liver' OR '1' = '1", DAY, end));
    assertEquals(volumes.subList(0, 1), table.volume(MODEL, "liver", DAY, DAY.plusDays(1)));

    put(database, "1.2.1", result(MODEL, DAY, OptionalDouble.of(0.2), 1100, true));
    assertEquals(volumes, table.volume(MODEL, "liver", DAY, end));
    put(database, "1.2.1", result(MODEL, DAY.plusDays(5), OptionalDouble.of(0.2), 1100, true));
    assertEquals(
        List.of(3L, 1L, 1L), table.volume(MODEL, "liver", DAY, end).stream().map(Quartiles::values).toList());

    table.removeBefore(DAY.plusDays(2));
    assertEquals(volumes.get(1), table.volume(MODEL, "liver", DAY, end).get(0));
    assertEquals(List.of(new Known(MODEL, 3, DAY.plusDays(5))), table.models(DAY, end));
  }

  private static TrendResult result(
      ModelVersion model, LocalDate day, OptionalDouble entropy, double liver, boolean whole) {
    List<OrganVolume> organs = List.of(new OrganVolume("liver", liver, whole), new OrganVolume("spleen", 0, false));
    return new TrendResult(model, day, entropy, 8, organs);
  }

  private static void put(DataSource database, String seriesUid, TrendResult result) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      new TrendTable(database).put(connection, seriesUid, result);
      connection.commit();
    }
  }

  @Test
  void isThereIfAndOnlyIfTheSeriesMoves() throws Exception {
    try (Database database = Memory.database()) {
      TrendTable trends = new TrendTable(database.dataSource());
      SeriesTable table = new SeriesTable(database.dataSource(), new FakeClock(), "node", series -> {});
      SeriesRecord series = table.open("1.2.3", "CT1", "NMSW", "");
      series = table.move(series, Set.of(SeriesState.RECEIVING), SeriesState.READY, row -> row, "").orElseThrow();
      SeriesRecord begun =
          table.move(series, Set.of(SeriesState.READY), SeriesState.SEGMENTING, row -> row, "").orElseThrow();
      TrendResult result = result(MODEL, DAY, OptionalDouble.of(0.5), 1000, true);
      SeriesTable.Addition trend = connection -> trends.put(connection, "1.2.3", result);
      Set<SeriesState> atWork = Set.of(SeriesState.SEGMENTING);

      assertTrue(table.move(series, atWork, SeriesState.RETURNING, row -> row, "", trend).isEmpty());
      assertEquals(List.of(), trends.models(DAY, DAY));
      assertThrows(
          SQLException.class,
          () ->
              table.move(
                  begun,
                  atWork,
                  SeriesState.RETURNING,
                  row -> row,
                  "",
                  connection -> {
                    trend.make(connection);
                    throw new SQLException("the disk is full");
                  }));
      assertEquals(List.of(), trends.models(DAY, DAY));
      assertEquals(SeriesState.SEGMENTING, table.find("1.2.3").orElseThrow().state());

      table.move(begun, atWork, SeriesState.RETURNING, row -> row, "", trend).orElseThrow();
      assertEquals(List.of(new Known(MODEL, 1, DAY)), trends.models(DAY, DAY));
    }
  }
}
