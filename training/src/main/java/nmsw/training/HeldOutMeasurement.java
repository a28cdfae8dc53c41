package nmsw.training;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import nmsw.segmentation.Compute;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.ProgressListener;
import nmsw.segmentation.SegmentationResult;
import nmsw.segmentation.Segmenter;
import nmsw.segmentation.SelectionRequest;
import nmsw.training.metrics.MetricTable;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelVolume;
import nmsw.volume.ModelGrid;
import nmsw.volume.Resampler;

/**
 * How good a model is on cases that it was not trained on: segmented as the node does it, compared on their own grids.
 *
 * @param metrics by case and class
 * @param efforts what each case took, in the order of the cases
 */
record HeldOutMeasurement(MetricTable metrics, List<Effort> efforts) {
  private static final String HEADER = "case,seconds,patches";

  /**
   * What a case took.
   *
   * @param seconds of segmentation on the model's grid, resampling not counted
   * @param patches that the local network looked at
   */
  record Effort(String id, double seconds, int patches) {}

  /** With the patches that the model was trained for. */
  static HeldOutMeasurement of(ModelBundle model, CaseSource cases, ProgressListener listener)
      throws IOException {
    return of(model, SelectionRequest.own(model.description()), cases, listener);
  }

  static HeldOutMeasurement of(
      ModelBundle model, PatchSelection selection, CaseSource cases, ProgressListener listener)
      throws IOException {
    List<String> classes = model.labels().classes().stream().map(LabelClass::name).toList();
    MetricTable metrics = new MetricTable(classes);
    List<Effort> efforts = new ArrayList<>();
    try (Segmenter segmenter = new Segmenter(model, Compute.cpu())) {
      for (int i = 0; i < cases.size(); i++) {
        LabelledVolume truth = cases.original(i);
        Grid grid = ModelGrid.forGrid(truth.image().grid(), model.description().spacing());
        SegmentationResult result =
            segmenter.segment(
                Resampler.resample(truth.image(), grid), selection, ProgressListener.NONE);
        LabelVolume labels = Resampler.resample(result.labels(), truth.image().grid());
        metrics.add(truth.id(), labels, truth.labels());
        double seconds =
            result.stages().values().stream().mapToLong(Duration::toNanos).sum() / 1e9;
        efforts.add(new Effort(truth.id(), seconds, result.refined()));
        listener.progress("evaluate", i + 1, cases.size());
      }
    }
    return new HeldOutMeasurement(metrics, List.copyOf(efforts));
  }

  /** One line per case. */
  void writeEfforts(Path csv) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(csv)) {
      out.write(HEADER + "\n");
      for (Effort effort : efforts) {
        out.write(
            String.format(
                Locale.ROOT, "%s,%.3f,%d%n", effort.id(), effort.seconds(), effort.patches()));
      }
    }
  }

  /**
   * Reads what {@link #writeEfforts} wrote.
   *
   * @throws IOException if the file is no such table; the message names file and line
   */
  static List<Effort> readEfforts(Path csv) throws IOException {
    List<String> lines = Files.readAllLines(csv);
    if (lines.isEmpty() || !lines.get(0).equals(HEADER)) {
      throw new IOException(csv + " line 1: expected " + HEADER);
    }
    List<Effort> efforts = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      String[] fields = lines.get(i).split(",", -1);
      try {
        efforts.add(
            new Effort(fields[0], Double.parseDouble(fields[1]), Integer.parseInt(fields[2])));
      } catch (ArrayIndexOutOfBoundsException | NumberFormatException e) {
        throw new IOException("%s line %d: %s".formatted(csv, i + 1, lines.get(i)), e);
      }
    }
    return efforts;
  }
}
