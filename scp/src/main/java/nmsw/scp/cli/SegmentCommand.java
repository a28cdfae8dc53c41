package nmsw.scp.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import nmsw.scp.config.ComputeConfig;
import nmsw.scp.config.ResultKind;
import nmsw.scp.result.ResultObject;
import nmsw.scp.result.ResultObjects;
import nmsw.scp.segment.NmswSegmenter;
import nmsw.scp.segment.SegmentedSeries;
import nmsw.scp.segment.SeriesSegmentation;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.scp.series.Stage;
import nmsw.seg.SegmentationFormat;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.PrecisionRequest;
import nmsw.volume.ContactSheet;
import nmsw.volume.Finding;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.GeometryRules;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "segment",
    description = {
      "Segments every CT series in a folder, without any network. Writes per series OUT/N.seg.dcm (the DICOM"
          + " Segmentation) and OUT/N.png (a contact sheet), N counting from 1; where asked for OUT/N.sr.dcm (a"
          + " measurement report) and OUT/N.preview.dcm (the contact sheet as Secondary Capture)."
    },
    mixinStandardHelpOptions = true)
final class SegmentCommand implements Callable<Integer> {
  @Parameters(paramLabel = "DIR", description = "Folder with DICOM files; searched with its folders.")
  private Path folder;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write to.")
  private Path out;

  @Option(names = "--sr", description = "Write a measurement report too.")
  private boolean sr;

  @Option(names = "--preview", description = "Write the contact sheet as a Secondary Capture too.")
  private boolean preview;

  @Option(
      names = "--segmentation",
      paramLabel = "KIND",
      defaultValue = "binary",
      description = "Kind of the Segmentation: binary, fractional, labelmap or labelmap16 (default: ${DEFAULT-VALUE}).")
  private String kind;

  @Option(
      names = "--compression",
      paramLabel = "NAME",
      defaultValue = "none",
      description = "Of the Segmentation: none, deflated or rle (default: ${DEFAULT-VALUE}).")
  private String compression;

  @Mixin private SelectionOptions selection;
  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    SegmentationFormat format = format();
    Map<String, List<Path>> series = DicomFiles.bySeries(DicomFiles.under(List.of(folder)));
    if (series.isEmpty()) {
      err.println("nmsw segment: no DICOM file in " + folder);
      return ExitCode.REFUSED;
    }
    Files.createDirectories(out);
    ComputeConfig compute =
        new ComputeConfig(
            device.or(DeviceRequest.AUTO).toString(),
            device.or(PrecisionRequest.AUTO),
            0,
            selection.request(spec.commandLine()));
    int code = ExitCode.DONE;
    try (VolumeSegmenter segmenter =
        NmswSegmenter.loader(compute).load(ModelBundle.currentFolder(model.models(), model.name()))) {
      if (selection.deadline().isPresent()) {
        // The engine's first runs are slow; they would say that there is time for few patches.
        segmenter.warmUp();
      }
      SeriesSegmentation segmentation =
          new SeriesSegmentation(segmenter, GeometryRules.defaults());
      int number = 0;
      for (Map.Entry<String, List<Path>> one : series.entrySet()) {
        number++;
        try {
          segment(segmentation, one.getValue(), format, number);
        } catch (GeometryRefusal e) {
          err.println("series " + one.getKey() + " refused: " + ExitCode.message(e));
          code = ExitCode.REFUSED;
        }
      }
    }
    return code;
  }

  private SegmentationFormat format() {
    try {
      return SegmentationFormat.parse(kind, compression);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
  }

  private void segment(
      SeriesSegmentation segmentation, List<Path> files, SegmentationFormat format, int number)
      throws IOException, GeometryRefusal {
    PrintWriter terminal = spec.commandLine().getOut();
    SegmentedSeries result;
    try (StageProgress progress = new StageProgress("series " + number)) {
      result = segmentation.segment(
              files, selection.deadline(), progress::at);
    }
    terminal.println("series " + result.seriesUid());
    terminal.println("  " + result.algorithm().parameters());
    for (Finding finding : result.series().findings()) {
      terminal.println("  left out " + finding.sopInstanceUid() + ": " + finding.code() + " " + finding.text());
    }
    new OrganTable(result.table(), result.volumes(), Optional.empty()).toText().print(terminal);
    ContactSheet.write(
        out.resolve(number + ".png"), result.series(), result.labels(), result.table(), result.patches());
    long start = System.nanoTime();
    write(new ResultObjects(result, "nmsw-segment", Clock.systemDefaultZone()), format, number);
    Duration encode = Duration.ofNanos(System.nanoTime() - start);
    for (Map.Entry<Stage, Duration> stage : result.timings().with(Stage.ENCODE, encode).stages().entrySet()) {
      terminal.printf(
          Locale.ROOT, "  %-14s %7.3f s%n", stage.getKey().label(), stage.getValue().toNanos() / 1e9);
    }
  }

  private void write(ResultObjects objects, SegmentationFormat format, int number) throws IOException {
    PrintWriter terminal = spec.commandLine().getOut();
    Set<ResultKind> kinds = EnumSet.of(ResultKind.SEG);
    if (sr) {
      kinds.add(ResultKind.SR);
    }
    if (preview) {
      kinds.add(ResultKind.PREVIEW);
    }
    for (ResultKind one : kinds) {
      Optional<ResultObject> object = objects.object(one, format);
      if (object.isPresent()) {
        Path file = out.resolve(number + "." + one + ".dcm");
        try (OutputStream stream = Files.newOutputStream(file)) {
          object.get().writeTo(stream);
        }
        terminal.println("  " + file);
      } else {
        terminal.println("  no organ was found, so there is no Segmentation object to write");
      }
    }
  }
}
