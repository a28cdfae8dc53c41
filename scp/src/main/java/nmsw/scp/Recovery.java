package nmsw.scp;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import nmsw.scp.database.JobQueue;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.delivery.Deliverer;
import nmsw.scp.delivery.Outbox;
import nmsw.scp.receive.SeriesAssembler;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.series.Timings;
import nmsw.scp.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up what is unfinished: at start-up every series in the spool that is unknown, or has more objects than its last
 * result was made of, and what this node had in hand when it stopped (with a lost database the former is all of them,
 * and each gives the same result); later what a node had in hand that is dead. What another node has in hand, or
 * receives, is left alone.
 */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private final SeriesTable table;
  private final Spool spool;
  private final JobQueue queue;
  private final SeriesAssembler assembler;
  private final Outbox outbox;
  private final Deliverer deliverer;
  private final String nodeName;

  Recovery(
      SeriesTable table,
      Spool spool,
      JobQueue queue,
      SeriesAssembler assembler,
      Outbox outbox,
      Deliverer deliverer,
      String nodeName) {
    this.table = table;
    this.spool = spool;
    this.queue = queue;
    this.assembler = assembler;
    this.outbox = outbox;
    this.deliverer = deliverer;
    this.nodeName = nodeName;
  }

  /** At start-up, before anything else is done. */
  void run() throws IOException, SQLException {
    queue.release(nodeName);
    for (Spool.SpooledSeries spooled : spool.series()) {
      Optional<SeriesRecord> known = table.find(spooled.seriesUid());
      if (known.isPresent() && known.get().state() == SeriesState.RECEIVING) {
        if (!table.isReceivedElsewhere(spooled.seriesUid())) {
          assembler.resume(known.get());
        }
      } else if (known.isEmpty() || known.get().objects() != spooled.objects()) {
        open(spooled);
      } else {
        resume(known.get());
      }
    }
  }

  /**
   * What a dead node had in hand.
   *
   * @param results the results that it had not delivered yet
   */
  void takeOver(String dead, Path results) throws IOException, SQLException {
    LOG.warn("node {} shows no sign of life; this one goes on with what it had in hand", dead);
    outbox.adopt(results, entry -> !isAtWork(entry));
    queue.release(dead);
    for (SeriesRecord series : table.inHand(dead)) {
      if (series.state() == SeriesState.SEGMENTING) {
        queue.add(series);
      } else if (table
          .move(series, Set.of(series.state()), series.state(), row -> row, "taken over from node " + dead)
          .isPresent()) {
        deliverer.settle(series.seriesUid(), Timings.NONE);
      }
    }
    for (SeriesRecord series : table.takeOverReceiving(dead)) {
      assembler.resume(series);
    }
  }

  /** When this node stops in good order: its interrupted job is the next one's, here or elsewhere, and counts as no attempt. */
  void handBack() throws SQLException {
    for (SeriesRecord series : table.inHand(nodeName)) {
      if (series.state() == SeriesState.SEGMENTING) {
        table
            .move(
                series,
                Set.of(SeriesState.SEGMENTING),
                SeriesState.READY,
                row -> row.withAttempts(row.attempts() - 1),
                "was interrupted, queued again")
            .ifPresent(queue::add);
      }
    }
  }

  private void open(Spool.SpooledSeries spooled) throws SQLException {
    SeriesRecord opened =
        table.open(
            spooled.seriesUid(), spooled.callingAe(), spooled.calledAe(), "found in the spool at start-up");
    assembler.resume(opened);
  }

  private void resume(SeriesRecord series) throws SQLException {
    boolean own = series.node().isEmpty() || series.node().equals(nodeName);
    switch (series.state()) {
      case READY -> queue.add(series);
      case SEGMENTING -> {
        if (own) {
          queue.add(series);
        }
      }
      case RETURNING -> {
        if (own) {
          deliverer.settle(series.seriesUid(), Timings.NONE);
        }
      }
      default -> {
        // DONE, REFUSED, FAILED and PARKED stay as they are.
      }
    }
  }

  /** Its job was killed before it said that all its objects are there: it makes them again. */
  private boolean isAtWork(Outbox.Entry entry) throws SQLException {
    return table
        .find(entry.seriesUid())
        .filter(series -> series.revision() == entry.revision() && series.state() == SeriesState.SEGMENTING)
        .isPresent();
  }
}
