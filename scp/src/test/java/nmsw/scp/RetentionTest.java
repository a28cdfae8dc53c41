package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.DatabaseConfig;
import nmsw.scp.config.ResultKind;
import nmsw.scp.config.RetentionConfig;
import nmsw.scp.config.SeriesConfig;
import nmsw.scp.config.StorageConfig;
import nmsw.scp.database.Database;
import nmsw.scp.database.Memory;
import nmsw.scp.database.ModelChoices;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.delivery.Outbox;
import nmsw.scp.events.NodeListener;
import nmsw.scp.events.RemovalReason;
import nmsw.scp.receive.SeriesAssembler;
import nmsw.scp.result.ResultObject;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.spool.ObjectOutcome;
import nmsw.scp.spool.Spool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetentionTest {
  private static final int SLICES = 3;
  private static final StorageConfig LIMITS = new StorageConfig(new DataSize(0), new DataSize(1 << 20));

  @TempDir Path folder;
  private final FakeClock clock = new FakeClock();
  private final List<String> removed = new ArrayList<>();
  private Database database;
  private SeriesTable table;
  private Spool spool;
  private Outbox outbox;
  private SeriesAssembler assembler;

  @BeforeEach
  void open() throws IOException {
    database = Memory.database();
    table = new SeriesTable(database.dataSource(), clock, "node", series -> {});
    spool = Spool.open(folder.resolve("spool"), "node", LIMITS);
    outbox = Outbox.open(folder.resolve("outbox"), clock);
    assembler =
        new SeriesAssembler(
            table, spool, clock, new SeriesConfig(Duration.ofSeconds(10), Duration.ofMinutes(10), 1), series -> {});
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Retention retention(Duration age, long total) {
    RetentionConfig rules =
        new RetentionConfig(
            age, Optional.of(total).filter(n -> n > 0).map(DataSize::new), Duration.ofHours(1));
    NodeListener listener =
        new NodeListener() {
          @Override
          public void seriesRemoved(String seriesUid, RemovalReason reason, long bytes) {
            assertTrue(bytes > 1000 * SLICES, "bytes: " + bytes);
            removed.add(seriesUid + " " + reason);
          }
        };
    return new Retention(table, spool, outbox, clock, rules, listener);
  }

  private SeriesRecord receive(String uid) throws Exception {
    for (int k = 0; k < SLICES; k++) {
      store(uid, k);
    }
    assembler.associationClosed(Series.association(1), true);
    clock.advance(Duration.ofSeconds(10));
    assembler.check();
    return table.find(uid).orElseThrow();
  }

  private void store(String uid, int k) throws Exception {
    Dataset slice = Series.slice(uid, k);
    assembler.stored(spool.receive(Series.request(slice), Series.stream(slice)), Series.association(1));
  }

  private SeriesRecord move(SeriesRecord series, SeriesState... states) throws Exception {
    SeriesRecord row = series;
    for (SeriesState state : states) {
      row = table.move(row, Set.of(row.state()), state, same -> same, "").orElseThrow();
    }
    return row;
  }

  private SeriesRecord done(String uid) throws Exception {
    return move(receive(uid), SeriesState.SEGMENTING, SeriesState.RETURNING, SeriesState.DONE);
  }

  private Outbox.Entry waiting(SeriesRecord series) throws IOException {
    Dataset result = Series.slice(series.seriesUid(), 0).putString(Tag.SOPInstanceUID, series.seriesUid() + ".9");
    return outbox.put(series.seriesUid(), series.revision(), "pacs", ResultObject.of(ResultKind.SEG, result));
  }

  private boolean isKept(String uid) throws Exception {
    boolean known = table.find(uid).isPresent();
    assertEquals(known, !spool.objects(uid).isEmpty(), "row and objects of " + uid);
    return known;
  }

  @Test
  void whatIsFinishedGoesWhenItIsOldEnough() throws Exception {
    done("1.2.1");
    move(receive("1.2.2"), SeriesState.REFUSED);
    move(receive("1.2.3"), SeriesState.SEGMENTING, SeriesState.FAILED);
    Retention retention = retention(Duration.ofDays(7), 0);
    clock.advance(Duration.ofDays(7).minusSeconds(21));
    retention.sweep();
    assertEquals(List.of(), removed);

    clock.advance(Duration.ofSeconds(1));
    retention.sweep();
    assertEquals(List.of("1.2.1 AGE"), removed);
    clock.advance(Duration.ofSeconds(20));
    retention.sweep();
    assertEquals(List.of("1.2.1 AGE", "1.2.2 AGE", "1.2.3 AGE"), removed);
    assertEquals(List.of(), table.all());
    assertEquals(List.of(), files());
    assertEquals(0, spool.space().used());
  }

  @Test
  void whatIsNotFinishedOrNotDeliveredNeverGoes() throws Exception {
    store("1.2.1", 0);
    receive("1.2.2");
    move(receive("1.2.3"), SeriesState.SEGMENTING);
    move(receive("1.2.4"), SeriesState.SEGMENTING, SeriesState.RETURNING);
    Outbox.Entry ofDone = waiting(done("1.2.5"));
    waiting(move(receive("1.2.6"), SeriesState.SEGMENTING, SeriesState.FAILED));
    move(receive("1.2.7"), SeriesState.SEGMENTING, SeriesState.PARKED);
    Retention retention = retention(Duration.ofDays(1), 1);
    clock.advance(Duration.ofDays(1000));
    retention.sweep();
    assertEquals(List.of(), removed);
    for (int i = 1; i <= 7; i++) {
      assertTrue(isKept("1.2." + i));
    }

    outbox.remove(ofDone);
    retention.sweep();
    assertEquals(List.of("1.2.5 AGE"), removed);
  }

  @Test
  void ofATooLargeSpoolTheOldestGoUntilItFits() throws Exception {
    for (int i = 1; i <= 5; i++) {
      done("1.2." + i);
      clock.advance(Duration.ofMinutes(19));
    }
    long each = spool.series().stream().mapToLong(Spool.SpooledSeries::bytes).max().orElseThrow();
    Retention retention = retention(Duration.ofDays(1000), 2 * each + 10);
    retention.sweep();
    // The others have not been finished for an hour.
    assertEquals(List.of("1.2.1 TOTAL", "1.2.2 TOTAL"), removed);
    clock.advance(Duration.ofDays(1));
    retention.sweep();
    assertEquals(List.of("1.2.1 TOTAL", "1.2.2 TOTAL", "1.2.3 TOTAL"), removed);
    assertEquals(2 * each, spool.space().used(), 50);
    assertTrue(isKept("1.2.4") && isKept("1.2.5"));
  }

  @Test
  void whatWasKeptAsideGoesWithItsSeries() throws Exception {
    SeriesRecord series = done("1.2.1");
    Dataset other = Series.slice("1.2.1", 0).putString(Tag.SeriesDescription, "another");
    assertEquals(ObjectOutcome.CONFLICT, spool.receive(Series.request(other), Series.stream(other)).outcome());
    clock.advance(Duration.ofDays(8));
    retention(Duration.ofDays(7), 0).sweep();
    assertEquals(List.of(series.seriesUid() + " AGE"), removed);
    assertEquals(List.of(), files());
  }

  @Test
  void aSeriesThatALateObjectHasReachedStays() throws Exception {
    SeriesRecord series = done("1.2.1");
    Spool.SpooledSeries found = spool.series().get(0);
    Dataset late = Series.slice("1.2.1", SLICES);
    Spool.Received received = spool.receive(Series.request(late), Series.stream(late));
    // Between the spool and the table.
    clock.advance(Duration.ofDays(8));
    retention(Duration.ofDays(7), 0).sweep();
    assertTrue(spool.remove(found, () -> true).isEmpty());
    assertTrue(isKept("1.2.1"));

    assembler.stored(received, Series.association(2));
    assertEquals(2, table.find("1.2.1").orElseThrow().revision());
    assertFalse(table.remove(series), "it is not as it was");
    assertTrue(spool.remove(spool.series().get(0), () -> table.remove(series)).isEmpty());
    assertEquals(SLICES + 1, spool.objects("1.2.1").size());
  }

  @Test
  void aRowWhoseObjectsAreGoneGoesToo() throws Exception {
    done("1.2.1");
    spool.remove(spool.series().get(0), () -> true);
    assertTrue(table.find("1.2.1").isPresent());
    clock.advance(Duration.ofDays(8));
    retention(Duration.ofDays(7), 0).sweep();
    assertTrue(table.find("1.2.1").isEmpty());
    assertEquals(List.of(), removed);
  }

  @Test
  void whichModelWasChosenForASeriesIsForgottenWithIt() throws Exception {
    ModelChoices choices = new ModelChoices(database.dataSource());
    SeriesRecord goes = done("1.2.1");
    choices.choose("1.2.1", goes.revision(), "other");
    clock.advance(Duration.ofDays(5));
    SeriesRecord stays = done("1.2.2");
    choices.choose("1.2.2", stays.revision(), "other");
    clock.advance(Duration.ofDays(3));
    retention(Duration.ofDays(7), 0).sweep();
    assertEquals(List.of("1.2.1 AGE"), removed);
    assertEquals(Optional.empty(), choices.of(goes));
    assertEquals(Optional.of("other"), choices.of(stays));
  }

  /** Those of older versions, which kept them. */
  @Test
  void whatWasChosenForSeriesThatAreGoneIsForgottenAtTheNextStart() throws Exception {
    DatabaseConfig file =
        new DatabaseConfig("jdbc:h2:file:" + folder.resolve("old") + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE", "", "");
    SeriesRecord gone = SeriesRecord.opened("1.2.1", "CT1", "NMSW", clock.instant());
    try (Database old = Database.open(file)) {
      new ModelChoices(old.dataSource()).choose("1.2.1", gone.revision(), "other");
    }
    try (Database old = Database.open(file)) {
      assertEquals(Optional.empty(), new ModelChoices(old.dataSource()).of(gone));
    }
  }

  @Test
  void aRemovalThatWasCutShortIsFinishedAtTheNextStart() throws Exception {
    done("1.2.1");
    Path series = spool.objects("1.2.1").get(0).getParent();
    Files.move(series, folder.resolve("spool/incoming/node").resolve(series.getFileName() + ".removed"));
    spool = Spool.open(folder.resolve("spool"), "node", LIMITS);
    assertEquals(List.of(), files());
    assertEquals(List.of(), spool.series());
  }

  @Test
  void aSeriesThatComesAgainIsANewOne() throws Exception {
    done("1.2.1");
    clock.advance(Duration.ofDays(8));
    retention(Duration.ofDays(7), 0).sweep();
    SeriesRecord again = receive("1.2.1");
    assertEquals(SeriesState.READY, again.state());
    assertEquals(1, again.revision());
    assertEquals(SLICES, again.objects());
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder.resolve("spool"))) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
