package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.AssociationRejected;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.ServerConfig;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

@Timeout(60)
class ReloaderTest {
  private static final String YAML =
      """
      bind: 127.0.0.1
      port: 0
      callingAeTitles: [CT1]
      dataDirectory: data
      modelsDirectory: %s
      destinations: {pacs: PACS@127.0.0.1:1}
      routes:
        - {model: abdomen-phantom, destinations: pacs}
      """
          .formatted(Path.of(System.getProperty("nmsw.root"), "config", "models"));

  /** Is loaded, and never run. */
  private static final class Unused implements VolumeSegmenter {
    @Override
    public Model model() {
      return new Model("m", "1", new Vec3(1, 1, 1), new LabelTable(List.of()));
    }

    @Override
    public Result segment(Volume volume, Progress progress) {
      throw new AssertionError("nothing was sent");
    }

    @Override
    public void close() {}
  }

  @TempDir Path folder;
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private VolumeSegmenter segmenter = new Unused();
  private Path file;
  private Node node;
  private Reloader reloader;

  @BeforeEach
  void start() throws Exception {
    log.start();
    ((Logger) LoggerFactory.getLogger(Reloader.class)).addAppender(log);
    start(YAML);
  }

  private void start(String yaml) throws Exception {
    file = Files.writeString(folder.resolve("node.yaml"), yaml);
    node = Node.start(NodeConfig.read(file), Clock.systemUTC(), bundle -> segmenter);
    reloader = new Reloader(node, file, config -> config, Clock.systemUTC());
  }

  @AfterEach
  void stop() {
    node.close();
    ((Logger) LoggerFactory.getLogger(Reloader.class)).detachAppender(log);
  }

  private DicomClient connect(String callingAe) throws IOException {
    return DicomClient.connect(
        new RemoteAe("NMSW", "127.0.0.1", node.port()),
        callingAe,
        List.of(ProposedContext.verification(), ProposedContext.uncompressed(Uid.CTImageStorage)),
        ClientConfig.defaults());
  }

  private String lastLine() {
    return log.list.get(log.list.size() - 1).getFormattedMessage();
  }

  @Test
  void whoIsLetInChangesForThoseThatComeFromNowOn() throws Exception {
    assertThrows(AssociationRejected.class, () -> connect("CT2"));
    try (DicomClient before = connect("CT1")) {
      Files.writeString(file, YAML.replace("[CT1]", "[CT2]") + "series: {quiet: 3s}\n");
      assertTrue(reloader.reload());
      assertEquals("configuration " + file + " read again; taken over: callingAeTitles, series", lastLine());
      assertTrue(before.echo().isSuccess(), "an association goes on as it began");
    }
    assertThrows(AssociationRejected.class, () -> connect("CT1"));
    try (DicomClient after = connect("CT2")) {
      assertTrue(after.echo().isSuccess());
    }
    assertEquals(Duration.ofSeconds(3), node.config().series().quiet());
    assertTrue(reloader.reload());
    assertTrue(lastLine().endsWith("nothing changed"), lastLine());
    assertMetric("nmsw_config_reloads_total{outcome=\"taken\"} 2.0");
    assertMetric("nmsw_associations_rejected_total 2.0");
  }

  @Test
  void destinationsAndTheirTimesChange() throws Exception {
    Files.writeString(
        file, YAML.replace("{pacs: PACS@127.0.0.1:1}", "{pacs: PACS@127.0.0.1:2, vna: V@h:3}") + "delivery: {firstRetry: 1s}\n");
    assertTrue(reloader.reload());
    assertTrue(lastLine().endsWith("taken over: destinations, delivery.firstRetry"), lastLine());
    assertMetric("nmsw_outbox{destination=\"vna\"} 0.0");
  }

  @Test
  void aJobKeepsWhatItBeganWith() throws Exception {
    BlockingQueue<Dataset> received = new LinkedBlockingQueue<>();
    CountDownLatch working = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    segmenter =
        new Threshold("1") {
          @Override
          public Result segment(Volume volume, Progress progress) {
            working.countDown();
            try {
              go.await();
            } catch (InterruptedException e) {
              throw new CancellationException("the test is over");
            }
            return super.segment(volume, progress);
          }
        };
    ServerConfig any = ServerConfig.builder().bindAddress("127.0.0.1").port(0).build();
    try (DicomServer pacs = DicomServer.start(any, new Receiver(received))) {
      node.close();
      String yaml =
          YAML.replace("PACS@127.0.0.1:1}", "PACS@127.0.0.1:" + pacs.port() + "}")
              + "series: {quiet: 100ms, minSlices: 5}\n";
      start(yaml);
      try (DicomClient client = connect("CT1")) {
        for (Dataset slice : Series.ct(12)) {
          assertTrue(client.store(slice, TransferSyntax.EXPLICIT_LE).isSuccess());
        }
      }
      working.await();
      Files.writeString(
          file,
          yaml.replace("{pacs: ", "{other: OTHER@127.0.0.1:1, pacs: ").replace("destinations: pacs}", "destinations: other}"));
      assertTrue(reloader.reload());
      go.countDown();
      Dataset result = received.poll(50, TimeUnit.SECONDS);
      assertEquals("SEG", result.requireString(Tag.Modality), "the rule of its beginning sends it to the PACS");
    }
  }

  @Test
  void anythingWrongLeavesEverythingAsItWas() throws Exception {
    NodeConfig before = node.config();
    String open = YAML.replace("callingAeTitles: [CT1]\n", "");
    for (String[] wrong :
        new String[][] {
          {open + "sereis: {quiet: 3s}\n", "line 8: sereis: unknown key, is series meant?"},
          {open.replace("port: 0", "port: 104") + "network: {maxAssociations: 3, tls: {certificate: a, trusted: b}}\n",
            "needs a restart: port, network.tls"},
          {open.replace("{pacs: PACS@127.0.0.1:1}", "{pacs: {address: 'PACS@127.0.0.1:1', commitment: 1h}}"),
            "needs a restart: destinations (the first that commits itself)"},
          {open.replace("abdomen-phantom", "no-such-model"), "model no-such-model: there is no model"},
          {open.replace("dataDirectory: data", "dataDirectory: other"), "needs a restart: dataDirectory, database.url"}
        }) {
      Files.writeString(file, wrong[0]);
      assertFalse(reloader.reload(), wrong[1]);
      assertTrue(lastLine().contains(wrong[1]), () -> wrong[1] + " not in " + lastLine());
      assertSame(before, node.config());
    }
    assertThrows(AssociationRejected.class, () -> connect("CT2"));
    assertMetric("nmsw_config_reloads_total{outcome=\"refused\"} 5.0");
  }

  private void assertMetric(String line) {
    assertTrue(node.metrics().scrape().lines().anyMatch(line::equals), () -> line + " in\n" + node.metrics().scrape());
  }
}
