package nmsw.bench;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import nmsw.segmentation.FallbackSegmenter;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.ProgressListener;
import nmsw.segmentation.SegmentationResult;
import nmsw.training.Evaluation;
import nmsw.volume.LabelVolume;
import nmsw.volume.Resampler;

/** One selection over all cases, in float32 and, where asked for, in bfloat16 beside it: one or two lines. */
final class SelectionTrial {
  static final String HEADER =
      String.format(
          "%-22s%-10s%9s%9s%8s%12s%14s",
          "selection", "precision", "patches", "seconds", "Dice", "as f32", "foreground");

  private final String title;
  private final List<PatchSelection> draws;
  private final boolean both;
  private final Line single;
  private final Line half;
  private final LabelAgreement agreement = new LabelAgreement();

  /**
   * @param draws several for a selection by chance; the line is their mean
   * @param both whether bfloat16 is run beside float32
   * @param classes background included
   */
  SelectionTrial(String title, List<PatchSelection> draws, boolean both, int classes) {
    this.title = title;
    this.draws = List.copyOf(draws);
    this.both = both;
    this.single = new Line(classes);
    this.half = new Line(classes);
  }

  void run(TrialCase trialCase, FallbackSegmenter float32, FallbackSegmenter bfloat16) {
    for (PatchSelection selection : draws) {
      LabelVolume labels = single.run(trialCase, float32, selection);
      if (both) {
        agreement.add(labels.labels(), half.run(trialCase, bfloat16, selection).labels());
      }
    }
  }

  /** The lines of the table, each ended. */
  String lines() {
    String text = single.text(title, "f32", "-", "-");
    return both
        ? text + half.text(title, "bf16", percent(agreement.share()), percent(agreement.foregroundShare()))
        : text;
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.3f %%", 100 * share);
  }

  /** What is measured in one precision. */
  private static final class Line {
    private final Evaluation dice;
    private int runs;
    private long patches;
    private Duration time = Duration.ZERO;

    Line(int classes) {
      dice = new Evaluation(classes);
    }

    LabelVolume run(TrialCase trialCase, FallbackSegmenter segmenter, PatchSelection selection) {
      SegmentationResult result =
          segmenter.segment(trialCase.volume(), selection, ProgressListener.NONE).result();
      runs++;
      patches += result.refined();
      time = result.stages().values().stream().reduce(time, Duration::plus);
      LabelVolume labels = result.labels();
      trialCase
          .truth()
          .ifPresent(
              truth -> dice.add(Resampler.resample(labels, truth.grid()).labels(), truth.labels()));
      return labels;
    }

    String text(String title, String precision, String asFloat32, String foreground) {
      double mean = dice.meanDice();
      return String.format(
          Locale.ROOT,
          "%-22s%-10s%9.1f%9.2f%8s%12s%14s%n",
          title,
          precision,
          (double) patches / runs,
          time.toNanos() / 1e9 / runs,
          Double.isNaN(mean) ? "-" : String.format(Locale.ROOT, "%.3f", mean),
          asFloat32,
          foreground);
    }
  }
}
