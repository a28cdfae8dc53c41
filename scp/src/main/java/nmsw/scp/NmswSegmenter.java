package nmsw.scp;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import nmsw.segmentation.Compute;
import nmsw.segmentation.Deadline;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.FallbackSegmenter;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.PatchBox;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.SegmentationResult;
import nmsw.segmentation.SelectionRequest;
import nmsw.volume.Grid;
import nmsw.volume.LabelTable;
import nmsw.volume.PatientBox;
import nmsw.volume.Volume;

/** NMSW-Net behind the node's own interface. */
public final class NmswSegmenter implements VolumeSegmenter {
  private final Model model;
  private final FallbackSegmenter segmenter;
  private final PatchSelection selection;

  private NmswSegmenter(
      ModelDescription description,
      LabelTable labels,
      FallbackSegmenter segmenter,
      PatchSelection selection) {
    this.model = new Model(description.name(), description.version(), description.spacing(), labels);
    this.segmenter = segmenter;
    this.selection = selection;
  }

  /**
   * Loads bundles onto the configured device, which is chosen now. The number of threads is the engine's, one
   * for the whole process.
   *
   * @throws IOException if a GPU is asked for that cannot be used; the message says what to do
   */
  public static VolumeSegmenter.Loader loader(ComputeConfig config) throws IOException {
    if (config.threads() > 0) {
      Compute.useThreads(config.threads());
    }
    Compute compute = Compute.on(DeviceRequest.parse(config.device()), config.precision());
    return bundle -> load(bundle, compute, config.selection());
  }

  private static VolumeSegmenter load(Path folder, Compute compute, SelectionRequest request)
      throws IOException {
    ModelBundle bundle = ModelBundle.load(folder);
    PatchSelection selection;
    try {
      selection = request.of(bundle.description());
    } catch (IllegalArgumentException e) {
      throw new IOException(folder + ": " + e.getMessage(), e);
    }
    return new NmswSegmenter(
        bundle.description(), bundle.labels(), new FallbackSegmenter(bundle, compute), selection);
  }

  @Override
  public Model model() {
    return model;
  }

  @Override
  public Result segment(Volume volume, Progress progress) {
    return segment(volume, Deadline.none(), progress);
  }

  @Override
  public Result segment(Volume volume, Deadline deadline, Progress progress) {
    FallbackSegmenter.Outcome outcome =
        segmenter.segment(
            volume,
            selection,
            deadline,
            (stage, done, total) -> progress.at(stage(stage), (double) done / Math.max(1, total)));
    SegmentationResult result = outcome.result();
    String parameters = refinement(result, deadline) + computed(outcome.attempt().compute());
    List<PatientBox> patches = result.patches().stream().map(box -> place(box, volume.grid())).toList();
    return new Result(result.probabilities(), patches, timings(result.stages()), parameters);
  }

  /** How many patches, of how many if there was no time for all, and how they were chosen. */
  private String refinement(SegmentationResult result, Deadline deadline) {
    StringBuilder text = new StringBuilder("k=").append(result.refined());
    if (result.deadlineReached()) {
      text.append(" of ").append(result.requested());
    }
    if (!(selection instanceof PatchSelection.TopK)) {
      text.append(" selection=").append(result.selection());
    }
    if (selection instanceof PatchSelection.RandomForeground random) {
      text.append(" seed=").append(random.seed());
    }
    if (deadline.limit().isPresent()) {
      text.append(" deadline=").append(deadline).append(result.deadlineReached() ? " reached" : "");
    }
    return text.toString();
  }

  /** The device and, if it is not float32, the precision. */
  private static String computed(Compute compute) {
    String device = " device=" + compute.deviceName();
    return compute.precisionName().equals("f32") ? device : device + " precision=" + compute.precisionName();
  }

  @Override
  public void warmUp() {
    segmenter.warmUp();
  }

  @Override
  public void close() {
    segmenter.close();
  }

  private static PatientBox place(PatchBox box, Grid grid) {
    return PatientBox.of(
        grid,
        box.start().x(),
        box.start().y(),
        box.start().z(),
        box.size().x(),
        box.size().y(),
        box.size().z());
  }

  private static Timings timings(Map<String, Duration> stages) {
    Timings timings = Timings.NONE;
    for (Map.Entry<String, Duration> entry : stages.entrySet()) {
      Stage stage = stage(entry.getKey());
      Duration before = timings.stages().getOrDefault(stage, Duration.ZERO);
      timings = timings.with(stage, before.plus(entry.getValue()));
    }
    return timings;
  }

  /** Preparing the global network's input counts as its time. */
  private static Stage stage(String name) {
    return name.equals(SegmentationResult.PREPROCESS)
        ? Stage.GLOBAL
        : Stage.valueOf(name.toUpperCase(Locale.ROOT));
  }
}
