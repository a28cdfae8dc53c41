package nmsw.scp.receive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.scp.FakeClock;
import nmsw.scp.Series;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.SeriesConfig;
import nmsw.scp.config.StorageConfig;
import nmsw.scp.database.Database;
import nmsw.scp.database.Memory;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.series.Stage;
import nmsw.scp.spool.Spool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SeriesAssemblerTest {
  private static final SeriesConfig RULES =
      new SeriesConfig(Duration.ofSeconds(10), Duration.ofMinutes(10), 16);

  @TempDir Path folder;
  private final FakeClock clock = new FakeClock();
  private final List<SeriesRecord> ready = new ArrayList<>();
  private Database database;
  private SeriesTable table;
  private Spool spool;
  private SeriesAssembler assembler;

  @BeforeEach
  void open() throws IOException {
    database = Memory.database();
    table = new SeriesTable(database.dataSource(), clock, "node", series -> {});
    spool = Spool.open(folder, "node", new StorageConfig(new DataSize(0), new DataSize(1 << 20)));
    assembler = new SeriesAssembler(table, spool, clock, RULES, ready::add);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void completeWhenReleasedAndQuiet() throws Exception {
    store(1, 0);
    clock.advance(Duration.ofSeconds(3));
    store(1, 1);
    assembler.associationClosed(Series.association(1), true);
    clock.advance(Duration.ofSeconds(9));
    assembler.check();
    assertTrue(ready.isEmpty());
    assertEquals(SeriesState.RECEIVING, state());

    clock.advance(Duration.ofSeconds(1));
    assembler.check();
    assertEquals(1, ready.size());
    assertEquals(SeriesState.READY, state());
    assertEquals(2, ready.get(0).objects());
    assertEquals(Duration.ofSeconds(3), ready.get(0).timings().stages().get(Stage.RECEIVE));
  }

  @Test
  void anOpenAssociationHoldsASeriesUntilMaxWait() throws Exception {
    store(1, 0);
    clock.advance(Duration.ofMinutes(9));
    assembler.check();
    assertTrue(ready.isEmpty());
    clock.advance(Duration.ofMinutes(1));
    assembler.check();
    assertEquals(1, ready.size());
  }

  @Test
  void severalAssociationsCarryOneSeries() throws Exception {
    store(1, 0);
    store(2, 1);
    assembler.associationClosed(Series.association(1), true);
    clock.advance(Duration.ofMinutes(1));
    assembler.check();
    assertTrue(ready.isEmpty());
    assembler.associationClosed(Series.association(2), true);
    assembler.check();
    assertEquals(1, ready.size());
  }

  @Test
  void aBrokenAssociationIsWaitedForUntilTheSenderIsBack() throws Exception {
    store(1, 0);
    assembler.associationClosed(Series.association(1), false);
    clock.advance(Duration.ofMinutes(5));
    assembler.check();
    assertTrue(ready.isEmpty());

    store(2, 0);
    store(2, 1);
    assembler.associationClosed(Series.association(2), true);
    clock.advance(Duration.ofSeconds(10));
    assembler.check();
    assertEquals(2, ready.get(0).objects());
  }

  @Test
  void anOlderAssociationThatIsReleasedDoesNotReplaceTheOneThatBroke() throws Exception {
    store(1, 0);
    store(2, 1);
    assembler.associationClosed(Series.association(2), false);
    assembler.associationClosed(Series.association(1), true);
    clock.advance(Duration.ofMinutes(9));
    assembler.check();
    assertTrue(ready.isEmpty());

    store(3, 2);
    assembler.associationClosed(Series.association(3), true);
    clock.advance(Duration.ofSeconds(10));
    assembler.check();
    assertEquals(3, ready.get(0).objects());
  }

  @Test
  void aSenderIsWaitedForFromTheStartOnHoweverLongTheNodeWasDown() throws Exception {
    store(1, 0);
    clock.advance(Duration.ofHours(3));
    SeriesAssembler restarted = new SeriesAssembler(table, spool, clock, RULES, ready::add);
    restarted.resume(table.find(Series.UID).orElseThrow());
    clock.advance(Duration.ofMinutes(9));
    restarted.check();
    assertTrue(ready.isEmpty());

    clock.advance(Duration.ofMinutes(1));
    restarted.check();
    assertEquals(1, ready.size());
  }

  @Test
  void duplicatesShowThatTheSenderIsNotDone() throws Exception {
    store(1, 0);
    assembler.associationClosed(Series.association(1), true);
    clock.advance(Duration.ofSeconds(8));
    store(2, 0);
    assembler.associationClosed(Series.association(2), true);
    clock.advance(Duration.ofSeconds(8));
    assembler.check();
    assertTrue(ready.isEmpty());
  }

  @Test
  void lateObjectsReopenASeriesAndDuplicatesDoNot() throws Exception {
    complete(0);
    SeriesRecord first = ready.get(0);
    table.move(first, Set.of(SeriesState.READY), SeriesState.SEGMENTING, row -> row, "");

    store(2, 0);
    assertEquals(SeriesState.SEGMENTING, state());

    store(2, 1);
    assertEquals(SeriesState.RECEIVING, state());
    assertEquals(2, table.find(Series.UID).orElseThrow().revision());
    // The job of the first revision can no longer change anything.
    assertTrue(
        table
            .move(first, Set.of(SeriesState.SEGMENTING), SeriesState.RETURNING, row -> row, "")
            .isEmpty());
    assembler.associationClosed(Series.association(2), true);
    clock.advance(Duration.ofSeconds(10));
    assembler.check();
    assertEquals(2, ready.get(1).objects());
    assertEquals(2, ready.get(1).revision());
  }

  /** The sender of a late object was refused, since it could not be recorded, and sends it again. */
  @Test
  void anObjectThatIsInTheSpoolButWasNotCountedReopensASeriesWhenItComesAgain() throws Exception {
    complete(0);
    Dataset late = Series.slice(Series.UID, 1);
    spool.receive(Series.request(late), Series.stream(late));
    store(2, 0);
    assertEquals(SeriesState.RECEIVING, state());
    assertEquals(2, table.find(Series.UID).orElseThrow().revision());
  }

  @Test
  void aSeriesWhoseObjectsComeToTwoNodesIsCompleteWhenBothSaySo() throws Exception {
    SeriesTable otherTable = new SeriesTable(database.dataSource(), clock, "other", series -> {});
    SeriesAssembler other = new SeriesAssembler(otherTable, spool, clock, RULES, ready::add);
    store(1, 0);
    store(other, 7, 1);
    assembler.associationClosed(Series.association(1), true);
    clock.advance(Duration.ofSeconds(10));
    assembler.check();
    other.check();
    assertTrue(ready.isEmpty(), "the other node's association is still open");

    other.associationClosed(Series.association(7), true);
    other.check();
    assembler.check();
    assertEquals(1, ready.size());
    assertEquals(2, ready.get(0).objects());

    store(1, 2);
    assertEquals(2, table.find(Series.UID).orElseThrow().revision(), "it was still taken for open");
  }

  @Test
  void aSenderThatGoesOnAtAnotherNodeWaitsForNothingButTheEndOfTheFirst() throws Exception {
    SeriesTable deadTable = new SeriesTable(database.dataSource(), clock, "dead", series -> {});
    SeriesAssembler dead = new SeriesAssembler(deadTable, spool, clock, RULES, ready::add);
    store(dead, 1, 0);
    store(2, 0);
    store(2, 1);
    assembler.associationClosed(Series.association(2), true);
    clock.advance(Duration.ofSeconds(10));
    assembler.check();
    assertTrue(ready.isEmpty());

    for (SeriesRecord series : table.takeOverReceiving("dead")) {
      assembler.resume(series);
    }
    assembler.check();
    assertEquals(1, ready.size());
    assertEquals(2, ready.get(0).objects());
  }

  private void complete(int slice) throws Exception {
    store(1, slice);
    assembler.associationClosed(Series.association(1), true);
    clock.advance(Duration.ofSeconds(10));
    assembler.check();
  }

  private void store(long association, int slice) throws IOException, SQLException {
    store(assembler, association, slice);
  }

  private void store(SeriesAssembler to, long association, int slice) throws IOException, SQLException {
    Dataset dataset = Series.slice(Series.UID, slice);
    to.stored(
        spool.receive(Series.request(dataset), Series.stream(dataset)), Series.association(association));
  }

  private SeriesState state() throws SQLException {
    return table.find(Series.UID).orElseThrow().state();
  }
}
