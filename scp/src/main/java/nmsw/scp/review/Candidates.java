package nmsw.scp.review;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.ResultKind;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.disk.DurableFiles;
import nmsw.scp.review.ReviewJournal.Consent;
import nmsw.scp.review.ReviewJournal.SeriesReview;
import nmsw.scp.series.ModelVersion;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.spool.Spool;
import nmsw.scp.web.ApiSchema;
import nmsw.scp.web.AuditLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The series that may be learnt from: those with a correction that fits, else those whose result was accepted; with consent.
 * They are kept in a folder of their own, which training imports from, so that they outlast the spool; within a quota. What
 * is in the folder is brought in line with what people said at once, and again by {@link #settleAll}, whatever stopped it.
 * Thread-safe.
 */
public final class Candidates {
  private static final Logger LOG = LoggerFactory.getLogger(Candidates.class);
  private static final int MOST_LISTED = 1000;
  private static final Set<SeriesState> UNDER_WAY =
      Set.of(SeriesState.RECEIVING, SeriesState.READY, SeriesState.SEGMENTING);

  /** Where a candidate is. */
  enum State {
    /** It may not be learnt from. */
    NO_CONSENT,
    /** It is not in the folder yet; the reason says why. */
    WAITING,
    /** It is in the folder. */
    EXPORTED,
    /** It was in the folder, and whoever imported it has taken it out. */
    TAKEN,
    /** Somebody withdrew it. */
    WITHDRAWN
  }

  /**
   * What would be learnt.
   *
   * @param correction whether from a correction; else from the result
   * @param of the model whose result was corrected, or accepted
   * @param at when it was
   */
  private record Label(boolean correction, String sopInstanceUid, ModelVersion of, Instant at) {}

  private final Supplier<NodeConfig> settings;
  private final InstantSource clock;
  private final SeriesTable table;
  private final Spool images;
  private final Spool corrections;
  private final ResultStore results;
  private final Verdicts verdicts;
  private final ReviewJournal journal;
  private final CandidateFolder folder;
  private final AuditLog audit;

  /** The series that wait and were warned of. */
  private final Set<String> warned = new HashSet<>();

  public Candidates(
      Supplier<NodeConfig> settings,
      InstantSource clock,
      SeriesTable table,
      Spool images,
      Spool corrections,
      ResultStore results,
      Verdicts verdicts,
      ReviewJournal journal,
      CandidateFolder folder,
      AuditLog audit) {
    this.settings = settings;
    this.clock = clock;
    this.table = table;
    this.images = images;
    this.corrections = corrections;
    this.results = results;
    this.verdicts = verdicts;
    this.journal = journal;
    this.folder = folder;
    this.audit = audit;
  }

  /** Whether a series may be learnt from: what was said last, of it or else of all. */
  public boolean consent(String seriesUid) throws IOException {
    return consent(journal.of(seriesUid), verdicts.of(seriesUid)).given();
  }

  private Consent consent(SeriesReview review, Optional<ApiSchema.Verdict> verdict) {
    Optional<Consent> byVerdict = verdict.map(said -> new Consent(said.consent(), said.at()));
    return Stream.concat(review.consent().stream(), byVerdict.stream())
        .max(Comparator.comparing(Consent::at))
        .orElse(new Consent(settings.get().review().consent(), Instant.MIN));
  }

  /** Somebody says whether a series may be learnt from. */
  public synchronized void consent(String seriesUid, boolean given, String by) throws IOException, SQLException {
    journal.consent(seriesUid, given, by, clock.instant());
    settle(seriesUid);
  }

  /** Somebody takes a series out of the candidates, until it is accepted, corrected or consented to anew. */
  public synchronized void withdraw(String seriesUid, String by) throws IOException, SQLException {
    journal.withdrawn(seriesUid, by, clock.instant());
    settle(seriesUid);
  }

  /** How a series stands; empty if there is nothing to learn from it. */
  public synchronized Optional<ApiSchema.Candidate> of(String seriesUid) throws IOException, SQLException {
    SeriesReview review = journal.of(seriesUid);
    Optional<ApiSchema.Verdict> verdict = verdicts.of(seriesUid);
    Optional<Label> label = label(review, verdict);
    if (label.isEmpty()) {
      return Optional.empty();
    }
    State state = state(seriesUid, review, verdict, label.get());
    String reason = state == State.WAITING ? obstacle(seriesUid, label.get()).orElse("") : "";
    return Optional.of(
        new ApiSchema.Candidate(
            seriesUid,
            state.name(),
            reason,
            label.get().correction(),
            label.get().of().name(),
            label.get().of().version(),
            label.get().at(),
            consent(review, verdict).given()));
  }

  /** Those whose images are here, the last that was accepted or corrected first. */
  public ApiSchema.Candidates all() throws IOException, SQLException {
    List<ApiSchema.Candidate> all = new ArrayList<>();
    for (String seriesUid : spoken(rows())) {
      of(seriesUid).ifPresent(all::add);
    }
    all.sort(Comparator.comparing(ApiSchema.Candidate::at).reversed());
    long bytes;
    synchronized (this) {
      bytes = folder.bytes();
    }
    return new ApiSchema.Candidates(
        folder.path().toString(),
        bytes,
        settings.get().review().quota().bytes(),
        all.size(),
        all.subList(0, Math.min(MOST_LISTED, all.size())));
  }

  /** What people said of the results of each model version. */
  public List<ApiSchema.VerdictCount> counts() throws IOException {
    Map<String, Count> counts = new TreeMap<>();
    Set<String> spoken = new HashSet<>();
    for (ApiSchema.Verdict verdict : verdicts.all()) {
      Count count = count(counts, verdict.model(), verdict.version());
      count.accepted += verdict.accepted() ? 1 : 0;
      count.rejected += verdict.accepted() ? 0 : 1;
      spoken.add(verdict.seriesUid() + " " + verdict.model() + " " + verdict.version());
    }
    for (String seriesUid : journal.series()) {
      Set<ModelVersion> corrected =
          journal.of(seriesUid).fittings().stream()
              .map(correction -> new ModelVersion(correction.model(), correction.version()))
              .collect(Collectors.toSet());
      for (ModelVersion of : corrected) {
        count(counts, of.name(), of.version()).corrected++;
        spoken.add(seriesUid + " " + of.name() + " " + of.version());
      }
    }
    for (ResultStore.Made made : results.made()) {
      if (!spoken.contains(made.seriesUid() + " " + made.by().name() + " " + made.by().version())) {
        count(counts, made.by().name(), made.by().version()).unreviewed++;
      }
    }
    Set<String> all = new HashSet<>(journal.series());
    verdicts.all().forEach(verdict -> all.add(verdict.seriesUid()));
    for (String seriesUid : all) {
      Optional<Label> label = mayBeLearnt(seriesUid);
      if (label.isPresent()) {
        count(counts, label.get().of().name(), label.get().of().version()).candidates++;
      }
    }
    return counts.values().stream()
        .map(
            c ->
                new ApiSchema.VerdictCount(
                    c.model, c.version, c.accepted, c.rejected, c.corrected, c.unreviewed, c.candidates))
        .toList();
  }

  private static final class Count {
    final String model;
    final String version;
    int accepted;
    int rejected;
    int corrected;
    int unreviewed;
    int candidates;

    Count(String model, String version) {
      this.model = model;
      this.version = version;
    }
  }

  private static Count count(Map<String, Count> counts, String model, String version) {
    return counts.computeIfAbsent(model + " " + version, key -> new Count(model, version));
  }

  private Optional<Label> mayBeLearnt(String seriesUid) throws IOException {
    SeriesReview review = journal.of(seriesUid);
    Optional<ApiSchema.Verdict> verdict = verdicts.of(seriesUid);
    return label(review, verdict)
        .filter(label -> consent(review, verdict).given() && !isWithdrawn(review, verdict, label));
  }

  /** A correction is what a reader drew; what was said of the result before or after it does not take it back. */
  private static Optional<Label> label(SeriesReview review, Optional<ApiSchema.Verdict> verdict) {
    Optional<Label> drawn =
        review
            .fitting()
            .map(c -> new Label(true, c.sopInstanceUid(), new ModelVersion(c.model(), c.version()), c.at()));
    return drawn.or(
        () ->
            verdict
                .filter(ApiSchema.Verdict::accepted)
                .map(v -> new Label(false, "", new ModelVersion(v.model(), v.version()), v.at())));
  }

  private boolean isWithdrawn(SeriesReview review, Optional<ApiSchema.Verdict> verdict, Label label) {
    Instant consented = consent(review, verdict).at();
    return review
        .withdrawnAt()
        .filter(at -> !at.isBefore(label.at()) && !at.isBefore(consented))
        .isPresent();
  }

  private State state(String seriesUid, SeriesReview review, Optional<ApiSchema.Verdict> verdict, Label label)
      throws IOException {
    if (isWithdrawn(review, verdict, label)) {
      return State.WITHDRAWN;
    }
    if (!consent(review, verdict).given()) {
      return State.NO_CONSENT;
    }
    if (review.exported().isPresent() && isOf(review.exported().get(), seriesUid, label)) {
      return folder.holds(DurableFiles.nameFor(seriesUid)) ? State.EXPORTED : State.TAKEN;
    }
    return State.WAITING;
  }

  /** Whether the candidate in the folder has these labels. Of a result that was replaced since nothing better can be had. */
  private boolean isOf(String exported, String seriesUid, Label label) throws IOException {
    if (label.correction()) {
      return exported.equals(label.sopInstanceUid());
    }
    return accepted(seriesUid, label).map(sent -> sent.sopInstanceUid().equals(exported)).orElse(true);
  }

  /** The Segmentation that the accepted result was sent as; empty if there is none, or another result since. */
  private Optional<ResultStore.Sent> accepted(String seriesUid, Label label) throws IOException {
    boolean current =
        results
            .find(seriesUid)
            .map(ResultStore.Stored::result)
            .filter(r -> r.model().equals(label.of().name()) && r.version().equals(label.of().version()))
            .filter(r -> !r.at().isAfter(label.at()))
            .isPresent();
    return current
        ? results.sent(seriesUid).stream().filter(sent -> sent.kind() == ResultKind.SEG).findFirst()
        : Optional.empty();
  }

  private Optional<Path> file(String seriesUid, Label label) throws IOException {
    return label.correction()
        ? Optional.of(corrections.file(seriesUid, label.sopInstanceUid())).filter(Files::exists)
        : accepted(seriesUid, label).map(ResultStore.Sent::file);
  }

  /** Why a series cannot be put into the folder just now. */
  private Optional<String> obstacle(String seriesUid, Label label) throws IOException, SQLException {
    Optional<SeriesRecord> series = table.find(seriesUid);
    List<Path> objects = images.objects(seriesUid);
    if (series.isEmpty() || objects.isEmpty()) {
      return Optional.of("its images have been removed");
    }
    if (UNDER_WAY.contains(series.get().state()) || series.get().objects() != objects.size()) {
      return Optional.of("the series is " + series.get().state());
    }
    Optional<Path> labels = file(seriesUid, label);
    if (labels.isEmpty()) {
      return Optional.of(
          label.correction()
              ? "the correction has been removed"
              : "the result that was accepted was not sent as a Segmentation, or another one has taken its place");
    }
    long bytes = Files.size(labels.get());
    for (Path object : objects) {
      bytes += Files.size(object);
    }
    DataSize quota = settings.get().review().quota();
    long taken = folder.bytes();
    return taken + bytes <= quota.bytes()
        ? Optional.empty()
        : Optional.of(
            "the candidates take " + new DataSize(taken) + " of " + quota + " (review.quota), this one needs "
                + new DataSize(bytes) + "; import some and delete their folders, or withdraw some");
  }

  /** Brings all in line with what people said. */
  public void settleAll() throws IOException, SQLException {
    for (String seriesUid : spoken(rows())) {
      settle(seriesUid);
    }
  }

  private Set<String> rows() throws SQLException {
    return table.all().stream().map(SeriesRecord::seriesUid).collect(Collectors.toSet());
  }

  /** The series that somebody said something of, and that are here, or in the folder. */
  private List<String> spoken(Set<String> rows) throws IOException {
    Set<String> all = new HashSet<>();
    for (ApiSchema.Verdict verdict : verdicts.all()) {
      if (rows.contains(verdict.seriesUid())) {
        all.add(verdict.seriesUid());
      }
    }
    for (String seriesUid : journal.series()) {
      if (rows.contains(seriesUid) || journal.of(seriesUid).exported().isPresent()) {
        all.add(seriesUid);
      }
    }
    return List.copyOf(all);
  }

  /** Brings the folder in line with what people said of a series. */
  public synchronized void settle(String seriesUid) throws IOException, SQLException {
    SeriesReview review = journal.of(seriesUid);
    Optional<ApiSchema.Verdict> verdict = verdicts.of(seriesUid);
    Optional<Label> label = label(review, verdict);
    Optional<State> state = Optional.empty();
    if (label.isPresent()) {
      state = Optional.of(state(seriesUid, review, verdict, label.get()));
    }
    if (state.isEmpty() || state.get() == State.NO_CONSENT || state.get() == State.WITHDRAWN) {
      remove(seriesUid, review, state.map(Enum::name).orElse("neither accepted nor corrected"));
    } else if (state.get() == State.WAITING) {
      Optional<String> obstacle = obstacle(seriesUid, label.get());
      if (obstacle.isEmpty()) {
        export(seriesUid, label.get());
      } else if (warned.add(seriesUid)) {
        LOG.warn("series {} may be learnt from, but is not in the folder of candidates: {}", seriesUid, obstacle.get());
      }
    }
  }

  private void export(String seriesUid, Label label) throws IOException {
    List<Path> objects = images.objects(seriesUid);
    Path labels = file(seriesUid, label).orElseThrow(() -> new NoSuchFileException("labels of " + seriesUid));
    String uid =
        label.correction()
            ? label.sopInstanceUid()
            : accepted(seriesUid, label).map(ResultStore.Sent::sopInstanceUid).orElseThrow();
    audit.write("", "", "candidate exported", Map.of("series", seriesUid, "object", uid, "correction", label.correction()));
    folder.put(DurableFiles.nameFor(seriesUid), objects, labels);
    journal.exported(seriesUid, uid, clock.instant());
    warned.remove(seriesUid);
    LOG.info(
        "series {} is a candidate for training, {}: {} images in {}", seriesUid,
        label.correction() ? "as it was corrected" : "as it was accepted", objects.size(),
        folder.path().resolve(DurableFiles.nameFor(seriesUid)));
  }

  private void remove(String seriesUid, SeriesReview review, String why) throws IOException {
    warned.remove(seriesUid);
    String name = DurableFiles.nameFor(seriesUid);
    if (review.exported().isEmpty() && !folder.holds(name)) {
      return;
    }
    audit.write("", "", "candidate removed", Map.of("series", seriesUid, "why", why));
    folder.remove(name);
    journal.removed(seriesUid, clock.instant());
    LOG.info("series {} is no candidate for training any more: {}", seriesUid, why);
  }
}
