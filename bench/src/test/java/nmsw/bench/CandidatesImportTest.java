package nmsw.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.Status;
import nmsw.scp.Node;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.scp.series.Timings;
import nmsw.seg.Segmentation;
import nmsw.seg.SegmentationReader;
import nmsw.training.dataset.DataSetImport;
import nmsw.training.dataset.Layout;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.LabelVolume;
import nmsw.volume.Nifti;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the node puts into its folder of candidates is what an import takes; it stands here because only bench sees both. */
class CandidatesImportTest {
  private static final long SEED = 3;

  @TempDir Path folder;

  @Test
  @Timeout(120)
  void aCorrectedSeriesBecomesACase() throws Exception {
    Path versions = Files.createDirectories(folder.resolve("models").resolve("test").resolve("1")).getParent();
    Files.writeString(versions.resolve("current"), "1\n");
    Path classes = versions.resolve("1").resolve("classes.csv");
    AbdomenPhantom.labelTable().write(classes);
    List<Path> ct =
        PhantomSeries.write(
            folder.resolve("ct"), new AbdomenPhantom(SEED), AbdomenPhantom.standardStack(52, 44, 24, 7.5, 8.5, 12), SEED);
    BlockingQueue<Dataset> received = new LinkedBlockingQueue<>();
    Path candidates = folder.resolve("data").resolve("candidates");
    Dataset corrected;
    try (DicomServer pacs =
            DicomServer.start(
                ServerConfig.builder().bindAddress("127.0.0.1").port(0).build(),
                (request, dataset) -> {
                  received.add(
                      DicomReader.readDataset(dataset, request.transferSyntax(), ParseLimits.defaults()));
                  return Status.SUCCESS;
                });
        Node node = Node.start(config(pacs.port()), Clock.systemUTC(), bundle -> new Truth())) {
      for (Path slice : ct) {
        store(node, DicomReader.read(slice).dataset());
      }
      Dataset result = received.poll(60, TimeUnit.SECONDS);
      assertNotNull(result, "no result within 60 s");
      corrected = corrected(result);
      store(node, corrected);
      while (isEmpty(candidates)) {
        Thread.onSpinWait();
      }
      DataSetImport.Counts counts =
          new DataSetImport(
                  candidates,
                  folder.resolve("set"),
                  Optional.of(Layout.DICOM),
                  AbdomenPhantom.labelTable(),
                  Optional.empty(),
                  folder.resolve("site.key"),
                  List.of(),
                  false,
                  false,
                  "")
              .run(() -> {});
      assertEquals(1, counts.added());
      assertEquals(0, counts.refused());
    }
    Segmentation drawn = SegmentationReader.read(corrected);
    long expected = 0;
    for (int segment = 1; segment <= drawn.segments().size(); segment++) {
      expected += drawn.pixelCount(segment);
    }
    assertEquals(expected, labelled(folder.resolve("set")));
  }

  private NodeConfig config(int pacsPort) throws Exception {
    String yaml =
        """
        bind: 127.0.0.1
        port: 0
        dataDirectory: data
        modelsDirectory: models
        destinations: {pacs: PACS@127.0.0.1:%d}
        routes: [{model: test, destinations: [pacs]}]
        series: {quiet: 50ms, maxWait: 60s}
        storage: {diskReserve: 1MiB}
        web: {port: 0}
        review: {corrections: true, consent: true}
        """
            .formatted(pacsPort);
    return NodeConfig.parse(yaml, "test", folder);
  }

  private static void store(Node node, Dataset object) throws IOException {
    try (DicomClient client =
        DicomClient.connect(
            new RemoteAe("NMSW", "127.0.0.1", node.port()),
            "VIEWER",
            List.of(ProposedContext.uncompressed(object.requireString(Tag.SOPClassUID))),
            ClientConfig.defaults())) {
      assertEquals(Status.SUCCESS, client.store(object, TransferSyntax.EXPLICIT_LE));
    }
  }

  /** The result without what it has in its first frames. */
  private static Dataset corrected(Dataset result) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DicomWriter.writeDataset(bytes, result, TransferSyntax.EXPLICIT_LE);
    Dataset copy =
        DicomReader.readDataset(
            new ByteArrayInputStream(bytes.toByteArray()), TransferSyntax.EXPLICIT_LE, ParseLimits.defaults());
    byte[] pixels = copy.bytes(Tag.PixelData).clone();
    Arrays.fill(pixels, 0, pixels.length / 10, (byte) 0);
    return copy.putBytes(Tag.PixelData, VR.OB, pixels)
        .putString(Tag.SOPInstanceUID, Uid.derived("bench test", "correction"));
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      return !entries.iterator().hasNext();
    }
  }

  private static long labelled(Path set) throws IOException {
    try (DirectoryStream<Path> labels = Files.newDirectoryStream(set, "*_labels.nii.gz")) {
      LabelVolume volume = Nifti.readLabels(labels.iterator().next());
      long count = 0;
      for (byte label : volume.labels()) {
        count += label != 0 ? 1 : 0;
      }
      return count;
    }
  }

  /** Knows the phantom. */
  private static final class Truth implements VolumeSegmenter {
    @Override
    public Model model() {
      return new Model("test", "1", new Vec3(7.5, 8.5, 12), AbdomenPhantom.labelTable());
    }

    @Override
    public Result segment(Volume volume, Progress progress) {
      LabelVolume labels = new AbdomenPhantom(SEED).labels(volume.grid());
      return new Result(LabelProbabilities.certain(labels), List.of(), Timings.NONE, "truth");
    }

    @Override
    public void close() {}
  }
}
