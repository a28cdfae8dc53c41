package nmsw.scp.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.ParseLimits;
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
import nmsw.scp.Node;
import nmsw.scp.config.ConfigException;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.events.NodeListener;
import nmsw.scp.segment.SegmentedSeries;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.series.Stage;
import nmsw.seg.Segmentation;
import nmsw.seg.SegmentationOnStack;
import nmsw.seg.SegmentationReader;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.PrecisionRequest;
import nmsw.volume.ContactSheet;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "demo",
    description = {
      "Runs the main job: makes a CT series (or takes one), starts a node and a receiving peer on free ports, sends the"
          + " series by C-STORE, waits for the DICOM Segmentation, checks it, and says how long each stage took and how"
          + " each organ came out. Leaves OUT/segmentation.dcm and OUT/contact-sheet.png."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  private static final Duration LIMIT = Duration.ofMinutes(30);

  @Option(
      names = "--ct",
      paramLabel = "DIR",
      description = "Folder with one CT series, in place of a synthetic one.")
  private Path ct;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "out/demo",
      description = "Folder to write to (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Mixin private PhantomOptions phantom;
  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException, TimeoutException, ConfigException {
    PrintWriter terminal = spec.commandLine().getOut();
    Files.createDirectories(out);
    List<Path> files = ct == null ? makePhantom(terminal) : oneSeries();
    String seriesUid = DicomReader.readUntil(files.get(0), Tag.StudyID).dataset().requireString(Tag.SeriesInstanceUID);
    // Nothing of an earlier demo may answer for this one.
    Path data = Files.createTempDirectory("nmsw-demo");
    try (ReceivingPeer pacs = new ReceivingPeer();
        Watcher watcher = new Watcher(seriesUid);
        Node node = Node.start(config(data, pacs.port()), Clock.systemUTC(), watcher)) {
      Duration sending = send(files, node.port());
      SeriesRecord end = node.await(seriesUid, series -> series.state().isFinal(), LIMIT);
      watcher.close();
      if (end.state() != SeriesState.DONE) {
        spec.commandLine()
            .getErr()
            .println("series " + seriesUid + " " + end.state() + " " + end.code() + ": " + end.cause());
        return end.state() == SeriesState.REFUSED ? ExitCode.REFUSED : ExitCode.FAILED;
      }
      return report(terminal, watcher.result(), end, pacs.received().orElseThrow(), sending);
    } finally {
      DicomFiles.delete(data);
    }
  }

  private List<Path> makePhantom(PrintWriter terminal) throws IOException {
    try {
      phantom.check();
      terminal.println("making a synthetic abdomen CT ...");
      terminal.flush();
      Path folder = out.resolve("ct");
      DicomFiles.delete(folder);
      return phantom.write(folder);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
  }

  private List<Path> oneSeries() throws IOException {
    Map<String, List<Path>> series = DicomFiles.bySeries(DicomFiles.under(List.of(ct)));
    if (series.size() != 1) {
      throw new DicomException(ct + " holds " + series.size() + " series; --ct needs a folder with just one");
    }
    return series.values().iterator().next();
  }

  private NodeConfig config(Path data, int pacsPort) throws ConfigException {
    String yaml =
        """
        aeTitles: [NMSW]
        bind: 127.0.0.1
        port: 0
        callingAeTitles: [DEMO]
        dataDirectory: '%s'
        modelsDirectory: '%s'
        destinations:
          pacs: PACS@127.0.0.1:%d
        routes:
          - model: %s
            destinations: [pacs]
        series:
          quiet: 2s
        """
            .formatted(data, model.models().toAbsolutePath(), pacsPort, model.name());
    return NodeConfig.parse(yaml, "the demo's configuration", data)
        .withDevice(device.or(DeviceRequest.AUTO), device.or(PrecisionRequest.AUTO));
  }

  private Duration send(List<Path> files, int port) throws IOException {
    long start = System.nanoTime();
    try (DicomClient client =
            DicomClient.connect(
                new RemoteAe("NMSW", "127.0.0.1", port),
                "DEMO",
                List.of(
                    ProposedContext.uncompressed(Uid.CTImageStorage),
                    ProposedContext.uncompressed(Uid.EnhancedCTImageStorage)),
                ClientConfig.defaults());
        Progress progress = new Progress("sending", files.size())) {
      for (int i = 0; i < files.size(); i++) {
        Status status = client.store(files.get(i));
        if (!status.isSuccess()) {
          throw new IOException("the node did not store " + files.get(i) + ": " + status);
        }
        progress.to(i + 1);
      }
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private int report(
      PrintWriter terminal, SegmentedSeries result, SeriesRecord end, Dataset received, Duration sending)
      throws IOException {
    TextTable stages = new TextTable().row("stage", "seconds").row("send to node", seconds(sending));
    for (Map.Entry<Stage, Duration> stage : end.timings().stages().entrySet()) {
      stages.row(stage.getKey().label(), seconds(stage.getValue()));
    }
    stages.print(terminal);
    terminal.println();
    Path sheet = out.resolve("contact-sheet.png");
    Path file = out.resolve("segmentation.dcm");
    DicomWriter.writeFile(file, received, TransferSyntax.EXPLICIT_LE);
    SliceLabels answered = check(file, result);
    Optional<OrganTable.DiceScores> scores = Optional.empty();
    if (ct == null) {
      scores = Optional.of(new OrganTable.DiceScores(answered, phantom.phantom().labels(answered.stack())));
    }
    new OrganTable(result.table(), result.volumes(), scores).toText().print(terminal);
    ContactSheet.write(sheet, result.series(), answered, result.table(), result.patches());
    terminal.printf(
        "%nmodel %s, %s%nthe answer was checked: it names every source image and its masks are those of the node%n%s%n%s%n",
        result.model(), result.algorithm().parameters(), file, sheet);
    return ExitCode.DONE;
  }

  /** What came back must speak of these images, and must hold exactly what the node drew. */
  private static SliceLabels check(Path file, SegmentedSeries result) throws IOException {
    Dataset dataset = DicomReader.read(file).dataset();
    Segmentation segmentation = SegmentationReader.read(dataset);
    SliceStack stack = result.series().stack();
    SegmentationOnStack placed = segmentation.toSliceLabels(stack, segmentation.classes(result.table()));
    if (!placed.unplaced().isEmpty() || placed.overlappedPixels() > 0) {
      throw new DicomException(
          file + ": " + placed.unplaced().size() + " frames lie on no source image, "
              + placed.overlappedPixels() + " pixels are in two segments");
    }
    for (int k = 0; k < stack.size(); k++) {
      if (!Arrays.equals(placed.labels().labels().get(k), result.labels().labels().get(k))) {
        throw new DicomException(file + ": the masks of slice " + k + " are not those that the node drew");
      }
    }
    Set<String> named = new HashSet<>();
    for (Dataset series : dataset.items(Tag.ReferencedSeriesSequence)) {
      for (Dataset instance : series.items(Tag.ReferencedInstanceSequence)) {
        named.add(instance.requireString(Tag.ReferencedSOPInstanceUID));
      }
    }
    for (SliceStack.Slice slice : stack.slices()) {
      if (!named.contains(slice.sopInstanceUid())) {
        throw new DicomException(file + ": does not reference source image " + slice.sopInstanceUid());
      }
    }
    return placed.labels();
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.3f", duration.toNanos() / 1e9);
  }

  /** Keeps the result for the report, and shows how far it is. */
  private static final class Watcher implements NodeListener, AutoCloseable {
    private final String seriesUid;
    private final StageProgress progress = new StageProgress("segmenting");
    private volatile SegmentedSeries result;

    Watcher(String seriesUid) {
      this.seriesUid = seriesUid;
    }

    @Override
    public void progress(String uid, Stage stage, double fraction) {
      progress.at(stage, fraction);
    }

    @Override
    public void segmented(String uid, SegmentedSeries series) {
      if (uid.equals(seriesUid)) {
        result = series;
      }
    }

    SegmentedSeries result() {
      return result;
    }

    @Override
    public void close() {
      progress.close();
    }
  }

  /** Plays the PACS: takes one Segmentation. */
  private static final class ReceivingPeer implements AutoCloseable {
    private final DicomServer server;
    private volatile Dataset received;

    ReceivingPeer() throws IOException {
      ServerConfig config =
          ServerConfig.builder()
              .bindAddress("127.0.0.1")
              .port(0)
              .calledAeTitles(Set.of("PACS"))
              .storageSopClasses(Set.of(Uid.SegmentationStorage))
              .build();
      server =
          DicomServer.start(
              config,
              (request, dataset) -> {
                received =
                    DicomReader.readDataset(
                        dataset, request.transferSyntax(), ParseLimits.defaults());
                return Status.SUCCESS;
              });
    }

    int port() {
      return server.port();
    }

    Optional<Dataset> received() {
      return Optional.ofNullable(received);
    }

    @Override
    public void close() {
      server.close();
    }
  }
}
