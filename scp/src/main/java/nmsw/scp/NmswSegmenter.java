package nmsw.scp;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import nmsw.segmentation.Compute;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.FallbackSegmenter;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.PatchBox;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.SegmentationResult;
import nmsw.volume.Grid;
import nmsw.volume.LabelTable;
import nmsw.volume.PatientBox;
import nmsw.volume.Volume;

/** NMSW-Net behind the node's own interface. */
public final class NmswSegmenter implements VolumeSegmenter {
  private final Model model;
  private final FallbackSegmenter segmenter;
  private final int k;

  private NmswSegmenter(
      ModelDescription description, LabelTable labels, FallbackSegmenter segmenter, int k) {
    this.model = new Model(description.name(), description.version(), description.spacing(), labels);
    this.segmenter = segmenter;
    this.k = k;
  }

  /**
   * Loads bundles onto the configured device, which is chosen now. The number of threads is the engine's, one
   * for the whole process.
   *
   * @throws IOException if a GPU is asked for that cannot be used; the message says what to do
   */
  public static VolumeSegmenter.Loader loader(NodeConfig.Compute config) throws IOException {
    if (config.threads() > 0) {
      Compute.useThreads(config.threads());
    }
    Compute compute = Compute.on(DeviceRequest.parse(config.device()));
    return bundle -> load(bundle, compute, config.k());
  }

  private static VolumeSegmenter load(Path folder, Compute compute, Optional<Integer> patches)
      throws IOException {
    ModelBundle bundle = ModelBundle.load(folder);
    int k = patches.orElse(bundle.description().patches());
    return new NmswSegmenter(
        bundle.description(), bundle.labels(), new FallbackSegmenter(bundle, compute), k);
  }

  @Override
  public Model model() {
    return model;
  }

  @Override
  public Result segment(Volume volume, Progress progress) {
    FallbackSegmenter.Outcome outcome =
        segmenter.segment(
            volume,
            new PatchSelection.TopK(k),
            (stage, done, total) -> progress.at(stage(stage), (double) done / Math.max(1, total)));
    SegmentationResult result = outcome.result();
    String parameters = "k=" + k + " device=" + outcome.attempt().compute().deviceName();
    List<PatientBox> patches = result.patches().stream().map(box -> place(box, volume.grid())).toList();
    return new Result(result.labels(), patches, timings(result.stages()), parameters);
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
