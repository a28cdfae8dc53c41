package nmsw.scp;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;

/**
 * What happens at start-up: every series in the spool that is unknown or unfinished, or has more objects than
 * its last result was made of, is taken up again. With a lost database that is all of them, and each gives
 * the same result.
 */
final class Recovery {
  private final SeriesTable table;
  private final Spool spool;
  private final JobQueue queue;
  private final SeriesAssembler assembler;
  private final Deliverer deliverer;

  Recovery(
      SeriesTable table, Spool spool, JobQueue queue, SeriesAssembler assembler, Deliverer deliverer) {
    this.table = table;
    this.spool = spool;
    this.queue = queue;
    this.assembler = assembler;
    this.deliverer = deliverer;
  }

  void run() throws IOException, SQLException {
    queue.releaseOwn();
    for (Spool.SpooledSeries spooled : spool.series()) {
      Optional<SeriesRecord> known = table.find(spooled.seriesUid());
      if (known.isPresent() && known.get().state() == SeriesState.RECEIVING) {
        assembler.resume(known.get());
      } else if (known.isEmpty() || known.get().objects() != spooled.objects()) {
        open(spooled);
      } else {
        resume(known.get());
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
    switch (series.state()) {
      case READY -> queue.add(series);
      case SEGMENTING -> {
        if (!queue.isElsewhere(series)) {
          table
              .move(
                  series,
                  Set.of(SeriesState.SEGMENTING),
                  SeriesState.READY,
                  row -> row,
                  "was interrupted, queued again")
              .ifPresent(queue::add);
        }
      }
      case RETURNING -> deliverer.settle(series.seriesUid(), Timings.NONE);
      default -> {
        // DONE, REFUSED and FAILED stay as they are.
      }
    }
  }
}
