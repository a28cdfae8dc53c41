package nmsw.scp.web;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What an operator can see of a node and do with it. Safe for use by several threads. */
public interface Operations {
  /** The CT, the organs, the edges of the patches by rank, and the importance map as heat. */
  Set<String> IMAGES = Set.of("ct.nii", "labels.nii.gz", "patches.nii.gz", "importance.nii.gz");

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

  /**
   * An image of the last result of a series, as NIfTI, on the model's grid or a coarser one over the same volume.
   *
   * @param name one of {@link #IMAGES}
   * @return to be closed; empty if there is no such image
   * @throws Conflict if there is no memory for it just now
   */
  Optional<InputStream> image(String seriesUid, String name) throws IOException, Conflict;

  /**
   * Keeps what a reviewer says of the last result of a series.
   *
   * @param consent whether it may be learnt from; empty for as it was
   */
  void review(String seriesUid, String by, boolean accepted, String comment, Optional<Boolean> consent)
      throws IOException, Conflict;

  /** Keeps whether a series may be learnt from; what may not is taken out of the folder of candidates. */
  void consent(String seriesUid, String by, boolean consent) throws IOException;

  /** Takes a series out of the candidates, until somebody accepts, corrects or consents anew. */
  void withdraw(String seriesUid, String by) throws IOException, Conflict;

  ApiSchema.Candidates candidates() throws IOException;

  ApiSchema.Verdicts verdicts() throws IOException;

  /**
   * What results of a model version measured over the days, up to today.
   *
   * @param model empty for that with the newest result
   * @param version of the model; empty if that is
   * @param organ whose volume is asked for; empty for the first
   * @return empty if there is no result of these
   */
  Optional<ApiSchema.Trends> trends(Optional<String> model, Optional<String> version, Optional<String> organ, int days)
      throws IOException;

  /** In Prometheus' text format. */
  String metrics();

  /** What keeps the node from its work just now, in words; empty when it is ready. */
  List<String> obstacles();
}
