package nmsw.scp.review;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.scp.review.ReviewEvent.Kind;
import nmsw.scp.series.ModelVersion;
import nmsw.scp.web.ApiSchema;

/**
 * Everything that was said and done about training candidates beside verdicts, in one file that only grows and outlasts the
 * series. Other nodes on the same data directory write to it too. Thread-safe.
 */
public final class ReviewJournal implements AutoCloseable {
  /**
   * What is known of one series.
   *
   * @param corrections in the order in which they came
   * @param consent what was last said; empty if nothing was, beside a verdict
   * @param withdrawnAt when it was last taken out of the candidates
   * @param exported SOP Instance UID of the Segmentation with which it is in the folder of candidates, as far as the node
   *     did not take it out again
   */
  public record SeriesReview(
      List<ApiSchema.Correction> corrections,
      Optional<Consent> consent,
      Optional<Instant> withdrawnAt,
      Optional<String> exported) {
    static final SeriesReview NONE = new SeriesReview(List.of(), Optional.empty(), Optional.empty(), Optional.empty());

    public SeriesReview {
      corrections = List.copyOf(corrections);
    }

    /** The corrections that can be used. */
    public List<ApiSchema.Correction> fittings() {
      return corrections.stream().filter(c -> c.state().equals(CorrectionState.FITS.name())).toList();
    }

    /** The last of them. */
    public Optional<ApiSchema.Correction> fitting() {
      return fittings().stream().reduce((earlier, later) -> later);
    }
  }

  /** Whether a series may be learnt from, as somebody said it. */
  public record Consent(boolean given, Instant at) {}

  private static final class Entry {
    final Map<String, ApiSchema.Correction> corrections = new LinkedHashMap<>();
    Optional<Consent> consent = Optional.empty();
    Optional<Instant> withdrawnAt = Optional.empty();
    Optional<String> exported = Optional.empty();
  }

  private final JsonLines<ReviewEvent> lines;
  private final Map<String, Entry> entries = new HashMap<>();

  private ReviewJournal(JsonLines<ReviewEvent> lines) {
    this.lines = lines;
  }

  public static ReviewJournal open(Path path) throws IOException {
    return new ReviewJournal(JsonLines.open(path, ReviewEvent.class));
  }

  public synchronized SeriesReview of(String seriesUid) throws IOException {
    refresh();
    Entry entry = entries.get(seriesUid);
    return entry == null
        ? SeriesReview.NONE
        : new SeriesReview(
            List.copyOf(entry.corrections.values()), entry.consent, entry.withdrawnAt, entry.exported);
  }

  /** The series that something is known of. */
  public synchronized List<String> series() throws IOException {
    refresh();
    return List.copyOf(entries.keySet());
  }

  /** Corrections in a state, of all series. */
  public synchronized List<ApiSchema.Correction> corrections(CorrectionState state) throws IOException {
    refresh();
    return entries.values().stream()
        .flatMap(entry -> entry.corrections.values().stream())
        .filter(correction -> correction.state().equals(state.name()))
        .toList();
  }

  /**
   * A correction is in the spool; nothing is added if that is known.
   *
   * @param from calling AE title
   * @param of name and version of the model whose result was there when it came
   */
  public void received(String seriesUid, String sopInstanceUid, String from, ModelVersion of, Instant at)
      throws IOException {
    came(Kind.RECEIVED, seriesUid, sopInstanceUid, from, of, at);
  }

  /** Another object came under the UID of a correction; nothing is added if that is known. */
  public void conflict(String seriesUid, String sopInstanceUid, String from, ModelVersion of, Instant at)
      throws IOException {
    came(Kind.CONFLICT, seriesUid, sopInstanceUid, from, of, at);
  }

  private synchronized void came(
      Kind kind, String seriesUid, String sopInstanceUid, String from, ModelVersion of, Instant at) throws IOException {
    refresh();
    ReviewEvent event =
        new ReviewEvent(kind, at, from, seriesUid, sopInstanceUid, of.name(), of.version(), null, null, null, null);
    Entry entry = entries.get(seriesUid);
    if (entry == null || !entry.corrections.containsKey(key(event))) {
      lines.add(event);
    }
  }

  /** A correction was looked at. */
  public synchronized void checked(ApiSchema.Correction correction, CorrectionCheck.Outcome outcome, Instant at)
      throws IOException {
    lines.add(
        new ReviewEvent(
            Kind.CHECKED, at, null, correction.seriesUid(), correction.sopInstanceUid(), null, null, null,
            outcome.state(), outcome.reason(), outcome.dice()));
  }

  public synchronized void consent(String seriesUid, boolean given, String by, Instant at) throws IOException {
    lines.add(new ReviewEvent(Kind.CONSENT, at, by, seriesUid, null, null, null, given, null, null, null));
  }

  public synchronized void withdrawn(String seriesUid, String by, Instant at) throws IOException {
    lines.add(new ReviewEvent(Kind.WITHDRAWN, at, by, seriesUid, null, null, null, null, null, null, null));
  }

  /** @param sopInstanceUid of the Segmentation */
  public synchronized void exported(String seriesUid, String sopInstanceUid, Instant at) throws IOException {
    lines.add(new ReviewEvent(Kind.EXPORTED, at, null, seriesUid, sopInstanceUid, null, null, null, null, null, null));
  }

  public synchronized void removed(String seriesUid, Instant at) throws IOException {
    lines.add(new ReviewEvent(Kind.REMOVED, at, null, seriesUid, null, null, null, null, null, null, null));
  }

  private void refresh() throws IOException {
    for (ReviewEvent event : lines.news()) {
      if (event.kind() != null && event.seriesUid() != null && event.at() != null) {
        take(event, entries.computeIfAbsent(event.seriesUid(), uid -> new Entry()));
      }
    }
  }

  private static void take(ReviewEvent event, Entry entry) {
    switch (event.kind()) {
      case RECEIVED -> entry.corrections.putIfAbsent(key(event), correction(event, CorrectionState.UNCHECKED, null));
      case CONFLICT ->
          entry.corrections.putIfAbsent(
              key(event),
              correction(
                  event, CorrectionState.CONFLICT,
                  "another object with this SOP Instance UID had come before; this one is kept aside"));
      case CHECKED ->
          entry.corrections.computeIfPresent(
              key(event),
              (key, known) ->
                  new ApiSchema.Correction(
                      known.seriesUid(), known.sopInstanceUid(), known.at(), known.from(), known.model(), known.version(),
                      event.state().name(), event.reason(), event.dice()));
      case CONSENT -> entry.consent = Optional.of(new Consent(event.consent(), event.at()));
      case WITHDRAWN -> entry.withdrawnAt = Optional.of(event.at());
      case EXPORTED -> entry.exported = Optional.ofNullable(event.sopInstanceUid());
      case REMOVED -> entry.exported = Optional.empty();
    }
  }

  private static ApiSchema.Correction correction(ReviewEvent event, CorrectionState state, String reason) {
    return new ApiSchema.Correction(
        event.seriesUid(), event.sopInstanceUid(), event.at(), event.by(), event.model(), event.version(), state.name(),
        reason, null);
  }

  private static String key(ReviewEvent event) {
    return event.kind() == Kind.CONFLICT ? event.sopInstanceUid() + " conflict" : event.sopInstanceUid();
  }

  @Override
  public synchronized void close() throws IOException {
    lines.close();
  }
}
