package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreHandler;
import nmsw.dicom.net.StoreRequest;
import nmsw.scp.Postgres;
import nmsw.segmentation.Aggregation;
import nmsw.segmentation.Architecture;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.Parameters;
import nmsw.volume.Code;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two nodes on one PostgreSQL database and one data directory share the work; one is killed with SIGKILL half way. The other
 * goes on with what it had in hand, and every series has one result at the peer.
 */
@Timeout(300)
class ClusterIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int SERIES = 40;
  private static final int SLICES = 8;

  @TempDir Path folder;

  private final Map<String, Map<String, List<byte[]>>> results = new ConcurrentHashMap<>();

  @Test
  void everySeriesIsAnsweredOnceAlthoughOneOfTwoNodesIsKilled() throws Exception {
    tiny().save(folder.resolve("models/tiny/7"));
    Files.writeString(folder.resolve("models/tiny/current"), "7");
    SmallSeries phantom = new SmallSeries(folder.resolve("slices"), 32, SLICES);
    ServerConfig peer = ServerConfig.builder().bindAddress("127.0.0.1").port(0).build();
    try (Postgres postgres = Postgres.start();
        DicomServer pacs = DicomServer.start(peer, new Pacs())) {
      String url = postgres.newDatabase();
      int portA = Peers.freePort();
      int portB = Peers.freePort();
      ServeProcess a = start("a", portA, pacs.port(), url);
      try (ServeProcess b = start("b", portB, pacs.port(), url)) {
        try {
          Thread sender = new Thread(() -> send(phantom, portA, portB), "sender");
          sender.start();
          Peers.await(LIMIT, "half of the results", () -> results.size() >= SERIES / 2);
          int working = a.log().size();
          Peers.await(
              LIMIT,
              "the node to be at work",
              () -> a.log().stream().skip(working).anyMatch(line -> line.contains(" SEGMENTING ")));
          a.kill();
          sender.join(LIMIT.toMillis());
          Peers.await(LIMIT, "a result of every series", () -> results.size() == SERIES);
          b.awaitLog(LIMIT, "node a shows no sign of life");
          Peers.await(LIMIT, "every series to be done", () -> states(url).equals(Map.of("DONE", SERIES)));
        } finally {
          a.kill();
        }
        assertTrue(segmentedBy(a) > SERIES / 10, "node a had " + segmentedBy(a));
        assertTrue(segmentedBy(b) > SERIES / 10, "node b had " + segmentedBy(b));
        System.out.printf("%d series; segmented by a %d, by b %d%n", SERIES, segmentedBy(a), segmentedBy(b));
      }
      assertEquals(Set.of("b"), nodes(url));
    }
    requireOneResultEach();
    assertEquals(List.of(), Peers.files(folder.resolve("data/outbox")), "something is left in an outbox");
  }

  /** Series by series to both nodes in turn; what one does not take goes to the other. */
  private static void send(SmallSeries phantom, int... ports) {
    try {
      for (int i = 0; i < SERIES; i++) {
        List<Dataset> objects = phantom.named("" + i);
        for (int turn = i; !objects.isEmpty(); turn++) {
          try {
            SmallSeries.send(ports[turn % ports.length], objects);
          } catch (IOException thisNodeIsDown) {
            // The next is asked.
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ServeProcess start(String name, int port, int peer, String url) throws IOException {
    String yaml =
        """
        name: %s
        bind: 127.0.0.1
        port: %d
        dataDirectory: data
        modelsDirectory: models
        destinations: {pacs: 'PACS@127.0.0.1:%d'}
        routes: [{model: tiny, destinations: [pacs]}]
        series: {quiet: 300ms, maxWait: 5s, minSlices: 5}
        storage: {diskReserve: 10MiB}
        database: {url: '%s'}
        compute: {device: cpu, precision: f32, threads: 1}
        work: {heartbeat: 500ms, firstRetry: 200ms}
        """
            .formatted(name, port, peer, url);
    return new ServeProcess(folder.resolve(name + ".yaml"), port, yaml);
  }

  private static long segmentedBy(ServeProcess node) {
    return node.log().stream().filter(line -> line.contains(" RETURNING to ")).count();
  }

  private static Map<String, Integer> states(String url) {
    Map<String, Integer> states = new TreeMap<>();
    query(url, "SELECT state, COUNT(*) FROM series GROUP BY state", row -> states.put(row.getString(1), row.getInt(2)));
    return states;
  }

  private static Set<String> nodes(String url) {
    Set<String> nodes = ConcurrentHashMap.newKeySet();
    query(url, "SELECT name FROM nodes", row -> nodes.add(row.getString(1)));
    return nodes;
  }

  private interface Row {
    void read(ResultSet row) throws Exception;
  }

  private static void query(String url, String sql, Row each) {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        each.read(rows);
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void requireOneResultEach() throws IOException {
    assertEquals(SERIES, results.size());
    int again = 0;
    for (Map.Entry<String, Map<String, List<byte[]>>> series : results.entrySet()) {
      assertEquals(1, series.getValue().size(), "results of series " + series.getKey());
      List<byte[]> deliveries = series.getValue().values().iterator().next();
      for (byte[] delivery : deliveries) {
        assertArrayEquals(deliveries.get(0), delivery, "result of series " + series.getKey() + ", delivered again");
      }
      again += deliveries.size() - 1;
    }
    // What the peer accepted when the node was killed, before the node could note that.
    assertTrue(again <= 1, again + " results were delivered again");
  }

  /** What the peer accepted: by series, then by SOP Instance UID. */
  private final class Pacs implements StoreHandler {
    @Override
    public Status store(StoreRequest request, InputStream dataset) throws IOException {
      byte[] bytes = dataset.readAllBytes();
      Dataset result =
          DicomReader.readDataset(
              new ByteArrayInputStream(bytes), TransferSyntax.EXPLICIT_LE, ParseLimits.defaults());
      Dataset series = result.items(Tag.ReferencedSeriesSequence).get(0);
      assertEquals(SLICES, series.items(Tag.ReferencedInstanceSequence).size());
      results
          .computeIfAbsent(series.requireString(Tag.SeriesInstanceUID), uid -> new ConcurrentHashMap<>())
          .computeIfAbsent(request.sopInstanceUid(), uid -> new CopyOnWriteArrayList<>())
          .add(bytes);
      return Status.SUCCESS;
    }
  }

  /** Untrained, and so small that a series takes less than the way to it. */
  private static ModelBundle tiny() {
    ModelDescription description =
        new ModelDescription(
            "tiny",
            "7",
            new Architecture.UNet(List.of(4, 6, 6)),
            new Architecture.UNet(List.of(4, 6, 6)),
            new Vec3(14, 14, 14),
            -1000,
            1000,
            Int3.cube(16),
            0.5,
            Int3.cube(2),
            2,
            Aggregation.NORMALISED_CW);
    Code code = new Code("SCT", "10200004", "Liver");
    List<LabelClass> classes = new ArrayList<>();
    for (int i = 1; i <= 2; i++) {
      classes.add(
          new LabelClass(
              i, "c" + i, "C" + i, code, code, Optional.empty(), Optional.empty(), Optional.empty(), i));
    }
    try (NDManager manager = NDManager.newBaseManager();
        Parameters weights = Parameters.initialise(manager, description.net(3).parameters(), 5)) {
      return new ModelBundle(description, new LabelTable(classes), "# Untrained\n", weights.tensors());
    }
  }
}
