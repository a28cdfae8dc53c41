package nmsw.scp.operations;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.Route;
import nmsw.scp.database.JobQueue;
import nmsw.scp.database.ModelChoices;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.delivery.Deliverer;
import nmsw.scp.delivery.Outbox;
import nmsw.scp.monitoring.Metrics;
import nmsw.scp.review.Candidates;
import nmsw.scp.review.CtImages;
import nmsw.scp.review.ResultStore;
import nmsw.scp.review.ReviewJournal;
import nmsw.scp.review.Reviews;
import nmsw.scp.review.Verdicts;
import nmsw.scp.routing.SeriesFacts;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.scp.series.ModelVersion;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.series.Timings;
import nmsw.scp.spool.Spool;
import nmsw.scp.web.ApiSchema;
import nmsw.scp.web.Operations;
import nmsw.segmentation.DeviceMemory;
import nmsw.segmentation.ModelBundle;

/** What the pages show of the node and do with it. */
public final class Operator implements Operations {
  private static final Set<SeriesState> UNANSWERED = 
      Set.of(SeriesState.REFUSED, SeriesState.FAILED, SeriesState.PARKED);
  private static final Set<SeriesState> FINAL =
      Arrays.stream(SeriesState.values()).filter(SeriesState::isFinal).collect(Collectors.toUnmodifiableSet());
  private static final int MOST_VERSIONS = 1000;

  private final Supplier<NodeConfig> settings;
  private final InstantSource clock;
  private final SeriesTable table;
  private final Spool spool;
  private final Outbox outbox;
  private final JobQueue queue;
  private final Deliverer deliverer;
  private final ModelChoices choices;
  private final ResultStore results;
  private final Verdicts verdicts;
  private final ReviewJournal journal;
  private final Candidates candidates;
  private final CtImages images;
  private final TrendAnswers trends;
  private final VolumeSegmenter.Loader loader;
  private final Watch watch;
  private final Metrics metrics;
  private final SeriesHeaders headers;

  public Operator(
      Supplier<NodeConfig> settings,
      InstantSource clock,
      SeriesTable table,
      Spool spool,
      Outbox outbox,
      JobQueue queue,
      Deliverer deliverer,
      ModelChoices choices,
      ResultStore results,
      Reviews reviews,
      CtImages images,
      TrendAnswers trends,
      VolumeSegmenter.Loader loader,
      Watch watch,
      Metrics metrics) {
    this.settings = settings;
    this.clock = clock;
    this.table = table;
    this.spool = spool;
    this.outbox = outbox;
    this.queue = queue;
    this.deliverer = deliverer;
    this.choices = choices;
    this.results = results;
    this.verdicts = reviews.verdicts();
    this.journal = reviews.journal();
    this.candidates = reviews.candidates();
    this.trends = trends;
    this.loader = loader;
    this.watch = watch;
    this.metrics = metrics;
    this.headers = new SeriesHeaders(spool);
    this.images = images;
  }

  @Override
  public ApiSchema.SeriesPage series(Set<String> states, int limit, long offset) throws IOException {
    return database(
        () -> {
          SeriesTable.Page page =
              table.page(states.stream().map(SeriesState::valueOf).collect(Collectors.toSet()), limit, offset);
          List<ApiSchema.SeriesSummary> rows = new ArrayList<>();
          for (SeriesRecord series : page.series()) {
            rows.add(summary(series));
          }
          return new ApiSchema.SeriesPage(page.total(), offset, clock.instant(), rows);
        });
  }

  @Override
  public Optional<ApiSchema.SeriesSummary> summary(String seriesUid) throws IOException {
    Optional<SeriesRecord> series = find(seriesUid);
    return series.isPresent() ? Optional.of(summary(series.get())) : Optional.empty();
  }

  @Override
  public Optional<ApiSchema.SeriesDetails> details(String seriesUid, boolean withPatient) throws IOException {
    Optional<SeriesRecord> series = find(seriesUid);
    if (series.isEmpty()) {
      return Optional.empty();
    }
    Optional<ApiSchema.Result> result = results.find(seriesUid).map(ResultStore.Stored::result);
    SeriesHeaders.Header header = headers.of(seriesUid);
    List<ApiSchema.Delivery> deliveries = new ArrayList<>();
    for (Outbox.Entry entry : waiting(seriesUid)) {
      Optional<Watch.Failure> failure = watch.failure(seriesUid, entry.destination());
      deliveries.add(
          new ApiSchema.Delivery(
              entry.destination(),
              entry.kind().toString(),
              entry.sopInstanceUid(),
              failure.map(Watch.Failure::cause).orElse(null),
              failure.map(Watch.Failure::at).orElse(null)));
    }
    return Optional.of(
        new ApiSchema.SeriesDetails(
            summary(series.get()),
            header.studyDescription(),
            withPatient ? new ApiSchema.Patient(header.patientName(), header.patientId()) : null,
            deliveries,
            result.orElse(null),
            verdict(seriesUid, result).orElse(null),
            journal.of(seriesUid).corrections(),
            candidates.consent(seriesUid),
            database(() -> candidates.of(seriesUid)).orElse(null)));
  }

  /** What was said of this result, not of one of another model before it. */
  private Optional<ApiSchema.Verdict> verdict(String seriesUid, Optional<ApiSchema.Result> result)
      throws IOException {
    return verdicts
        .of(seriesUid)
        .filter(
            verdict ->
                result.isPresent()
                    && verdict.model().equals(result.get().model())
                    && verdict.version().equals(result.get().version()));
  }

  private ApiSchema.SeriesSummary summary(SeriesRecord series) throws IOException {
    Optional<ApiSchema.Result> result = results.find(series.seriesUid()).map(ResultStore.Stored::result);
    Map<String, Double> stages = new LinkedHashMap<>();
    series.timings().stages().forEach((stage, took) -> stages.put(stage.label(), took.toMillis() / 1e3));
    return new ApiSchema.SeriesSummary(
        series.seriesUid(),
        series.state().name(),
        series.revision(),
        series.code(),
        series.cause(),
        headers.of(series.seriesUid()).seriesDescription(),
        series.objects(),
        series.callingAe(),
        series.calledAe(),
        series.openedAt(),
        series.changedAt(),
        stages,
        watch.work()
            .filter(work -> work.seriesUid().equals(series.seriesUid()) && series.state() == SeriesState.SEGMENTING)
            .map(work -> new ApiSchema.Progress(work.stage().label(), work.fraction()))
            .orElse(null),
        result.map(ApiSchema.Result::model).orElse(null),
        result.map(ApiSchema.Result::version).orElse(null),
        result.map(ApiSchema.Result::parameters).orElse(null),
        result.map(shown -> shown.patches().size()).orElse(null),
        waiting(series.seriesUid()).size(),
        verdict(series.seriesUid(), result).map(ApiSchema.Verdict::accepted).orElse(null));
  }

  private List<Outbox.Entry> waiting(String seriesUid) {
    return outbox.entries().stream().filter(entry -> entry.seriesUid().equals(seriesUid)).toList();
  }

  @Override
  public Optional<ApiSchema.RouteExplanation> explain(String seriesUid) throws IOException {
    Optional<SeriesRecord> series = find(seriesUid);
    if (series.isEmpty()) {
      return Optional.empty();
    }
    SeriesFacts facts =
        SeriesFacts.of(series.get().calledAe(), series.get().callingAe(), spool.objects(seriesUid));
    Map<String, List<String>> attributes = new TreeMap<>();
    facts.values().forEach((attribute, values) -> attributes.put(attribute.key(), values));
    List<Route> routes = settings.get().routes();
    List<ApiSchema.RuleExplanation> rules = new ArrayList<>();
    Optional<String> unmet = Optional.of("");
    for (int i = 0; unmet.isPresent() && i < routes.size(); i++) {
      Route route = routes.get(i);
      unmet = facts.unmet(route.when());
      rules.add(
          new ApiSchema.RuleExplanation(
              i + 1,
              route.model(),
              route.priority().name().toLowerCase(Locale.ROOT),
              route.destinations(),
              unmet.orElse(null)));
    }
    Double thickness = facts.sliceThickness().isPresent() ? facts.sliceThickness().getAsDouble() : null;
    return Optional.of(
        new ApiSchema.RouteExplanation(
            facts.slices(), facts.calledAe(), facts.callingAe(), attributes, thickness, rules));
  }

  @Override
  public ApiSchema.Status status() throws IOException {
    List<SeriesTable.StateCount> counts = database(table::counts);
    Map<String, Long> series = new LinkedHashMap<>();
    Arrays.stream(SeriesState.values()).forEach(state -> series.put(state.name(), 0L));
    counts.forEach(count -> series.put(count.state().name(), count.series()));
    Instant now = clock.instant();
    double oldest =
        counts.stream()
            .filter(count -> count.state() == SeriesState.READY)
            .mapToDouble(count -> Duration.between(count.oldestChange(), now).toSeconds())
            .findFirst()
            .orElse(0);
    List<ApiSchema.DestinationStatus> destinations = new ArrayList<>();
    new TreeMap<>(settings.get().destinations())
        .forEach(
            (name, destination) -> {
              Optional<Watch.Failure> failure = watch.failure(name);
              destinations.add(
                  new ApiSchema.DestinationStatus(
                      name,
                      destination.address().toString(),
                      deliverer.backlog(name).objects(),
                      failure.map(Watch.Failure::cause).orElse(null),
                      failure.map(Watch.Failure::at).orElse(null)));
            });
    return new ApiSchema.Status(
        settings.get().name(),
        queue.isHeld(),
        series,
        oldest,
        obstacles(),
        device(),
        new ApiSchema.Disk(spool.space().free(), spool.space().reserve()),
        destinations);
  }

  private ApiSchema.Device device() {
    Runtime runtime = Runtime.getRuntime();
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    Optional<DeviceMemory> memory = loader.memory();
    return new ApiSchema.Device(
        settings.get().compute().device(),
        loader.device().orElse(null),
        load < 0 ? load : load / runtime.availableProcessors(),
        runtime.totalMemory() - runtime.freeMemory(),
        runtime.maxMemory(),
        memory.map(DeviceMemory::used).orElse(null),
        memory.map(DeviceMemory::total).orElse(null));
  }

  @Override
  public List<ApiSchema.Model> models() throws IOException {
    Set<String> routed = settings.get().routes().stream().map(Route::model).collect(Collectors.toCollection(TreeSet::new));
    Set<String> names = new TreeSet<>(routed);
    names.addAll(folders(settings.get().modelsDirectory()));
    List<ApiSchema.Model> models = new ArrayList<>();
    for (String name : names) {
      String live = null;
      try {
        live = ModelBundle.currentFolder(settings.get().modelsDirectory(), name).getFileName().toString();
      } catch (IOException e) {
        if (!routed.contains(name)) {
          // Some other folder: nobody can ask for it.
          continue;
        }
      }
      models.add(
          new ApiSchema.Model(name, live, folders(settings.get().modelsDirectory().resolve(name)), routed.contains(name)));
    }
    return models;
  }

  private static List<String> folders(Path parent) throws IOException {
    Set<String> names = new TreeSet<>();
    if (Files.isDirectory(parent)) {
      try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, Files::isDirectory)) {
        for (Path folder : folders) {
          if (names.size() < MOST_VERSIONS) {
            names.add(folder.getFileName().toString());
          }
        }
      }
    }
    return List.copyOf(names);
  }

  @Override
  public void retry(String seriesUid) throws IOException, Conflict {
    again(seriesUid, UNANSWERED, Optional.empty());
  }

  @Override
  public void rerun(String seriesUid, String model) throws IOException, Conflict {
    again(seriesUid, FINAL, Optional.of(model));
  }

  private void again(String seriesUid, Set<SeriesState> from, Optional<String> model) throws IOException, Conflict {
    SeriesRecord series = known(seriesUid);
    Optional<SeriesRecord> queued =
        database(
            () -> {
              if (model.isPresent()) {
                choices.choose(seriesUid, series.revision() + 1, model.get());
              }
              String why = model.map(name -> "an operator wants it again with model " + name).orElse("an operator wants it again");
              return table.move(series, from, SeriesState.READY, SeriesRecord::again, why);
            });
    queue.add(queued.orElseThrow(() -> new Conflict(is(series) + "; wait until it is " + inWords(from))));
  }

  @Override
  public void send(String seriesUid) throws IOException, Conflict {
    SeriesRecord series = known(seriesUid);
    if (series.state() == SeriesState.RETURNING) {
      deliverer.dueNow(seriesUid);
      return;
    }
    List<ResultStore.Sent> sent =
        results.sent(seriesUid).stream().filter(s -> settings.get().destinations().containsKey(s.destination())).toList();
    if (series.state() != SeriesState.DONE || sent.isEmpty()) {
      boolean done = series.state() == SeriesState.DONE;
      throw new Conflict(is(series) + (done ? ", but its result was not kept" : "; nothing can be sent"));
    }
    for (ResultStore.Sent object : sent) {
      results.keep(outbox.put(seriesUid, series.revision(), object.destination(), object.object()));
    }
    database(
        () ->
            table.move(
                series, Set.of(SeriesState.DONE), SeriesState.RETURNING, row -> row, "an operator wants it sent again"));
    database(
        () -> {
          deliverer.settle(seriesUid, Timings.NONE);
          return null;
        });
  }

  @Override
  public Optional<InputStream> image(String seriesUid, String name) throws IOException, Conflict {
    if (name.equals("ct.nii")) {
      Optional<Path> labels = results.image(seriesUid, "labels.nii.gz");
      return labels.isPresent() && !spool.objects(seriesUid).isEmpty()
          ? Optional.of(images.ct(spool.objects(seriesUid), labels.get()))
          : Optional.empty();
    }
    Optional<Path> image = results.image(seriesUid, name);
    return image.isPresent() ? Optional.of(Files.newInputStream(image.get())) : Optional.empty();
  }

  @Override
  public void review(String seriesUid, String by, boolean accepted, String comment, Optional<Boolean> consent)
      throws IOException, Conflict {
    ApiSchema.Result result =
        results
            .find(seriesUid)
            .map(ResultStore.Stored::result)
            .orElseThrow(() -> new Conflict("series " + seriesUid + " has no result that could be reviewed"));
    verdicts.add(
        new ApiSchema.Verdict(
            seriesUid,
            clock.instant(),
            by,
            accepted,
            comment,
            consent.isPresent() ? consent.get() : candidates.consent(seriesUid),
            result.model(),
            result.version()));
    settle(() -> candidates.settle(seriesUid), seriesUid);
  }

  private interface Settling {
    void settle() throws SQLException, IOException;
  }

  private void settle(Settling settling, String seriesUid) throws IOException {
    database(
        () -> {
          settling.settle();
          return null;
        });
    watch.changed(seriesUid);
  }

  @Override
  public void consent(String seriesUid, String by, boolean consent) throws IOException {
    settle(() -> candidates.consent(seriesUid, consent, by), seriesUid);
  }

  @Override
  public void withdraw(String seriesUid, String by) throws IOException, Conflict {
    if (database(() -> candidates.of(seriesUid)).isEmpty()) {
      throw new Conflict("series " + seriesUid + " is no candidate");
    }
    settle(() -> candidates.withdraw(seriesUid, by), seriesUid);
  }

  @Override
  public ApiSchema.Candidates candidates() throws IOException {
    return database(candidates::all);
  }

  @Override
  public ApiSchema.Verdicts verdicts() throws IOException {
    return new ApiSchema.Verdicts(candidates.counts());
  }

  private SeriesRecord known(String seriesUid) throws IOException, Conflict {
    return find(seriesUid).orElseThrow(() -> new Conflict("series " + seriesUid + " is not known"));
  }

  private static String is(SeriesRecord series) {
    return "series " + series.seriesUid() + " is " + series.state();
  }

  private static String inWords(Set<SeriesState> states) {
    return new TreeSet<>(states).stream().map(SeriesState::name).collect(Collectors.joining(" or "));
  }

  @Override
  public void hold() throws IOException {
    queue.hold();
  }

  @Override
  public void resume() throws IOException {
    queue.resume();
  }

  @Override
  public String metrics() {
    return metrics.scrape();
  }

  @Override
  public List<String> obstacles() {
    List<String> obstacles = new ArrayList<>();
    try {
      table.counts();
    } catch (SQLException e) {
      obstacles.add("the database failed: " + e.getMessage());
    }
    try {
      spool.space().require();
    } catch (IOException e) {
      obstacles.add(e.getMessage());
    }
    return obstacles;
  }

  @Override
  public Optional<ApiSchema.Trends> trends(
      Optional<String> model, Optional<String> version, Optional<String> organ, int days) throws IOException {
    Optional<ModelVersion> asked = model.map(name -> new ModelVersion(name, version.orElseThrow()));
    return database(() -> trends.of(asked, organ, days));
  }

  private Optional<SeriesRecord> find(String seriesUid) throws IOException {
    return database(() -> table.find(seriesUid));
  }

  private interface Query<T> {
    T run() throws SQLException, IOException;
  }

  private static <T> T database(Query<T> query) throws IOException {
    try {
      return query.run();
    } catch (SQLException e) {
      throw new IOException("the database failed: " + e.getMessage(), e);
    }
  }
}
