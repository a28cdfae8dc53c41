package nmsw.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import nmsw.segmentation.Compute;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ProgressListener;
import nmsw.segmentation.Segmenter;
import nmsw.segmentation.nn.Safetensors;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.LabelVolume;
import nmsw.volume.ModelGrid;
import nmsw.volume.Resampler;
import nmsw.volume.Volume;

/**
 * Turns trained weights into a model bundle: stores them as float16, measures what was stored on the held-out cases with
 * the segmenter that the node uses, on the cases' own grids, and says so on the card.
 */
final class BundleWriter {
  private final Recipe recipe;
  private final LabelTable table;
  private final CaseSource training;
  private final CaseSource heldOut;

  BundleWriter(Recipe recipe, LabelTable table, CaseSource training, CaseSource heldOut) {
    this.recipe = recipe;
    this.table = table;
    this.training = training;
    this.heldOut = heldOut;
  }

  /** Writes the bundle and returns how good it is. */
  Evaluation write(Path weights, Path folder, ProgressListener listener) throws IOException {
    new ModelBundle(recipe.modelDescription(), table, "", Safetensors.read(weights))
        .save(folder, Safetensors.Type.F16);
    ModelBundle stored = ModelBundle.load(folder);
    Evaluation evaluation = new Evaluation(table.classes().size() + 1);
    try (Segmenter segmenter = new Segmenter(stored, Compute.cpu())) {
      for (int i = 0; i < heldOut.size(); i++) {
        LabelledVolume truth = heldOut.original(i);
        evaluation.add(segment(segmenter, truth.image()).labels(), truth.labels().labels());
        listener.progress("evaluate", i + 1, heldOut.size());
      }
    }
    new ModelBundle(stored.description(), table, card(evaluation), stored.weights())
        .save(folder, Safetensors.Type.F16);
    return evaluation;
  }

  private LabelVolume segment(Segmenter segmenter, Volume image) {
    Grid grid = ModelGrid.forGrid(image.grid(), recipe.spacingVector());
    LabelVolume labels =
        segmenter.segment(Resampler.resample(image, grid), ProgressListener.NONE).labels();
    return Resampler.resample(labels, image.grid());
  }

  private String card(Evaluation evaluation) {
    StringBuilder card = new StringBuilder();
    card.append("# %s %s%n%n%s%n%n".formatted(recipe.name(), recipe.version(), recipe.description()));
    card.append("**A demonstration, not a medical device: not for diagnosis or treatment.**%n%n".formatted());
    card.append("## Trained on%n%n%s%n%n".formatted(recipe.trainedOn().strip()));
    card.append(
        "%d cases (%s to %s), %d iterations, seed %d, the recipe is config/training/%s.yaml.%n%n"
            .formatted(
                training.size(),
                training.id(0),
                training.id(training.size() - 1),
                recipe.iterations(),
                recipe.seed(),
                recipe.name()));
    card.append("## Measured%n%n".formatted());
    card.append(
        """
        Dice on %d held-out cases (%s to %s) that were never trained on, with the stored float16 weights, %d patches,
        on the cases' own grids; mean over the cases that hold the organ. The weights were chosen among those of the
        run by their Dice on the first %d of these cases.

        | organ | Dice | cases |
        |---|---|---|
        """
            .formatted(
                heldOut.size(),
                heldOut.id(0),
                heldOut.id(heldOut.size() - 1),
                recipe.defaultK(),
                Math.min(recipe.validationCases(), heldOut.size())));
    for (LabelClass c : table.classes()) {
      card.append(
          "| %s | %s | %d |%n"
              .formatted(c.label(), number(evaluation.dice(c.index())), evaluation.cases(c.index())));
    }
    card.append("| **mean** | **%s** | |%n%n".formatted(number(evaluation.meanDice())));
    card.append("## Input%n%n".formatted());
    List<Double> mm = recipe.spacing();
    card.append(
        "CT, resampled to %s x %s x %s mm, window %s to %s HU.%n"
            .formatted(
                mm.get(0), mm.get(1), mm.get(2), recipe.window().get(0), recipe.window().get(1)));
    return card.toString();
  }

  private static String number(double dice) {
    return String.format(Locale.ROOT, "%.3f", dice);
  }
}
