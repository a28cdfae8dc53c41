package nmsw.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
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
import nmsw.volume.CtSeriesWriter;
import nmsw.volume.Grid;
import nmsw.volume.ModelGrid;
import nmsw.volume.Nifti;
import nmsw.volume.Resampler;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/** A node on a free port, and the peer that its results go to. */
final class NodeUnderTrial implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(10);

  private final Path folder;
  private final DicomServer pacs;
  private final Node node;
  private volatile String lastModel = "";

  /**
   * @param folder for what the node keeps and for the series that are sent
   */
  NodeUnderTrial(Path folder, Path models, String model) throws IOException, ConfigException {
    this.folder = Files.createDirectories(folder);
    pacs =
        DicomServer.start(
            ServerConfig.builder()
                .bindAddress("127.0.0.1")
                .port(0)
                .calledAeTitles(Set.of("PACS"))
                .storageSopClasses(Set.of(Uid.SegmentationStorage))
                .build(),
            (request, dataset) -> {
              dataset.transferTo(OutputStream.nullOutputStream());
              return Status.SUCCESS;
            });
    String yaml =
        """
        aeTitles: [NMSW]
        bind: 127.0.0.1
        port: 0
        dataDirectory: '%s'
        modelsDirectory: '%s'
        destinations:
          pacs: PACS@127.0.0.1:%d
        routes:
          - model: %s
            destinations: [pacs]
        series:
          quiet: 1s
        """
            .formatted(folder.resolve("data").toAbsolutePath(), models.toAbsolutePath(), pacs.port(), model);
    NodeListener listener =
        new NodeListener() {
          @Override
          public void segmented(String seriesUid, SegmentedSeries result) {
            lastModel = result.model();
          }
        };
    node = Node.start(NodeConfig.parse(yaml, "the trial's configuration", folder), Clock.systemUTC(), listener);
  }

  /**
   * Sends a patient's CT and waits until the result is delivered.
   *
   * @return the version of the model that made it
   */
  String segment(Path data, String patient) throws IOException, InterruptedException, TimeoutException {
    Volume image = upright(Nifti.readVolume(data.resolve(patient + "_ct.nii.gz")));
    int plane = image.grid().nx() * image.grid().ny();
    CtSeriesWriter series =
        new CtSeriesWriter(
            new CtSeriesWriter.Subject(
                patient, patient, "Radiotherapy planning", "Planning CT", "open-kbp", "HEADNECK"),
            CtSeriesWriter.stack(image.grid()),
            1,
            k -> Arrays.copyOfRange(image.hounsfield(), k * plane, (k + 1) * plane));
    List<Path> files = series.write(folder.resolve(patient));
    try (DicomClient client =
        DicomClient.connect(
            new RemoteAe("NMSW", "127.0.0.1", node.port()),
            "TRIAL",
            List.of(ProposedContext.uncompressed(Uid.CTImageStorage)),
            ClientConfig.defaults())) {
      for (Path file : files) {
        Status status = client.store(file);
        if (!status.isSuccess()) {
          throw new IOException("the node did not store " + file + ": " + status);
        }
      }
    }
    SeriesRecord end = node.await(series.seriesUid(), record -> record.state().isFinal(), LIMIT);
    if (end.state() != SeriesState.DONE) {
      throw new IOException(patient + " " + end.state() + " " + end.code() + ": " + end.cause());
    }
    return lastModel.substring(lastModel.lastIndexOf(' ') + 1);
  }

  /** The same voxels in an order in which planes ascend along their normal, as those of a series do. */
  private static Volume upright(Volume image) {
    Grid grid = image.grid();
    Vec3 spacing = new Vec3(grid.stepX().length(), grid.stepY().length(), grid.stepZ().length());
    return Resampler.resample(image, ModelGrid.forGrid(grid, spacing));
  }

  @Override
  public void close() {
    node.close();
    pacs.close();
  }
}
