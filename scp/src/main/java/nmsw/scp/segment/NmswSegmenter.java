package nmsw.scp.segment;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import nmsw.scp.config.ComputeConfig;
import nmsw.scp.config.Effort;
import nmsw.scp.series.Stage;
import nmsw.scp.series.Timings;
import nmsw.segmentation.Compute;
import nmsw.segmentation.Deadline;
import nmsw.segmentation.DeviceMemory;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.FallbackSegmenter;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.PatchBox;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.PrecisionRequest;
import nmsw.segmentation.SegmentationResult;
import nmsw.segmentation.SelectionRequest;
import nmsw.volume.Grid;
import nmsw.volume.PatientBox;
import nmsw.volume.Volume;

/** NMSW-Net behind the node's own interface. */
public final class NmswSegmenter implements VolumeSegmenter {
  private final ModelBundle bundle;
  private final Model model;
  private final SelectionRequest usual;
  private final Computes computes;
  private final PrecisionRequest precision;

  /** By the precision that networks run in: the usual one, and those that rules asked for. */
  private final Map<String, FallbackSegmenter> segmenters = new ConcurrentHashMap<>();

  /** Which precision a request means on this device: several may mean one. */
  private final Map<PrecisionRequest, String> meanings = new ConcurrentHashMap<>();

  /** What networks run on in a precision. */
  private interface Computes {
    Compute in(PrecisionRequest precision) throws IOException;
  }

  private NmswSegmenter(
      ModelBundle bundle, SelectionRequest usual, Computes computes, PrecisionRequest precision, Compute compute) {
    ModelDescription description = bundle.description();
    this.bundle = bundle;
    this.model = new Model(description.name(), description.version(), description.spacing(), bundle.labels());
    this.usual = usual;
    this.computes = computes;
    this.precision = precision;
    meanings.put(precision, compute.precisionName());
    segmenters.put(compute.precisionName(), new FallbackSegmenter(bundle, compute));
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
    DeviceRequest device = DeviceRequest.parse(config.device());
    Compute compute = Compute.on(device, config.precision());
    return new VolumeSegmenter.Loader() {
      @Override
      public VolumeSegmenter load(Path folder) throws IOException {
        ModelBundle bundle = ModelBundle.load(folder);
        selection(bundle, config.selection());
        return new NmswSegmenter(
            bundle, config.selection(), other -> Compute.on(device, other), config.precision(), compute);
      }

      @Override
      public Optional<String> device() {
        return Optional.of(compute.deviceName());
      }

      @Override
      public Optional<DeviceMemory> memory() {
        return compute.memory();
      }
    };
  }

  private static PatchSelection selection(ModelBundle bundle, SelectionRequest request) throws IOException {
    try {
      return request.of(bundle.description());
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private FallbackSegmenter in(PrecisionRequest wanted) throws IOException {
    if (!meanings.containsKey(wanted)) {
      Compute compute = computes.in(wanted);
      segmenters.computeIfAbsent(compute.precisionName(), name -> new FallbackSegmenter(bundle, compute));
      meanings.put(wanted, compute.precisionName());
    }
    return segmenters.get(meanings.get(wanted));
  }

  /** How many times the networks are loaded. */
  int loaded() {
    return segmenters.size();
  }

  @Override
  public Model model() {
    return model;
  }

  @Override
  public Result segment(Volume volume, Progress progress) throws IOException {
    return segment(volume, Deadline.none(), progress);
  }

  @Override
  public Result segment(Volume volume, Deadline deadline, Progress progress) throws IOException {
    return segment(volume, Effort.USUAL, deadline, progress);
  }

  @Override
  public Result segment(Volume volume, Effort effort, Deadline deadline, Progress progress) throws IOException {
    PatchSelection selection = selection(bundle, effort.selection(usual));
    FallbackSegmenter.Outcome outcome =
        in(effort.precision().orElse(precision)).segment(
            volume,
            selection,
            deadline,
            (stage, done, total) -> progress.at(stage(stage), (double) done / Math.max(1, total)));
    SegmentationResult result = outcome.result();
    String parameters = refinement(result, selection, deadline) + computed(outcome.attempt().compute());
    List<PatientBox> patches = result.patches().stream().map(box -> place(box, volume.grid())).toList();
    return new Result(
        result.probabilities(),
        patches,
        timings(result.stages()),
        parameters,
        new Choice(result.patches(), result.candidates()));
  }

  /** How many patches, of how many if there was no time for all, and how they were chosen. */
  private static String refinement(SegmentationResult result, PatchSelection selection, Deadline deadline) {
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
    segmenters.get(meanings.get(precision)).warmUp();
  }

  @Override
  public void close() {
    segmenters.values().forEach(FallbackSegmenter::close);
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
