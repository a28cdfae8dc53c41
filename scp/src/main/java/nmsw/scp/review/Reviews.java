package nmsw.scp.review;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.spool.Spool;
import nmsw.scp.web.AuditLog;

/** What people say of results, and what comes of it; only a node with pages has it. */
public record Reviews(Verdicts verdicts, ReviewJournal journal, Corrections corrections, Candidates candidates) {

  /**
   * Takes up what an earlier run left in the data directory; what that received last is noted.
   *
   * @param config says where things are
   * @param settings what the node runs with at the time
   * @param images the spool of the CT series
   * @param log takes what the node itself does with corrections and candidates
   * @param changed told the UID of each series of which something else is to be shown
   */
  public static Reviews open(
      NodeConfig config,
      Supplier<NodeConfig> settings,
      Clock clock,
      SeriesTable table,
      Spool images,
      ResultStore results,
      Verdicts verdicts,
      ReviewJournal journal,
      AuditLog log,
      Consumer<String> changed)
      throws IOException {
    Path data = config.dataDirectory();
    Spool corrected = Spool.open(data.resolve("corrections"), config.name(), config.storage());
    Path staging = data.resolve("candidates-incoming").resolve(config.name());
    CandidateFolder folder = CandidateFolder.open(data.resolve("candidates"), staging);
    Candidates candidates =
        new Candidates(settings, clock, table, images, corrected, results, verdicts, journal, folder, log);
    Corrections corrections =
        new Corrections(settings, clock, table, images, corrected, results, journal, log, changed, candidates::settle);
    corrections.recover();
    return new Reviews(verdicts, journal, corrections, candidates);
  }

  /** Brings the folder of candidates in line with what people said, and removes what corrected series that are gone. */
  public void settle() throws IOException, SQLException {
    corrections.sweep();
    candidates.settleAll();
  }
}
