package nmsw.scp;

import static java.util.stream.Collectors.toCollection;

import java.io.IOException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ServerHandlers;
import nmsw.dicom.net.TlsCredentials;
import nmsw.scp.audit.AuditTrail;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.Route;
import nmsw.scp.config.StartException.Need;
import nmsw.scp.config.StartException;
import nmsw.scp.config.WebSettings;
import nmsw.scp.database.Database;
import nmsw.scp.database.JobQueue;
import nmsw.scp.database.ModelChoices;
import nmsw.scp.database.Nodes;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.delivery.Deliverer;
import nmsw.scp.delivery.Destinations;
import nmsw.scp.delivery.Outbox;
import nmsw.scp.events.NodeListener;
import nmsw.scp.events.NodeListeners;
import nmsw.scp.events.Part;
import nmsw.scp.monitoring.Metrics;
import nmsw.scp.monitoring.Vitals;
import nmsw.scp.operations.Operator;
import nmsw.scp.operations.TrendAnswers;
import nmsw.scp.operations.Watch;
import nmsw.scp.receive.SeriesAssembler;
import nmsw.scp.receive.ServerSettings;
import nmsw.scp.receive.StoreService;
import nmsw.scp.review.CtImages;
import nmsw.scp.review.ResultStore;
import nmsw.scp.review.ReviewJournal;
import nmsw.scp.review.Reviews;
import nmsw.scp.review.Verdicts;
import nmsw.scp.routing.Router;
import nmsw.scp.segment.LiveModels;
import nmsw.scp.segment.NmswSegmenter;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.spool.Spool;
import nmsw.scp.trends.DriftMonitor;
import nmsw.scp.trends.TrendTable;
import nmsw.scp.web.AuditLog;
import nmsw.scp.web.WebServer;
import nmsw.scp.work.SegmentationJob;
import nmsw.scp.work.Setbacks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node: listens, works and delivers from {@link #start} to {@link #close}. What was unfinished when
 * an earlier run of it stopped, however it stopped, is taken up again at the start.
 */
public final class Node implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration HOLD_LOOK = Duration.ofSeconds(1);
  private static final Duration SWEEP = Duration.ofMinutes(1);
  private static final Duration TRENDS = Duration.ofMinutes(15);

  private static final Duration SHUTDOWN_WAIT = Duration.ofSeconds(20);

  /** Why a node is at its end. */
  public enum Ending {
    /** It was closed. */
    CLOSED,
    /** The GPU failed so that only a new process can use it. */
    DEVICE_LOST,
    /** Another process bears its name, or another node took it for dead and has its work. */
    SUPERSEDED
  }

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final CompletableFuture<Ending> ending = new CompletableFuture<>();
  private final SeriesChanges changes = new SeriesChanges();
  private final Metrics metrics;
  private final LiveModels models;
  private final Deliverer deliverer;
  private final SeriesAssembler assembler;
  private final Optional<TlsCredentials> credentials;
  private final ServerSettings settings;
  private volatile NodeConfig config;
  private final SeriesTable table;
  private final DicomServer server;
  private final Vitals vitals = new Vitals(System::nanoTime);
  private final Optional<WebServer> web;
  private JobQueue queue;

  private Node(
      NodeConfig config,
      Clock clock,
      Optional<InstantSource> patience,
      VolumeSegmenter.Loader loader,
      List<NodeListener> listeners)
      throws IOException, SQLException {
    this.config = config;
    metrics = open(new Metrics(clock));
    Watch watch = new Watch(clock);
    // Whoever is told after these finds the pages up to date.
    List<NodeListener> told = new ArrayList<>(List.of(changes, watch));
    told.addAll(listeners);
    told.add(metrics);
    told.add(vitals);
    NodeListener all = new NodeListeners(told);
    try {
      Files.createDirectories(config.dataDirectory());
      Database database = open(Database.open(config.database()));
      open(NameLock.take(config.dataDirectory(), config.name()));
      Nodes nodes = new Nodes(database.dataSource(), config.name(), config.work().heartbeat(), clock);
      nodes.join();
      table = new SeriesTable(database.dataSource(), clock, config.name(), all::seriesChanged);
      Spool spool = Spool.open(config.dataDirectory().resolve("spool"), config.name(), config.storage());
      Path outboxes = Files.createDirectories(config.dataDirectory().resolve("outbox"));
      Outbox outbox = Outbox.open(outboxes.resolve(config.name()), clock);
      // Of the time when a data directory had one outbox.
      outbox.adopt(outboxes, entry -> true);
      credentials = credentials(config);
      settings = new ServerSettings(credentials, patience);
      Optional<AuditTrail> audit = audit(config, spool, clock);
      audit.ifPresent(told::add);
      models = new LiveModels(config.modelsDirectory(), loader);
      metrics.watch(table, spool);
      metrics.watch(loader);
      credentials.ifPresent(metrics::watch);
      deliverer =
          open(
              new Deliverer(
                  outbox,
                  table,
                  Destinations.of(config, credentials),
                  Destinations.rules(config.delivery()),
                  clock,
                  all));
      metrics.watch(deliverer);
      Router router = new Router(this::config, spool);
      ModelChoices choices = new ModelChoices(database.dataSource());
      TrendTable trends = new TrendTable(database.dataSource());
      Optional<ResultStore> results = results(config, clock, told);
      Optional<Reviews> reviews = Optional.empty();
      if (results.isPresent()) {
        reviews = Optional.of(reviews(config, clock, spool, results.get(), watch));
      }
      Setbacks setbacks = new Setbacks(table, spool, config.work(), clock, new SplittableRandom());
      SegmentationJob job =
          new SegmentationJob(
              this::config,
              table,
              spool,
              router,
              models,
              outbox,
              deliverer,
              choices,
              trends,
              keeper(results),
              setbacks,
              this::deviceLost,
              all);
      parts.push(() -> close(models, job));
      queue =
          new JobQueue(
              database.dataSource(),
              clock,
              config.name(),
              config.work().heartbeat(),
              config.dataDirectory().resolve("queue-held"),
              SHUTDOWN_WAIT,
              router::priority,
              job::run);
      assembler =
          new SeriesAssembler(table, spool, clock, config.series(), queue::add);
      Recovery recovery = new Recovery(table, spool, queue, assembler, outbox, deliverer, config.name());
      parts.push(
          () -> {
            queue.close();
            // What bears this name is the work of another process by then.
            if (ending.getNow(Ending.CLOSED) != Ending.SUPERSEDED) {
              recovery.handBack();
            }
          });
      recovery.run();
      deliverer.start();
      queue.start();
      Retention retention = new Retention(table, spool, outbox, clock, config.storage().retention(), all);
      Chore.Work check =
          () -> {
            vitals.moved(Part.ASSEMBLER, "");
            assembler.check();
          };
      tick("nmsw-assembler", LOOK, "check which series are complete", check);
      tick("nmsw-hold", HOLD_LOOK, "see whether the queue is held", queue::follow);
      tick("nmsw-retention", SWEEP, "remove what is finished from the spool", retention::sweep);
      DriftMonitor drift = new DriftMonitor(trends, () -> this.config.trends(), clock, metrics.drift()::show);
      tick("nmsw-trends", Duration.ZERO, TRENDS, "compare recent results with those before", drift::assess);
      nodes.expect(table.nodes());
      nodes.expect(Outbox.names(outboxes));
      Duration heartbeat = config.work().heartbeat();
      tick("nmsw-heartbeat", heartbeat, "show that this node lives", () -> beat(nodes));
      tick(
          "nmsw-takeover",
          heartbeat,
          "look after the other nodes",
          () -> nodes.watch(dead -> recovery.takeOver(dead, outboxes.resolve(dead))));
      warmUp(models, config);
      ServerHandlers handlers = ServerHandlers.of(new StoreService(spool, assembler, reviews.map(Reviews::corrections), all));
      server =
          open(
              listen(
                  Destinations.report(config) ? handlers.withCommitmentListener(deliverer::reported) : handlers));
      parts.push(
          () -> {
            job.stopping();
            all.stopping();
          });
      if (results.isPresent()) {
        Operator operator =
            new Operator(
                this::config,
                clock,
                table,
                spool,
                outbox,
                queue,
                deliverer,
                choices,
                results.get(),
                reviews.orElseThrow(),
                CtImages.open(config.dataDirectory().resolve("images")),
                new TrendAnswers(trends, drift),
                loader,
                watch,
                metrics);
        web = Optional.of(web(config, operator, watch, clock));
      } else {
        web = Optional.empty();
      }
      audit.ifPresent(AuditTrail::started);
      LOG.info(
          "{} listens on {}:{}, data in {}",
          String.join(", ", config.aeTitles()),
          config.bind(),
          server.port(),
          config.dataDirectory());
    } catch (IOException | SQLException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Starts a node with NMSW-Net; on return it listens. */
  public static Node start(NodeConfig config, Clock clock, NodeListener... listeners) throws IOException {
    return start(config, clock, NmswSegmenter.loader(config.compute()), listeners);
  }

  /**
   * Starts a node with models of any kind; on return it listens.
   *
   * @param loader makes a runnable model from a bundle's folder
   * @throws IOException if port, data directory or database cannot be used; the message says which. Mostly a
   *     {@link StartException}
   */
  public static Node start(
      NodeConfig config, Clock clock, VolumeSegmenter.Loader loader, NodeListener... listeners)
      throws IOException {
    return start(config, clock, Optional.empty(), loader, listeners);
  }

  /**
   * Starts a node that waits for its peers by another clock than the default, which nobody can set.
   *
   * @param patience clock of the time-outs of associations
   */
  public static Node start(
      NodeConfig config,
      Clock clock,
      InstantSource patience,
      VolumeSegmenter.Loader loader,
      NodeListener... listeners)
      throws IOException {
    return start(config, clock, Optional.of(patience), loader, listeners);
  }

  private static Node start(
      NodeConfig config,
      Clock clock,
      Optional<InstantSource> patience,
      VolumeSegmenter.Loader loader,
      NodeListener... listeners)
      throws IOException {
    try {
      return new Node(config, clock, patience, loader, List.of(listeners));
    } catch (SQLException e) {
      throw new StartException(
          Need.DATABASE, "the database " + config.database().url() + " failed: " + e.getMessage(), e);
    }
  }

  /** What the node runs with now. */
  public NodeConfig config() {
    return config;
  }

  Metrics metrics() {
    return metrics;
  }

  /**
   * Runs with another configuration from now on; associations and jobs that are under way keep what they began with.
   *
   * @param next differs from {@link #config} in nothing that {@link ConfigChange} calls fixed, and was looked at ({@link
   *     Preflight})
   */
  synchronized void reconfigure(NodeConfig next) {
    server.reconfigure(settings.of(next));
    assembler.reconfigure(next.series());
    deliverer.reconfigure(Destinations.of(next, credentials), Destinations.rules(next.delivery()));
    metrics.watch(deliverer);
    config = next;
    warmUp(models, next);
  }

  /** The port that is listened on. */
  public int port() {
    return server.port();
  }

  /** The port of the pages, where the configuration has them. */
  public OptionalInt webPort() {
    return web.map(pages -> OptionalInt.of(pages.port())).orElse(OptionalInt.empty());
  }

  public Optional<SeriesRecord> series(String seriesUid) throws IOException {
    try {
      return table.find(seriesUid);
    } catch (SQLException e) {
      throw new IOException("the database failed: " + e.getMessage(), e);
    }
  }

  /** Every series that the database knows, oldest first. */
  public List<SeriesRecord> series() throws IOException {
    try {
      return table.all();
    } catch (SQLException e) {
      throw new IOException("the database failed: " + e.getMessage(), e);
    }
  }

  /** What of the node stands still though it may not, in words; empty as long as it lives. */
  public List<String> stalled() {
    List<String> stalled = new ArrayList<>(vitals.stalled());
    if (!server.isListening()) {
      stalled.add("no connections are accepted");
    }
    return stalled;
  }

  /** Waits until a series is known and as the condition wants it. */
  public SeriesRecord await(String seriesUid, Predicate<SeriesRecord> condition, Duration limit)
      throws IOException, InterruptedException, TimeoutException {
    return changes.await(() -> series(seriesUid), condition, limit, "series " + seriesUid);
  }

  /** Waits until this node is at its end; unless it was closed, it is to be closed then, and its process has to end. */
  public Ending awaitEnding() throws InterruptedException {
    try {
      return ending.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Stops: no more associations, the job in hand ends at its next step, then everything is closed. Nothing is
   * lost: what is unfinished is taken up at the next start.
   */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        LOG.error("a part of the node did not close", e);
      }
    }
    ending.complete(Ending.CLOSED);
  }

  private void deviceLost() {
    LOG.error("the GPU cannot be used by this process any more, which therefore ends; see the error before");
    queue.pause();
    ending.complete(Ending.DEVICE_LOST);
  }

  private void close(LiveModels models, SegmentationJob job) {
    if (ending.getNow(Ending.CLOSED) == Ending.DEVICE_LOST) {
      LOG.info("what the models hold on the lost GPU goes with the process");
    } else if (job.isWorking()) {
      LOG.warn("the job in hand did not end in time; its model stays open until the process ends");
    } else {
      models.close();
    }
  }

  /** Beside the start: objects are received meanwhile. */
  private static void warmUp(LiveModels models, NodeConfig config) {
    Set<String> names =
        config.routes().stream()
            .map(Route::model)
            .collect(toCollection(LinkedHashSet::new));
    Thread thread = new Thread(() -> models.warmUp(names), "nmsw-warm-up");
    thread.setDaemon(true);
    thread.start();
  }

  private <T extends AutoCloseable> T open(T part) {
    parts.push(part);
    return part;
  }

  /** Does something again and again, on a thread of its own, until the node closes. */
  private void tick(String name, Duration pause, String what, Chore.Work work) {
    tick(name, pause, pause, what, work);
  }

  private void tick(String name, Duration first, Duration pause, String what, Chore.Work work) {
    parts.push(new Chore(what, work).every(name, first, pause));
  }

  private void beat(Nodes nodes) throws SQLException {
    if (!nodes.beat() && ending.complete(Ending.SUPERSEDED)) {
      LOG.error(
          "another process runs under the name of this node, or another node took it for dead: this process ends, to start"
              + " anew; give every node a name of its own");
    }
  }

  private Optional<AuditTrail> audit(NodeConfig config, Spool spool, Clock clock) throws IOException {
    if (config.audit().isEmpty()) {
      return Optional.empty();
    }
    AuditTrail trail = open(AuditTrail.open(config.audit().get(), this::config, credentials, spool, clock));
    metrics.watch(trail.sender());
    return Optional.of(trail);
  }

  private DicomServer listen(ServerHandlers handlers) throws StartException {
    try {
      return DicomServer.start(settings.of(config), handlers);
    } catch (IOException e) {
      throw new StartException(Need.PORT, "port: " + e.getMessage(), e);
    }
  }

  /** What the pages show of results, and send again; kept only where there are pages. */
  private static Optional<ResultStore> results(NodeConfig config, Clock clock, List<NodeListener> told)
      throws IOException {
    if (config.web().isEmpty()) {
      return Optional.empty();
    }
    ResultStore results = ResultStore.open(config.dataDirectory().resolve("results"), clock);
    told.add(results);
    return Optional.of(results);
  }

  private static SegmentationJob.Keeper keeper(Optional<ResultStore> results) {
    return results.<SegmentationJob.Keeper>map(store -> store::keep).orElse(entry -> {});
  }

  private Reviews reviews(NodeConfig config, Clock clock, Spool images, ResultStore results, Watch watch)
      throws IOException {
    Path data = config.dataDirectory();
    Verdicts verdicts = open(Verdicts.open(data.resolve("verdicts.jsonl")));
    ReviewJournal journal = open(ReviewJournal.open(data.resolve("review.jsonl")));
    AuditLog log = open(AuditLog.open(data.resolve("audit.log"), clock));
    Reviews reviews =
        Reviews.open(
            config, this::config, clock, table, images, results, verdicts, journal, log, watch::changed);
    tick("nmsw-corrections", LOOK, "look at corrections", reviews.corrections()::check);
    tick("nmsw-candidates", SWEEP, "bring the folder of candidates in line", reviews::settle);
    return reviews;
  }

  private WebServer web(NodeConfig config, Operator operator, Watch watch, Clock clock) throws IOException {
    WebSettings pageSettings = config.web().orElseThrow();
    WebServer pages;
    try {
      pages =
          open(
              WebServer.start(
                  pageSettings,
                  operator,
                  credentials.filter(read -> pageSettings.tls()).map(read -> () -> read.server(false)),
                  config.dataDirectory().resolve("audit.log"),
                  clock));
    } catch (BindException e) {
      throw new StartException(Need.PORT, "web.port: " + e.getMessage(), e);
    }
    watch.tell(pages::changed);
    LOG.info("page and API at {}://{}:{}", pageSettings.tls() ? "https" : "http", pageSettings.bind(), pages.port());
    return pages;
  }

  private static Optional<TlsCredentials> credentials(NodeConfig config) throws StartException {
    if (config.network().tls().isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(TlsCredentials.open(config.network().tls().get().files()));
    } catch (IOException e) {
      throw new StartException(Need.CERTIFICATE, "network.tls: " + e.getMessage(), e);
    }
  }


}
