package nmsw.scp;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import nmsw.dicom.Tag;
import nmsw.seg.AlgorithmIdentification;
import nmsw.seg.Equipment;
import nmsw.seg.ResultUids;
import nmsw.seg.SegmentationWriter;
import nmsw.seg.WrittenSegmentation;
import nmsw.segmentation.Deadline;
import nmsw.volume.CtSeries;
import nmsw.volume.CtSeriesReader;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.GeometryRules;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.ModelGrid;
import nmsw.volume.Resampler;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Volume;

/** From the files of one CT series to its DICOM Segmentation, without network, spool or database. */
public final class SeriesSegmentation {
  private static final String VERSION = "0.1.0";

  private final VolumeSegmenter segmenter;
  private final GeometryRules rules;
  private final String serialNumber;
  private final LongSupplier nanos;

  /** @param serialNumber tells this installation from others, in the result's equipment module */
  public SeriesSegmentation(VolumeSegmenter segmenter, GeometryRules rules, String serialNumber) {
    this(segmenter, rules, serialNumber, System::nanoTime);
  }

  SeriesSegmentation(
      VolumeSegmenter segmenter, GeometryRules rules, String serialNumber, LongSupplier nanos) {
    this.segmenter = segmenter;
    this.rules = rules;
    this.serialNumber = serialNumber;
    this.nanos = nanos;
  }

  /**
   * Segments one series.
   *
   * @param files all files of one series
   * @param contentTime the result's Content Date and Time; fixed, it makes a second run give the same bytes
   * @throws GeometryRefusal if the files are no CT series that can be trusted
   */
  public SegmentedSeries segment(
      Collection<Path> files, Clock contentTime, VolumeSegmenter.Progress progress)
      throws GeometryRefusal, IOException {
    return segment(files, contentTime, Optional.empty(), progress);
  }

  /**
   * As {@link #segment(Collection, Clock, VolumeSegmenter.Progress)}, in time.
   *
   * @param limit from now until the network is done; the segmenter leaves out what there is no time for.
   *     Writing the result comes on top
   */
  public SegmentedSeries segment(
      Collection<Path> files,
      Clock contentTime,
      Optional<Duration> limit,
      VolumeSegmenter.Progress progress)
      throws GeometryRefusal, IOException {
    Deadline deadline = limit.map(d -> Deadline.in(d, nanos)).orElse(Deadline.none());
    VolumeSegmenter.Model model = segmenter.model();
    Stopwatch watch = new Stopwatch();

    progress.at(Stage.DECODE, 0);
    CtSeries series = CtSeriesReader.read(files, rules);
    watch.lap(Stage.DECODE);

    progress.at(Stage.RESAMPLE, 0);
    Grid grid = ModelGrid.forStack(series.stack(), model.spacing());
    Volume volume = Resampler.toGrid(series, grid);
    watch.lap(Stage.RESAMPLE);

    VolumeSegmenter.Result result = segmenter.segment(volume, deadline, progress);
    watch.skip();

    progress.at(Stage.BACK_RESAMPLE, 0);
    SliceLabels labels = Resampler.toSlices(result.labels(), series.stack());
    watch.lap(Stage.BACK_RESAMPLE);

    progress.at(Stage.ENCODE, 0);
    String seriesUid = series.header().requireString(Tag.SeriesInstanceUID);
    WrittenSegmentation written =
        SegmentationWriter.write(
            labels,
            model.labels(),
            series.header(),
            new AlgorithmIdentification(model.name(), model.version(), result.parameters()),
            new Equipment("NMSW Node", "NMSW Node", serialNumber, VERSION),
            uids(seriesUid, series.stack(), model),
            contentTime);
    watch.lap(Stage.ENCODE);

    return new SegmentedSeries(
        seriesUid,
        series,
        labels,
        model.labels(),
        result.patches(),
        written.dataset(),
        millilitres(labels, model.labels()),
        model.name() + " " + model.version(),
        result.parameters(),
        watch.timings.with(result.timings()));
  }

  private static ResultUids uids(String seriesUid, SliceStack stack, VolumeSegmenter.Model model) {
    List<String> instances = stack.slices().stream().map(SliceStack.Slice::sopInstanceUid).toList();
    return ResultUids.derive(seriesUid, instances, model.name(), model.version());
  }

  /** A slice stands for the space half way to its neighbours. */
  private static Map<String, Double> millilitres(SliceLabels labels, LabelTable table) {
    SliceStack stack = labels.stack();
    double[] cubicMillimetres = new double[256];
    for (int k = 0; k < stack.size(); k++) {
      double pixel = stack.columnSpacing() * stack.rowSpacing() * thickness(stack, k);
      for (byte label : labels.labels().get(k)) {
        cubicMillimetres[label & 0xFF] += pixel;
      }
    }
    Map<String, Double> volumes = new LinkedHashMap<>();
    for (LabelClass labelClass : table.classes()) {
      volumes.put(labelClass.name(), cubicMillimetres[labelClass.index()] / 1000);
    }
    return volumes;
  }

  private static double thickness(SliceStack stack, int k) {
    if (stack.size() == 1) {
      return 0;
    }
    int below = Math.max(0, k - 1);
    int above = Math.min(stack.size() - 1, k + 1);
    return (stack.distance(above) - stack.distance(below)) / (above - below);
  }

  private final class Stopwatch {
    private long last = nanos.getAsLong();
    private Timings timings = Timings.NONE;

    void lap(Stage stage) {
      long now = nanos.getAsLong();
      timings = timings.with(stage, Duration.ofNanos(now - last));
      last = now;
    }

    void skip() {
      last = nanos.getAsLong();
    }
  }
}
