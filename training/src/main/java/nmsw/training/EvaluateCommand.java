package nmsw.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import nmsw.segmentation.Compute;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ProgressListener;
import nmsw.training.metrics.MetricTable;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures a model on the held-out cases of a recipe. Exit codes: 0 done, 1 failed, 2 wrong usage. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = "Measures a model on a recipe's held-out cases: Dice, NSD and HD95 by case and organ.")
public final class EvaluateCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "RECIPE", description = "YAML file, see config/training/")
  private Path recipeFile;

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of the model's bundle.")
  private Path model;

  @Option(
      names = "--data",
      paramLabel = "phantom|DIR",
      description = "Data in place of the recipe's: phantoms, or a folder with cases.csv and NIfTI files.")
  private String data;

  @Option(names = "--out", required = true, paramLabel = "CSV", description = "File to write.")
  private Path out;

  @Option(names = "--threads", paramLabel = "N", description = "Threads of the engine; default: all cores.")
  private int threads = Runtime.getRuntime().availableProcessors();

  public static void main(String[] args) {
    System.exit(new CommandLine(new EvaluateCommand()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    Recipe recipe = Recipe.read(recipeFile);
    RecipeData cases = RecipeData.open(recipe, recipeFile, Optional.ofNullable(data));
    ModelBundle bundle = ModelBundle.load(model);
    if (!names(bundle.labels()).equals(names(cases.table()))) {
      System.err.printf(
          "%s has the classes %s, the data %s%n", model, names(bundle.labels()), names(cases.table()));
      return CommandLine.ExitCode.USAGE;
    }
    Compute.useThreads(threads);
    MetricTable metrics = HeldOutMeasurement.of(bundle, cases.heldOut(), ProgressListener.NONE);
    metrics.write(out);
    System.out.printf(
        "%s %s: %s%n", bundle.description().name(), bundle.description().version(), metrics.summary());
    return CommandLine.ExitCode.OK;
  }

  private static List<String> names(LabelTable table) {
    return table.classes().stream().map(LabelClass::name).toList();
  }
}
