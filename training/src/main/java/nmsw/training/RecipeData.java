package nmsw.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import nmsw.training.dataset.DataSet;
import nmsw.training.dataset.LabelledVolumes;
import nmsw.training.dataset.TrainableCases;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;
import nmsw.volume.phantom.AbdomenPhantom;

/**
 * The cases that a recipe names.
 *
 * @param validation cases that are never trained on, by which the weights of a run are chosen
 * @param heldOut cases that a finished model is measured on: the data's test part, or the validation cases where the data
 *     have none
 */
record RecipeData(LabelTable table, CaseSource training, CaseSource validation, LabelledVolumes heldOut) {
  private static final String PHANTOM = "phantom";

  /**
   * @param file the recipe's, next to which its label table is looked for
   * @param instead data in place of the recipe's: {@code phantom}, or a folder
   */
  static RecipeData open(Recipe recipe, Path file, Optional<String> instead) throws IOException {
    String from = instead.orElse(recipe.data());
    double windowLow = recipe.window().get(0);
    Vec3 spacing = recipe.spacingVector();
    if (from.equals(PHANTOM)) {
      Recipe.Phantoms seeds = recipe.phantoms();
      List<Double> measuredOn = seeds.measuredOn();
      Vec3 originals = new Vec3(measuredOn.get(0), measuredOn.get(1), measuredOn.get(2));
      CaseSource heldOut =
          new PhantomCases(seeds.heldOutFirst(), seeds.heldOutCount(), spacing, windowLow, originals);
      return new RecipeData(
          AbdomenPhantom.labelTable(),
          new PhantomCases(seeds.first(), seeds.count(), spacing, windowLow, originals),
          heldOut,
          heldOut);
    }
    LabelTable table = LabelTable.read(file.resolveSibling(recipe.labels()));
    DataSet data = DataSet.open(Path.of(from), labelValues(recipe, table));
    TrainableCases validation = data.validation();
    return new RecipeData(
        table,
        new NiftiCases(data.training(), spacing, windowLow),
        new NiftiCases(validation, spacing, windowLow),
        data.test().<LabelledVolumes>map(test -> test).orElse(validation));
  }

  /** Whether the cases that measure a model also chose its weights. */
  boolean choosesByHeldOut() {
    return heldOut.size() == validation.size() && heldOut.id(0).equals(validation.id(0));
  }

  private static List<Integer> labelValues(Recipe recipe, LabelTable table) {
    return recipe.labelValues() != null
        ? recipe.labelValues()
        : table.classes().stream().map(LabelClass::index).toList();
  }
}
