package nmsw.scp.web;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What an operator can see of a node and do with it. Safe for use by several threads. */
public interface Operations {
  /** A request that cannot be done as things are; the message says why, for people. */
  final class Conflict extends Exception {
    public Conflict(String message) {
      super(message);
    }
  }

  /**
   * Series in some of the states, the newest first.
   *
   * @param states names of states; empty for all
   */
  ApiSchema.SeriesPage series(Set<String> states, int limit, long offset) throws IOException;

  /**
   * One series as the list shows it.
   *
   * @return empty if it is not known
   */
  Optional<ApiSchema.SeriesSummary> summary(String seriesUid) throws IOException;

  /** @param withPatient whether the answer may tell who the patient is */
  Optional<ApiSchema.SeriesDetails> details(String seriesUid, boolean withPatient) throws IOException;

  /** Which rule a series takes, and why those before it do not. */
  Optional<ApiSchema.RouteExplanation> explain(String seriesUid) throws IOException;

  ApiSchema.Status status() throws IOException;

  List<ApiSchema.Model> models() throws IOException;

  /** Queues a series that was refused, failed or parked once more. */
  void retry(String seriesUid) throws IOException, Conflict;

  /** Queues a series that is at its end once more, with another model than its rule's. */
  void rerun(String seriesUid, String model) throws IOException, Conflict;

  /** Sends a result now: what is undelivered without further wait, what was delivered once more. */
  void send(String seriesUid) throws IOException, Conflict;

  /** Segments nothing new until {@link #resume()}, also after a restart; receives and returns as ever. */
  void hold() throws IOException;

  void resume() throws IOException;

  /** In Prometheus' text format. */
  String metrics();

  /** What keeps the node from its work just now, in words; empty when it is ready. */
  List<String> obstacles();
}
