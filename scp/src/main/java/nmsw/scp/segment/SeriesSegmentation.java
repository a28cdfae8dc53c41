package nmsw.scp.segment;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.function.LongSupplier;
import nmsw.dicom.Tag;
import nmsw.scp.config.Effort;
import nmsw.scp.series.Stage;
import nmsw.scp.series.Timings;
import nmsw.seg.AlgorithmIdentification;
import nmsw.segmentation.Deadline;
import nmsw.volume.CtSeries;
import nmsw.volume.CtSeriesReader;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.GeometryRules;
import nmsw.volume.Grid;
import nmsw.volume.ModelGrid;
import nmsw.volume.RegionStatistics;
import nmsw.volume.Resampler;
import nmsw.volume.SliceLabels;
import nmsw.volume.Volume;

/** From the files of one CT series to the organs in it, without network, spool or database. */
public final class SeriesSegmentation {
  private final VolumeSegmenter segmenter;
  private final GeometryRules rules;
  private final LongSupplier nanos;

  public SeriesSegmentation(VolumeSegmenter segmenter, GeometryRules rules) {
    this(segmenter, rules, System::nanoTime);
  }

  SeriesSegmentation(VolumeSegmenter segmenter, GeometryRules rules, LongSupplier nanos) {
    this.segmenter = segmenter;
    this.rules = rules;
    this.nanos = nanos;
  }

  /**
   * Segments one series.
   *
   * @param files all files of one series
   * @throws GeometryRefusal if the files are no CT series that can be trusted
   */
  public SegmentedSeries segment(Collection<Path> files, VolumeSegmenter.Progress progress)
      throws GeometryRefusal, IOException {
    return segment(files, Optional.empty(), progress);
  }

  /**
   * As {@link #segment(Collection, VolumeSegmenter.Progress)}, in time.
   *
   * @param limit from now until the network is done; the segmenter leaves out what there is no time for.
   *     Writing the result's objects comes on top
   */
  public SegmentedSeries segment(
      Collection<Path> files, Optional<Duration> limit, VolumeSegmenter.Progress progress)
      throws GeometryRefusal, IOException {
    return segment(files, Effort.USUAL, limit, progress);
  }

  /** As {@link #segment(Collection, Optional, VolumeSegmenter.Progress)}, with an effort that need not be the usual. */
  public SegmentedSeries segment(
      Collection<Path> files, Effort effort, Optional<Duration> limit, VolumeSegmenter.Progress progress)
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

    VolumeSegmenter.Result result = segmenter.segment(volume, effort, deadline, progress);
    watch.skip();

    progress.at(Stage.BACK_RESAMPLE, 0);
    SliceLabels labels = Resampler.toSlices(result.probabilities(), series.stack());
    RegionStatistics statistics = RegionStatistics.of(labels, series.hounsfield(), thickness(series));
    watch.lap(Stage.BACK_RESAMPLE);

    return new SegmentedSeries(
        series.header().requireString(Tag.SeriesInstanceUID),
        series,
        result.probabilities(),
        labels,
        statistics,
        model.labels(),
        result.patches(),
        result.choice(),
        new AlgorithmIdentification(model.name(), model.version(), result.parameters()),
        watch.timings.with(result.timings()));
  }

  /** What a slice without neighbours stands for, mm. */
  private static double thickness(CtSeries series) {
    double stated = series.header().number(Tag.SliceThickness).orElse(0);
    return stated > 0 ? stated : 1;
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
