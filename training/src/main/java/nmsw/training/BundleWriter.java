package nmsw.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import nmsw.segmentation.Compute;
import nmsw.segmentation.Method;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ProgressListener;
import nmsw.segmentation.nn.Safetensors;
import nmsw.training.metrics.Bootstrap;
import nmsw.training.metrics.Metric;
import nmsw.training.metrics.MetricRule;
import nmsw.training.metrics.MetricTable;
import nmsw.training.registry.ModelRegistry;
import nmsw.volume.LabelTable;

/**
 * Turns trained weights into a model bundle: stores them as float16, measures what was stored on the held-out
 * cases, and says so on the card.
 */
final class BundleWriter {
  private static final MetricRule RULE = MetricRule.MILLIMETRES;

  private final Recipe recipe;
  private final Optional<ModelBundle.Parent> parent;
  private final LabelTable table;
  private final RecipeData data;

  /**
   * @param parent the model whose weights training began with
   */
  BundleWriter(Recipe recipe, Optional<ModelBundle.Parent> parent, RecipeData data) {
    this.recipe = recipe;
    this.parent = parent;
    this.table = data.table();
    this.data = data;
  }

  /** Writes the bundle and returns how good it is, by organ and held-out case. */
  HeldOutMeasurement write(Path weights, Path folder, Compute compute, ProgressListener listener)
      throws IOException {
    new ModelBundle(recipe.modelDescription(), table, "", Safetensors.read(weights), parent)
        .save(folder, Safetensors.Type.F16);
    TrainingRecord.of(recipe, data.training()).write(folder.resolve(ModelRegistry.TRAINING));
    ModelBundle stored = ModelBundle.load(folder);
    HeldOutMeasurement measured = HeldOutMeasurement.of(stored, compute, data.heldOut(), listener);
    new ModelBundle(stored.description(), table, card(measured.metrics()), stored.weights(), parent)
        .save(folder, Safetensors.Type.F16);
    return measured;
  }

  private String card(MetricTable metrics) {
    StringBuilder card = new StringBuilder();
    card.append("# %s %s%n%n%s%n%n".formatted(recipe.name(), recipe.version(), recipe.description()));
    card.append("**A demonstration, not a medical device: not for diagnosis or treatment.**%n%n".formatted());
    card.append("## Trained on%n%n%s%n%n".formatted(recipe.trainedOn().strip()));
    card.append(
        "%d cases (%s to %s), %d iterations, seed %d; the recipe is in training.yaml.%n%n"
            .formatted(
                data.training().size(),
                data.training().id(0),
                data.training().id(data.training().size() - 1),
                recipe.iterations(),
                recipe.seed()));
    parent.ifPresent(
        from ->
            card.append(
                "Began with the weights of %s %s (SHA-256 %s).%n%n"
                    .formatted(from.name(), from.version(), from.weightsSha256())));
    card.append(
        switch (recipe.method()) {
          case NMSW -> "";
          case RF ->
              "A baseline, trained without importance of patches: it looks at random foreground patches.%n%n"
                  .formatted();
          case SW ->
              "A baseline: the local network alone, for the sliding window; its global network is untrained.%n%n"
                  .formatted();
        });
    card.append("## Measured%n%n".formatted());
    card.append(
        """
        %d held-out cases (%s to %s) that were never trained on, with the stored float16 weights, %s, on the
        cases' own grids; means, with 95 %% bootstrap intervals over the cases. An organ that is missed, or found where
        there is none, has Dice and NSD 0 and the volume's diagonal as HD95. %s

        | organ | Dice | NSD, 2 mm | HD95, mm | cases |
        |---|---|---|---|---|
        """
            .formatted(
                data.heldOut().size(),
                data.heldOut().id(0),
                data.heldOut().id(data.heldOut().size() - 1),
                recipe.method() == Method.SW ? "all patches" : recipe.defaultK() + " patches",
                choice()));
    for (int label = 1; label <= table.classes().size(); label++) {
      card.append("| ").append(table.classes().get(label - 1).label());
      for (Metric metric : Metric.values()) {
        card.append(" | ").append(number(metrics.mean(RULE, metric, label)));
        card.append(interval(metrics.interval(RULE, metric, label)));
      }
      card.append(" | %s |%n".formatted(metrics.casesText(RULE, label)));
    }
    card.append("| **mean**");
    for (Metric metric : Metric.values()) {
      card.append(" | **").append(number(metrics.mean(RULE, metric))).append("**");
      card.append(interval(metrics.interval(RULE, metric)));
    }
    card.append(" | |%n%n".formatted());
    card.append("## Input%n%n".formatted());
    List<Double> mm = recipe.spacing();
    card.append(
        "CT, resampled to %s x %s x %s mm, window %s to %s HU.%n"
            .formatted(
                mm.get(0), mm.get(1), mm.get(2), recipe.window().get(0), recipe.window().get(1)));
    return card.toString();
  }

  private String choice() {
    int cases = Math.min(recipe.validationCases(), data.validation().size());
    return data.choosesByHeldOut()
        ? "The weights were chosen among those of the\nrun by their Dice on the first %d of these cases.".formatted(cases)
        : "The weights were chosen among those of the\nrun by their Dice on %d other cases.".formatted(cases);
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.3f", value);
  }

  private static String interval(Bootstrap interval) {
    return Double.isNaN(interval.lower())
        ? ""
        : String.format(Locale.ROOT, " (%.3f to %.3f)", interval.lower(), interval.upper());
  }
}
