package nmsw.training;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.Compute;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.ProgressListener;
import nmsw.segmentation.SegmentationResult;
import nmsw.segmentation.Segmenter;
import nmsw.segmentation.nn.RunCost;
import nmsw.training.dataset.LabelledVolume;
import nmsw.training.dataset.LabelledVolumes;
import nmsw.training.metrics.MetricTable;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelVolume;
import nmsw.volume.ModelGrid;
import nmsw.volume.Resampler;
import nmsw.volume.Volume;

/**
 * How good a model is with one way to select patches, on cases that it was not trained on: segmented as the node does it,
 * compared on their own grids.
 *
 * @param runs what each case took, in the order of {@code metrics}
 */
record HeldOutMeasurement(MetricTable metrics, List<Run> runs) {

  /**
   * What one case took.
   *
   * @param patches that the local network looked at
   * @param time of all stages
   * @param cost of the networks
   */
  record Run(int patches, Duration time, RunCost cost) {}

  HeldOutMeasurement {
    runs = List.copyOf(runs);
  }

  /** With the model's own number of patches. */
  static MetricTable of(ModelBundle model, LabelledVolumes cases, ProgressListener listener) throws IOException {
    PatchSelection own = new PatchSelection.TopK(model.description().patches());
    return of(model, List.of(own), cases, listener).get(0).metrics();
  }

  /** One measurement per selection; a case is read once for all of them. */
  static List<HeldOutMeasurement> of(
      ModelBundle model, List<PatchSelection> selections, LabelledVolumes cases, ProgressListener listener)
      throws IOException {
    List<String> classes = model.labels().classes().stream().map(LabelClass::name).toList();
    List<MetricTable> tables = new ArrayList<>();
    List<List<Run>> runs = new ArrayList<>();
    for (int i = 0; i < selections.size(); i++) {
      tables.add(new MetricTable(classes));
      runs.add(new ArrayList<>());
    }
    try (Segmenter segmenter = new Segmenter(model, Compute.cpu())) {
      for (int i = 0; i < cases.size(); i++) {
        LabelledVolume truth = cases.original(i);
        Volume image = truth.image();
        Volume volume =
            Resampler.resample(image, ModelGrid.forGrid(image.grid(), model.description().spacing()));
        for (int n = 0; n < selections.size(); n++) {
          SegmentationResult result = segmenter.segment(volume, selections.get(n), ProgressListener.NONE);
          LabelVolume labels = Resampler.resample(result.labels(), image.grid());
          tables.get(n).add(truth.id(), labels, truth.labels());
          Duration time = result.stages().values().stream().reduce(Duration.ZERO, Duration::plus);
          runs.get(n).add(new Run(result.refined(), time, result.cost()));
        }
        listener.progress("evaluate", i + 1, cases.size());
      }
    }
    List<HeldOutMeasurement> measurements = new ArrayList<>();
    for (int n = 0; n < selections.size(); n++) {
      measurements.add(new HeldOutMeasurement(tables.get(n), runs.get(n)));
    }
    return measurements;
  }

  /** Mean number of patches of a case. */
  double patches() {
    return runs.stream().mapToInt(Run::patches).average().orElse(Double.NaN);
  }

  /** Mean seconds of a case. */
  double seconds() {
    return runs.stream().mapToDouble(run -> run.time().toNanos() / 1e9).average().orElse(Double.NaN);
  }

  /** Mean multiply-accumulates of a case that are needed. */
  double macs() {
    return runs.stream().mapToLong(run -> run.cost().macs()).average().orElse(Double.NaN);
  }
}
