package nmsw.scp.delivery;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.net.AssociationInfo;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.RemoteAe;
import nmsw.scp.FakeClock;
import nmsw.scp.Series;
import nmsw.scp.config.ResultKind;
import nmsw.scp.database.Database;
import nmsw.scp.database.Memory;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.events.NodeListener;
import nmsw.scp.result.ResultObject;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;

/** A series whose results are in the outbox for one destination, "pacs", and a deliverer on a clock of its own. */
final class ReturningSeries implements AutoCloseable {
  static final AssociationInfo FROM_PACS = new AssociationInfo(1, "PACS", "NMSW", "127.0.0.1");

  final FakeClock clock = new FakeClock();
  final List<String> failures = Collections.synchronizedList(new ArrayList<>());
  Outbox outbox;
  Deliverer deliverer;
  private final Path folder;
  private final Database database;
  private final SeriesTable table;
  private Deliverer.Destination destination;

  /**
   * @param folder for the outbox
   */
  ReturningSeries(Path folder, int results) throws IOException, SQLException {
    this.folder = folder;
    database = Memory.database();
    table = new SeriesTable(database.dataSource(), clock, "node", series -> {});
    outbox = Outbox.open(folder, clock);
    SeriesRecord series = table.open(Series.UID, "CT1", "NMSW", "");
    for (SeriesState next : List.of(SeriesState.READY, SeriesState.SEGMENTING, SeriesState.RETURNING)) {
      series = table.move(series, Set.of(series.state()), next, row -> row, "").orElseThrow();
    }
    for (int i = 0; i < results; i++) {
      put(i);
    }
  }

  /** Puts one more result of the series into the outbox. */
  String put(int number) throws IOException {
    String uid = Uid.derived("result", Integer.toString(number));
    Dataset result =
        Series.slice(Series.UID, 0)
            .putString(Tag.SOPClassUID, Uid.SegmentationStorage)
            .putString(Tag.SOPInstanceUID, uid);
    outbox.put(Series.UID, 1, "pacs", ResultObject.of(ResultKind.SEG, result));
    return uid;
  }

  /** From now on delivers there; as after a restart, what was in memory is forgotten. */
  void deliverTo(Deliverer.Destination to) throws IOException {
    destination = to;
    outbox = Outbox.open(folder, clock);
    NodeListener listener =
        new NodeListener() {
          @Override
          public void deliveryFailed(String seriesUid, String name, String cause) {
            failures.add(cause);
          }
        };
    deliverer = new Deliverer(outbox, table, Map.of("pacs", to), DelivererTest.RULES, clock, listener);
  }

  void restart() throws IOException {
    deliverTo(destination);
  }

  void deliver() throws SQLException {
    deliverer.deliverDue("pacs");
  }

  void deliverAfter(Duration time) throws SQLException {
    clock.advance(time);
    deliver();
  }

  /** C-STORE to a port of this machine, and storage commitment if there is something to say of it. */
  static Deliverer.Destination at(int port, ClientConfig config, Optional<Deliverer.Commitment> commitment) {
    return new Deliverer.Destination(
        new ResultSender(new RemoteAe("PACS", "127.0.0.1", port), "NMSW", commitment.isPresent(), config), commitment);
  }

  /** The SOP Instance UIDs of what waits, in the order in which it is sent. */
  List<String> waiting() {
    return outbox.entries("pacs").stream().map(Outbox.Entry::sopInstanceUid).toList();
  }

  List<Outbox.Step> steps() {
    return outbox.entries("pacs").stream().map(Outbox.Entry::step).toList();
  }

  SeriesState state() throws SQLException {
    return table.find(Series.UID).orElseThrow().state();
  }

  @Override
  public void close() {
    database.close();
  }
}
