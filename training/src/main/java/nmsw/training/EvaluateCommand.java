package nmsw.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import nmsw.segmentation.Compute;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.ProgressListener;
import nmsw.segmentation.SelectionRequest;
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

  @Option(
      names = "--selection",
      paramLabel = "NAME",
      description =
          "Which patches the local network looks at: top-k, marginal-gain, sliding-window, foreground-window,"
              + " random-foreground; default: what the model was trained for.")
  private String selection;

  @Option(names = "--k", paramLabel = "K", description = "Number of patches; default: the model's.")
  private Integer k;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of random-foreground; default: 0.")
  private long seed;

  @Option(
      names = "--efforts",
      paramLabel = "CSV",
      description = "Also write seconds and number of patches per case to this file.")
  private Path efforts;

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
    PatchSelection patches;
    try {
      patches = selection(bundle.description());
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return CommandLine.ExitCode.USAGE;
    }
    Compute.useThreads(threads);
    HeldOutMeasurement measured =
        HeldOutMeasurement.of(bundle, patches, cases.heldOut(), ProgressListener.NONE);
    if (efforts != null) {
      measured.writeEfforts(efforts);
    }
    MetricTable metrics = measured.metrics();
    metrics.write(out);
    System.out.printf(
        "%s %s: %s%n", bundle.description().name(), bundle.description().version(), metrics.summary());
    return CommandLine.ExitCode.OK;
  }

  private PatchSelection selection(ModelDescription model) {
    SelectionRequest.Kind kind =
        selection == null ? model.method().own() : SelectionRequest.Kind.parse(selection);
    return new SelectionRequest(kind, Optional.ofNullable(k), seed).of(model);
  }

  private static List<String> names(LabelTable table) {
    return table.classes().stream().map(LabelClass::name).toList();
  }
}
