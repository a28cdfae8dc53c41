package nmsw.training;

import java.io.IOException;
import java.util.List;
import nmsw.segmentation.Compute;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ProgressListener;
import nmsw.segmentation.Segmenter;
import nmsw.training.dataset.LabelledVolume;
import nmsw.training.dataset.LabelledVolumes;
import nmsw.training.metrics.MetricTable;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelVolume;
import nmsw.volume.ModelGrid;
import nmsw.volume.Resampler;
import nmsw.volume.Volume;

/** How good a model is on cases that it was not trained on: segmented as the node does it, compared on their own grids. */
final class HeldOutMeasurement {
  private HeldOutMeasurement() {}

  static MetricTable of(ModelBundle model, LabelledVolumes cases, ProgressListener listener) throws IOException {
    List<String> classes = model.labels().classes().stream().map(LabelClass::name).toList();
    MetricTable metrics = new MetricTable(classes);
    try (Segmenter segmenter = new Segmenter(model, Compute.cpu())) {
      for (int i = 0; i < cases.size(); i++) {
        LabelledVolume truth = cases.original(i);
        LabelVolume labels = segment(segmenter, model, truth.image());
        metrics.add(truth.id(), labels, truth.labels());
        listener.progress("evaluate", i + 1, cases.size());
      }
    }
    return metrics;
  }

  private static LabelVolume segment(Segmenter segmenter, ModelBundle model, Volume image) {
    Grid grid = ModelGrid.forGrid(image.grid(), model.description().spacing());
    LabelVolume labels =
        segmenter.segment(Resampler.resample(image, grid), ProgressListener.NONE).labels();
    return Resampler.resample(labels, image.grid());
  }
}
