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
 * @param metrics by case and class
 * @param efforts what each case took, in the order of the cases
 */
record HeldOutMeasurement(MetricTable metrics, List<Effort> efforts) {
  private static final String HEADER = "case,seconds,patches,macs";

  /**
   * What a case took.
   *
   * @param seconds of segmentation on the model's grid, resampling not counted
   * @param patches that the local network looked at
   * @param macs multiply-accumulates of the networks that are needed
   */
  record Effort(String id, double seconds, int patches, long macs) {}

  HeldOutMeasurement {
    efforts = List.copyOf(efforts);
  }

  /** With the patches that the model was trained for. */
  static HeldOutMeasurement of(
      ModelBundle model, Compute compute, LabelledVolumes cases, ProgressListener listener)
      throws IOException {
    List<PatchSelection> own = List.of(SelectionRequest.own(model.description()));
    return of(model, compute, own, cases, listener).get(0);
  }

  /** One measurement per selection; a case is read once for all of them. */
  static List<HeldOutMeasurement> of(
      ModelBundle model,
      Compute compute,
      List<PatchSelection> selections,
      LabelledVolumes cases,
      ProgressListener listener)
      throws IOException {
    List<String> classes = model.labels().classes().stream().map(LabelClass::name).toList();
    List<MetricTable> tables = new ArrayList<>();
    List<List<Effort>> efforts = new ArrayList<>();
    for (int i = 0; i < selections.size(); i++) {
      tables.add(new MetricTable(classes));
      efforts.add(new ArrayList<>());
    }
    try (Segmenter segmenter = new Segmenter(model, compute)) {
      for (int i = 0; i < cases.size(); i++) {
        LabelledVolume truth = cases.original(i);
        Volume image = truth.image();
        Volume volume =
            Resampler.resample(image, ModelGrid.forGrid(image.grid(), model.description().spacing()));
        for (int n = 0; n < selections.size(); n++) {
          SegmentationResult result = segmenter.segment(volume, selections.get(n), ProgressListener.NONE);
          LabelVolume labels = Resampler.resample(result.labels(), image.grid());
          tables.get(n).add(truth.id(), labels, truth.labels(), truth.unannotated());
          double seconds = result.stages().values().stream().mapToLong(Duration::toNanos).sum() / 1e9;
          efforts.get(n).add(new Effort(truth.id(), seconds, result.refined(), result.cost().macs()));
        }
        listener.progress("evaluate", i + 1, cases.size());
      }
    }
    List<HeldOutMeasurement> measurements = new ArrayList<>();
    for (int n = 0; n < selections.size(); n++) {
      measurements.add(new HeldOutMeasurement(tables.get(n), efforts.get(n)));
    }
    return measurements;
  }

  /** Mean number of patches of a case. */
  double patches() {
    return efforts.stream().mapToInt(Effort::patches).average().orElse(Double.NaN);
  }

  /** Mean seconds of a case. */
  double seconds() {
    return efforts.stream().mapToDouble(Effort::seconds).average().orElse(Double.NaN);
  }

  /** Mean multiply-accumulates of a case. */
  double macs() {
    return efforts.stream().mapToLong(Effort::macs).average().orElse(Double.NaN);
  }

  /** One line per case. */
  void writeEfforts(Path csv) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(csv)) {
      out.write(HEADER + "\n");
      for (Effort effort : efforts) {
        out.write(
            String.format(
                Locale.ROOT,
                "%s,%.3f,%d,%d%n",
                effort.id(),
                effort.seconds(),
                effort.patches(),
                effort.macs()));
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
            new Effort(
                fields[0],
                Double.parseDouble(fields[1]),
                Integer.parseInt(fields[2]),
                Long.parseLong(fields[3])));
      } catch (ArrayIndexOutOfBoundsException | NumberFormatException e) {
        throw new IOException("%s line %d: %s".formatted(csv, i + 1, lines.get(i)), e);
      }
    }
    return efforts;
  }
}
