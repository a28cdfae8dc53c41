package nmsw.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import nmsw.segmentation.Compute;
import nmsw.segmentation.ProgressListener;
import nmsw.training.metrics.MetricTable;
import nmsw.training.registry.ModelRegistry;
import nmsw.volume.LabelClass;

/**
 * A run in its folder, from the first iteration to the measured bundle; on a terminal with progress bars.
 *
 * @param start what it begins with, also when it is resumed
 * @param compute what it runs on; the weights' arithmetic is float32 on every device
 * @param out the run's folder
 * @param prepared folder of prepared cases
 */
record TrainingRun(
    Recipe recipe, RecipeData cases, Start start, Compute compute, Path out, Path prepared) {
  /** The finished model, in the run's folder. */
  static final String BUNDLE = "bundle";

  private static final String CHECKPOINT = "checkpoint.bin";

  static Path checkpoint(Path out) {
    return out.resolve(CHECKPOINT);
  }

  static boolean isBegun(Path out) {
    return Files.exists(checkpoint(out));
  }

  /**
   * Trains, from the last checkpoint if there is one.
   *
   * @param until iteration to stop at
   * @param enough whether to stop, asked after every iteration
   * @return whether the run is at its end
   */
  boolean train(int until, BooleanSupplier enough) throws IOException {
    List<String> names = cases.table().classes().stream().map(LabelClass::name).toList();
    try (Trainer trainer =
        new Trainer(
            recipe,
            compute.device(),
            start.weights(),
            names,
            new CachedCases(cases.training(), prepared),
            new CachedCases(cases.validation(), prepared),
            out)) {
      if (isBegun(out)) {
        trainer.resume();
      }
      train(trainer, until, enough);
      writeReport();
      return trainer.iteration() == recipe.iterations();
    }
  }

  private void train(Trainer trainer, int until, BooleanSupplier enough) throws IOException {
    if (System.console() == null) {
      trainer.run(until, enough, new RunProgress(out, recipe, cases.table(), (iteration, terms) -> {}));
      return;
    }
    try (ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(recipe.name())
            .setInitialMax(Math.min(until, recipe.iterations()))
            .startsFrom(trainer.iteration(), Duration.ZERO)
            .build()) {
      trainer.run(
          until,
          enough,
          new RunProgress(
              out,
              recipe,
              cases.table(),
              (iteration, terms) -> {
                bar.stepTo(iteration);
                bar.setExtraMessage(String.format(Locale.ROOT, " loss %.3f", terms.total()));
              }));
    }
  }

  /** Makes the bundle of the weights with the best validation Dice, and measures it. */
  MetricTable writeBundle() throws IOException {
    BundleWriter writer = new BundleWriter(recipe, start.parent(), cases);
    Path weights = Trainer.bestWeights(out);
    HeldOutMeasurement measured;
    if (System.console() == null) {
      measured = writer.write(weights, out.resolve(BUNDLE), compute, ProgressListener.NONE);
    } else {
      try (ProgressBar bar = new ProgressBar("held-out cases", cases.heldOut().size())) {
        measured =
            writer.write(
                weights, out.resolve(BUNDLE), compute, (stage, done, total) -> bar.stepTo(done));
      }
    }
    measured.writeEfforts(out.resolve("efforts.csv"));
    measured.metrics().write(out.resolve(ModelRegistry.EVALUATION));
    writeReport();
    return measured.metrics();
  }

  private void writeReport() throws IOException {
    RunProgress.report(out, recipe, cases.table()).write();
  }
}
