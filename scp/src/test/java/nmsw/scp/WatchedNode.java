package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
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
import nmsw.scp.database.Database;
import nmsw.scp.events.NodeListener;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.trends.TrendResult;
import nmsw.scp.trends.TrendTable;
import nmsw.segmentation.ModelBundle;

/** A node with pages, a sender and an archive; the network is replaced. */
public final class WatchedNode implements AutoCloseable {
  public static final String TOKEN = "0123456789abcdef0123456789abcdef";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Path folder;
  private final VolumeSegmenter.Loader loader;
  private final String more;
  private final int pacsPort;
  private Optional<DicomServer> pacs = Optional.empty();
  private Node node;

  /** What the archive got. */
  public final BlockingQueue<Dataset> received = new LinkedBlockingQueue<>();

  /** Why it did not. */
  public final BlockingQueue<String> failures = new LinkedBlockingQueue<>();

  /**
   * With a threshold as its network.
   *
   * @param folder an empty one
   * @param web keys of the configuration's section
   */
  public WatchedNode(Path folder, String web) throws Exception {
    this(folder, web, Named::new);
  }

  public WatchedNode(Path folder, String web, VolumeSegmenter.Loader loader) throws Exception {
    this(folder, web, "", loader);
  }

  /** @param sections of the configuration beside those that every such node has */
  public WatchedNode(Path folder, String web, String sections) throws Exception {
    this(folder, web, sections, Named::new);
  }

  public WatchedNode(Path folder, String web, String sections, VolumeSegmenter.Loader loader) throws Exception {
    this.folder = folder;
    this.loader = loader;
    for (String model : List.of("test", "other")) {
      Path versions = folder.resolve("models").resolve(model);
      Files.createDirectories(versions.resolve("1"));
      Files.writeString(versions.resolve("current"), "1\n");
      new Threshold("1").model().labels().write(versions.resolve("1").resolve(ModelBundle.CLASSES));
    }
    Path tokens = folder.resolve("tokens");
    Files.createFile(tokens, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(tokens, "# who may log in\nanna " + TOKEN + "\n");
    more = "web: {port: 0, tokenFile: tokens" + web + "}\n" + sections;
    startArchive(0);
    pacsPort = pacs.orElseThrow().port();
    start();
  }

  public void startArchive() throws IOException {
    startArchive(pacsPort);
  }

  private void startArchive(int port) throws IOException {
    ServerConfig config = ServerConfig.builder().bindAddress("127.0.0.1").port(port).build();
    pacs = Optional.of(DicomServer.start(config, new Receiver(received)));
  }

  public void stopArchive() {
    pacs.ifPresent(DicomServer::close);
    pacs = Optional.empty();
  }

  public void restart() throws Exception {
    node.close();
    start();
  }

  /** Restarts with these in its trends, each of a series of its own. */
  public void restartWith(List<TrendResult> results) throws Exception {
    node.close();
    try (Database database = Database.open(node.config().database());
        Connection connection = database.dataSource().getConnection()) {
      connection.setAutoCommit(false);
      TrendTable trends = new TrendTable(database.dataSource());
      for (int i = 0; i < results.size(); i++) {
        trends.put(connection, "2.25." + i, results.get(i));
      }
      connection.commit();
    }
    start();
  }

  private void start() throws Exception {
    String yaml =
        """
        bind: 127.0.0.1
        port: 0
        dataDirectory: data
        modelsDirectory: models
        destinations: {pacs: PACS@127.0.0.1:%d}
        routes:
          - {bodyPart: HEAD, model: other, destinations: [pacs]}
          - {model: test, destinations: [pacs]}
        series: {quiet: 50ms, maxWait: 1s, minSlices: 5}
        storage: {diskReserve: 1MiB}
        delivery: {firstRetry: 10m, maxRetry: 10m}
        """
            .formatted(pacsPort);
    node =
        Node.start(
            NodeConfig.parse(yaml + more, "test", folder),
            Clock.systemUTC(),
            loader,
            new NodeListener() {
              @Override
              public void deliveryFailed(String seriesUid, String destination, String cause) {
                failures.add(cause);
              }
            });
  }

  public Path data() {
    return folder.resolve("data");
  }

  public int webPort() {
    return node.webPort().orElseThrow();
  }

  public Node node() {
    return node;
  }

  public void send(List<Dataset> objects) throws IOException {
    RemoteAe here = new RemoteAe("NMSW", "127.0.0.1", node.port());
    try (DicomClient client =
        DicomClient.connect(
            here, "CT1", List.of(ProposedContext.uncompressed(Uid.CTImageStorage)), ClientConfig.defaults())) {
      for (Dataset object : objects) {
        assertEquals(Status.SUCCESS, client.store(object, TransferSyntax.EXPLICIT_LE));
      }
    }
  }

  /** Sends one object of any class, as a workstation does. */
  public Status store(Dataset object) throws IOException {
    try (DicomClient client =
        DicomClient.connect(
            new RemoteAe("NMSW", "127.0.0.1", node.port()),
            "VIEWER",
            List.of(ProposedContext.uncompressed(object.requireString(Tag.SOPClassUID))),
            ClientConfig.defaults())) {
      return client.store(object, TransferSyntax.EXPLICIT_LE);
    }
  }

  public SeriesRecord await(String seriesUid, SeriesState state) throws Exception {
    return node.await(seriesUid, series -> series.state() == state, LIMIT);
  }

  /** A CT series with a bright box. */
  public static List<Dataset> ct(String seriesUid, String description) {
    List<Dataset> slices = Series.ct(seriesUid, 12);
    slices.forEach(slice -> slice.putString(Tag.SeriesDescription, description));
    return slices;
  }

  @Override
  public void close() {
    node.close();
    stopArchive();
  }

  /** The threshold under the name of its folder. */
  private static final class Named extends Threshold {
    private final String name;

    Named(Path bundle) {
      super(bundle.getFileName().toString());
      name = bundle.getParent().getFileName().toString();
    }

    @Override
    public Model model() {
      Model model = super.model();
      return new Model(name, model.version(), model.spacing(), model.labels());
    }
  }
}
