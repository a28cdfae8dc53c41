package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
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
import nmsw.scp.config.NodeConfig;
import nmsw.scp.delivery.PduProxy;
import nmsw.scp.delivery.PduProxy.Fate;
import nmsw.scp.disk.DurableFiles;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole node with sources that stop in the middle of a PDU: others are served from their first object to their result
 * meanwhile, and of the stalled ones stays what was acknowledged, and nothing else. (What each way to stall does to the server
 * alone is {@code BadSourcesTest}'s.)
 */
@Timeout(120)
class StallingSourcesTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int STALLING = 4;
  private static final int ACKNOWLEDGED = 10;
  private static final int SLICES = 12;
  private static final String LISTEN = "0A";

  @TempDir Path folder;
  private final AtomicReference<Instant> networkTime = new AtomicReference<>(Instant.EPOCH);
  private final BlockingQueue<Dataset> results = new LinkedBlockingQueue<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  /** Sources that have stalled. */
  private final AtomicInteger reached = new AtomicInteger();

  private Node node;

  @BeforeEach
  void start() throws Exception {
    Path model = Files.createDirectories(folder.resolve("models").resolve("test"));
    Files.writeString(model.resolve("current"), "1\n");
    DicomServer pacs =
        DicomServer.start(ServerConfig.builder().bindAddress("127.0.0.1").port(0).build(), new Receiver(results));
    open.add(pacs);
    String yaml =
        """
        bind: 127.0.0.1
        port: 0
        dataDirectory: data
        modelsDirectory: models
        destinations: {pacs: 'PACS@127.0.0.1:%d'}
        routes: [{model: test, destinations: [pacs]}]
        series: {quiet: 50ms, maxWait: 1h, minSlices: 5}
        network: {maxAssociations: %d, maxAssociationsPerPeer: %d}
        storage: {diskReserve: 1MiB}
        """
            .formatted(pacs.port(), STALLING + 1, STALLING + 1);
    node =
        Node.start(
            NodeConfig.parse(yaml, "test", folder), Clock.systemUTC(), networkTime::get, bundle -> new Threshold("1"));
    open.add(node);
  }

  @AfterEach
  void stop() throws Exception {
    Collections.reverse(open);
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  @Test
  void sourcesThatStallInsideAPduHoldUpNobodyAndLeaveWhatWasAcknowledged() throws Exception {
    List<CompletableFuture<Integer>> stalled = new ArrayList<>();
    for (int i = 0; i < STALLING; i++) {
      stalled.add(stall("1.2.3." + i, i % 2 == 0));
    }
    await("not all stalled", () -> reached.get() == STALLING);
    // Half of them stopped in their object's data set: what they claim of the spool is claimed, and files are begun.
    await("the sources do not stall", () -> incoming().size() == STALLING / 2);
    await("they hold no seats", () -> metric("nmsw_associations_open") == STALLING);
    assertEquals(STALLING, sockets());
    assertTrue(metric("nmsw_spool_incoming_bytes") > 0);

    for (String uid : List.of("1.2.4.1", "1.2.4.2")) {
      assertEquals(SLICES, send(node.port(), Series.ct(uid, SLICES)));
      assertEquals(SeriesState.DONE, node.await(uid, series -> series.state().isFinal(), LIMIT).state());
    }
    assertEquals(2, results.size());
    assertTrue(stalled.stream().noneMatch(CompletableFuture::isDone), "they were waited for");

    for (CompletableFuture<Integer> source : stalled) {
      assertEquals(ACKNOWLEDGED, awaitEnd(source));
    }
    await("seats are taken", () -> metric("nmsw_associations_open") == 0);
    assertEquals(STALLING, metric("nmsw_associations_total{end=\"broken_off\"}"));
    assertEquals(0, metric("nmsw_spool_incoming_bytes"), "claimed");
    assertEquals(List.of(), incoming());
    await("sockets are left", () -> sockets() == 0);

    for (int i = 0; i < STALLING; i++) {
      String uid = "1.2.3." + i;
      assertEquals(SeriesState.RECEIVING, node.series(uid).orElseThrow().state(), "half of it was taken for all");
      assertEquals(ACKNOWLEDGED, objects(uid));
      // They come back with all, and what they were told is true.
      assertEquals(SLICES, send(node.port(), Series.ct(uid, SLICES)));
      SeriesRecord done = node.await(uid, series -> series.state().isFinal(), LIMIT);
      assertEquals(SeriesState.DONE, done.state());
      assertEquals(SLICES, done.objects());
    }
    assertEquals(STALLING * ACKNOWLEDGED, metric("nmsw_objects_total{outcome=\"duplicate\"}"));
    node.close();
    await("a thread is left", () -> threads() == 0);
  }

  /**
   * Sends a series, of which all is passed on up to the middle of a PDU.
   *
   * @param inDataSet whether that is one of a data set, or of its command
   * @return how many objects were acknowledged
   */
  private CompletableFuture<Integer> stall(String seriesUid, boolean inDataSet) throws IOException {
    int[] begun = {0};
    PduProxy proxy =
        new PduProxy(
            node.port(),
            command -> {
              boolean request = command == PduProxy.C_STORE_RQ;
              boolean last = (request ? ++begun[0] : begun[0]) > ACKNOWLEDGED;
              if (!last || request == inDataSet) {
                return Fate.PASS;
              }
              reached.incrementAndGet();
              return Fate.STALL;
            });
    open.add(proxy);
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return send(proxy.port(), Series.ct(seriesUid, SLICES));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        },
        work -> new Thread(work).start());
  }

  /** Moves the network's clock until the node ends the connection: it may not have begun to wait. */
  private int awaitEnd(CompletableFuture<Integer> source) throws Exception {
    Instant deadline = Instant.now().plus(LIMIT);
    while (true) {
      try {
        return source.get(20, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        assertTrue(Instant.now().isBefore(deadline), "the node waits on");
        networkTime.updateAndGet(now -> now.plus(Duration.ofMinutes(1)));
      }
    }
  }

  /** @return how many objects were acknowledged before the peer gave up */
  private static int send(int port, List<Dataset> objects) throws IOException {
    int acknowledged = 0;
    try (DicomClient client =
        DicomClient.connect(
            new RemoteAe("NMSW", "127.0.0.1", port),
            "CT1",
            List.of(ProposedContext.uncompressed(Uid.CTImageStorage)),
            ClientConfig.defaults())) {
      for (Dataset object : objects) {
        try {
          assertEquals(Status.SUCCESS, client.store(object, TransferSyntax.EXPLICIT_LE));
        } catch (IOException e) {
          return acknowledged;
        }
        acknowledged++;
      }
    }
    return acknowledged;
  }

  private static void await(String what, BooleanSupplier condition) {
    Instant deadline = Instant.now().plus(LIMIT);
    while (!condition.getAsBoolean()) {
      assertTrue(Instant.now().isBefore(deadline), what);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  private double metric(String name) {
    return node.metrics().scrape().lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .findFirst()
        .orElse(0);
  }

  private List<Path> incoming() {
    return files(folder.resolve("data/spool/incoming/nmsw-node"));
  }

  private long objects(String seriesUid) {
    return files(folder.resolve("data/spool").resolve(DurableFiles.nameFor(seriesUid))).stream()
        .filter(file -> file.toString().endsWith(".dcm"))
        .count();
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("dicom-association"))
        .count();
  }

  /** The connections at the node's port that it has not closed (proc(5), /proc/net/tcp: local address, state, inode). */
  private long sockets() {
    String port = String.format(":%04X", node.port());
    long sockets = 0;
    for (String table : List.of("tcp", "tcp6")) {
      try (Stream<String> lines = Files.lines(Path.of("/proc/self/net", table))) {
        sockets +=
            lines
                .map(line -> line.strip().split("\\s+"))
                .filter(row -> row[1].endsWith(port) && !row[3].equals(LISTEN) && !row[9].equals("0"))
                .count();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
    return sockets;
  }
}
