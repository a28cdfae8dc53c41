package nmsw.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;
import nmsw.volume.phantom.AbdomenPhantom;

/**
 * The cases that a recipe names.
 *
 * @param heldOut cases that are never trained on
 */
record RecipeData(LabelTable table, CaseSource training, CaseSource heldOut) {
  private static final String PHANTOM = "phantom";

  /**
   * @param file the recipe's, next to which its label table is looked for
   * @param instead data in place of the recipe's: {@code phantom}, or a folder
   */
  static RecipeData open(Recipe recipe, Path file, Optional<String> instead) throws IOException {
    String from = instead.orElse(recipe.data());
    double windowLow = recipe.window().get(0);
    if (from.equals(PHANTOM)) {
      Recipe.Phantoms seeds = recipe.phantoms();
      Vec3 originals =
          new Vec3(
              seeds.measuredOn().get(0), seeds.measuredOn().get(1), seeds.measuredOn().get(2));
      return new RecipeData(
          AbdomenPhantom.labelTable(),
          new PhantomCases(
              seeds.first(), seeds.count(), recipe.spacingVector(), windowLow, originals),
          new PhantomCases(
              seeds.heldOutFirst(),
              seeds.heldOutCount(),
              recipe.spacingVector(),
              windowLow,
              originals));
    }
    Path folder = Path.of(from);
    return new RecipeData(
        LabelTable.read(file.resolveSibling(recipe.labels())),
        NiftiCases.of(folder, "train", recipe.labelValues(), recipe.spacingVector(), windowLow),
        NiftiCases.of(
            folder, "validation", recipe.labelValues(), recipe.spacingVector(), windowLow));
  }
}
