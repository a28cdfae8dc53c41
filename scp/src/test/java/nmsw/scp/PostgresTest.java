package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
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
import nmsw.seg.SegmentationReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the other tests show with the embedded database, with PostgreSQL: its SQL, and several nodes at once. */
@Timeout(120)
class PostgresTest {
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
    try (DicomClient client =
        DicomClient.connect(
            new RemoteAe("NMSW", "127.0.0.1", node.port()),
            "CT1",
            List.of(ProposedContext.uncompressed(Uid.CTImageStorage)),
            ClientConfig.defaults())) {
      for (Dataset slice : slices) {
        assertEquals(Status.SUCCESS, client.store(slice, TransferSyntax.EXPLICIT_LE));
      }
    }
  }
}
