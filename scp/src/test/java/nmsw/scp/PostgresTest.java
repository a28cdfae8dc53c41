package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import nmsw.dicom.Dataset;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.Status;
import nmsw.scp.config.DatabaseConfig;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.StartException;
import nmsw.scp.database.Database;
import nmsw.scp.database.Nodes;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.trends.TrendTableTest;
import nmsw.seg.SegmentationReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the other tests show with the embedded database, with PostgreSQL: its SQL, and several nodes at once. */
@Timeout(120)
class PostgresTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static Postgres postgres;

  @TempDir Path folder;

  @BeforeAll
  static void startPostgres() throws Exception {
    postgres = Postgres.start();
  }

  @AfterAll
  static void stopPostgres() throws Exception {
    postgres.close();
  }

  private NodeConfig config(int destination, String more) throws Exception {
    return config(postgres, destination, more);
  }

  private NodeConfig config(Postgres postgres, int destination, String more) throws Exception {
    Path model = Files.createDirectories(folder.resolve("models").resolve("test"));
    Files.writeString(model.resolve("current"), "1");
    String yaml =
        """
        bind: 127.0.0.1
        port: 0
        dataDirectory: data
        modelsDirectory: models
        destinations: {pacs: 'PACS@127.0.0.1:%d'}
        routes: [{model: test, destinations: [pacs]}]
        series: {quiet: 50ms, minSlices: 5}
        storage: {diskReserve: 1MiB}
        database: {url: '%s'}
        """
            .formatted(destination, postgres.newDatabase());
    return NodeConfig.parse(yaml + more, "test", folder);
  }

  @Test
  void aNodeAnswersASeries() throws Exception {
    BlockingQueue<Dataset> received = new LinkedBlockingQueue<>();
    try (DicomServer pacs =
        DicomServer.start(ServerConfig.builder().bindAddress("127.0.0.1").port(0).build(), new Receiver(received))) {
      NodeConfig config = config(pacs.port(), "");
      for (int run = 1; run <= 2; run++) {
        try (Node node = Node.start(config, Clock.systemUTC(), bundle -> new Threshold("1"))) {
          send(node, Series.ct("1.2.3." + run, 12));
          SeriesRecord done = node.await("1.2.3." + run, series -> series.state().isFinal(), Duration.ofSeconds(60));
          assertEquals(SeriesState.DONE, done.state(), done.cause());
          assertEquals(run, node.series().size());
        }
        assertEquals(240, SegmentationReader.read(received.take()).pixelCount(1));
      }
    }
  }

  /**
   * A series that is being received needs no database to go on, for what is on disk is safe. Of a new one the senders hear in
   * seconds that it is not taken: not one after the other, and each late.
   */
  @Test
  void aDatabaseThatIsDownIsToldOfPromptlyAndWhenItIsBackAllGoesOn() throws Exception {
    Path data = Files.createDirectory(folder.resolve("postgres"));
    BlockingQueue<Dataset> received = new LinkedBlockingQueue<>();
    Postgres own = Postgres.start(data);
    try (DicomServer pacs =
        DicomServer.start(ServerConfig.builder().bindAddress("127.0.0.1").port(0).build(), new Receiver(received))) {
      NodeConfig config = config(own, pacs.port(), "web: {port: 0}\n");
      try (Node node = Node.start(config, Clock.systemUTC(), bundle -> new Threshold("1"))) {
        List<Dataset> slices = Series.ct("1.2.3", 12);
        try (DicomClient sender = connect(node)) {
          store(sender, slices.subList(0, 3));
          own.stop();
          store(sender, slices.subList(3, 6));

          long start = System.nanoTime();
          List<Status> answers = atOnce(8, i -> storeFirst(node, "1.2.4." + i));
          assertEquals(Collections.nCopies(8, Status.OUT_OF_RESOURCES), answers);
          HttpResponse<String> ready = ready(node);
          assertEquals(503, ready.statusCode());
          assertTrue(ready.body().contains("the database failed"), ready.body());
          Duration took = Duration.ofNanos(System.nanoTime() - start);
          assertTrue(took.compareTo(Duration.ofSeconds(20)) < 0, "all was told only after " + took);

          own.startAgain(data);
          Instant deadline = Instant.now().plusSeconds(60);
          while (ready(node).statusCode() != 200) {
            assertTrue(Instant.now().isBefore(deadline), "the node does not find its database again");
          }
          store(sender, slices.subList(6, 12));
        }
        send(node, Series.ct("1.2.4.0", 12));
        for (String uid : List.of("1.2.3", "1.2.4.0")) {
          SeriesRecord done = node.await(uid, series -> series.state().isFinal(), Duration.ofSeconds(60));
          assertEquals(SeriesState.DONE, done.state(), done.cause());
          assertEquals(12, done.objects());
          assertEquals(240, SegmentationReader.read(received.take()).pixelCount(1));
        }
      }
    } finally {
      own.close();
    }
  }

  private static Status storeFirst(Node node, String seriesUid) throws Exception {
    try (DicomClient client = connect(node)) {
      return client.store(Series.slice(seriesUid, 0), TransferSyntax.EXPLICIT_LE);
    }
  }

  private static HttpResponse<String> ready(Node node) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + node.webPort().orElseThrow() + "/health/ready");
    return HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aNodeEndsWhenAnotherProcessTakesItsName() throws Exception {
    NodeConfig config = config(1, "work: {heartbeat: 50ms}\n");
    try (Node node = Node.start(config, Clock.systemUTC(), bundle -> new Threshold("1"));
        Database database = Database.open(config.database())) {
      new Nodes(database.dataSource(), config.name(), Duration.ofSeconds(1), Clock.systemUTC()).join();
      assertEquals(Node.Ending.SUPERSEDED, node.awaitEnding());
    }
  }

  @Test
  void aSecondNodeOfOneNameIsRefused() throws Exception {
    NodeConfig config = config(1, "");
    try (Node node = Node.start(config, Clock.systemUTC(), bundle -> new Threshold("1"))) {
      StartException refused =
          assertThrows(
              StartException.class, () -> Node.start(config, Clock.systemUTC(), bundle -> new Threshold("1")));
      assertEquals(StartException.Need.NAME, refused.need());
      assertTrue(refused.getMessage().contains("another process runs as node nmsw-node"), refused.getMessage());
      send(node, Series.ct("1.2.3", 12));
    }
  }

  @Test
  void nodesThatStartTogetherAllFindTheTables() throws Exception {
    String url = postgres.newDatabase();
    for (Database database : atOnce(4, i -> Database.open(new DatabaseConfig(url, "", "")))) {
      assertEquals(List.of(), table(database, "a").all());
      database.close();
    }
  }

  @Test
  void aSeriesWhoseObjectsComeToTwoNodesAtOnceIsOpenedOnce() throws Exception {
    try (Database database = Database.open(new DatabaseConfig(postgres.newDatabase(), "", ""))) {
      for (int n = 0; n < 20; n++) {
        String uid = "1.2.3." + n;
        List<SeriesRecord> opened =
            atOnce(2, i -> table(database, "node" + i).open(uid, "CT1", "NMSW", "from CT1"));
        assertEquals(List.of(1, 1), opened.stream().map(SeriesRecord::revision).toList());
      }
      assertEquals(20, table(database, "a").all().size());
    }
  }

  @Test
  void storesWhateverACauseSays() throws Exception {
    try (Database database = Database.open(new DatabaseConfig(postgres.newDatabase(), "", ""))) {
      SeriesTable table = table(database, "a");
      SeriesRecord series = table.open("1.2.3", "CT\0", "NMSW", "");
      table.move(series, Set.of(SeriesState.RECEIVING), SeriesState.READY, row -> row, "");
      String cause = "nul \0, half a pair \uD83D, " + "x".repeat(3000);
      table.move(series, Set.of(SeriesState.READY), SeriesState.FAILED, row -> row.withCause("IO_ERROR", cause), "");
      String stored = table.find("1.2.3").orElseThrow().cause();
      assertEquals(("nul  , half a pair ?, " + "x".repeat(3000)).substring(0, 2000), stored);
      assertEquals("CT ", table.find("1.2.3").orElseThrow().callingAe());
    }
  }

  @Test
  void keepsReplacesAndForgetsTrends() throws Exception {
    try (Database database = Database.open(new DatabaseConfig(postgres.newDatabase(), "", ""))) {
      TrendTableTest.keepsReplacesAndForgets(database.dataSource());
    }
  }

  private static SeriesTable table(Database database, String node) {
    return new SeriesTable(database.dataSource(), Clock.systemUTC(), node, series -> {});
  }

  private interface Numbered<T> {
    T run(int number) throws Exception;
  }

  /** Runs the same on several threads, which begin together. */
  private static <T> List<T> atOnce(int threads, Numbered<T> work) throws Exception {
    CyclicBarrier start = new CyclicBarrier(threads);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<T>> tasks = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int number = i;
        tasks.add(
            () -> {
              start.await();
              return work.run(number);
            });
      }
      List<T> results = new ArrayList<>();
      for (Future<T> result : executor.invokeAll(tasks)) {
        results.add(result.get());
      }
      return results;
    } finally {
      executor.shutdownNow();
    }
  }

  private static void send(Node node, List<Dataset> slices) throws Exception {
    try (DicomClient client = connect(node)) {
      store(client, slices);
    }
  }

  private static void store(DicomClient client, List<Dataset> slices) throws Exception {
    for (Dataset slice : slices) {
      assertEquals(Status.SUCCESS, client.store(slice, TransferSyntax.EXPLICIT_LE));
    }
  }

  private static DicomClient connect(Node node) throws Exception {
    return DicomClient.connect(
        new RemoteAe("NMSW", "127.0.0.1", node.port()),
        "CT1",
        List.of(ProposedContext.uncompressed(Uid.CTImageStorage)),
        ClientConfig.defaults());
  }
}
