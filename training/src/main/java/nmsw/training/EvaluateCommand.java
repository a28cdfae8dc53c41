package nmsw.training;

import ai.djl.pytorch.jni.JniUtils;
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
import nmsw.training.dataset.LabelledVolumes;
import nmsw.training.metrics.MetricTable;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures a model on the held-out cases of a recipe. Exit codes: 0 done, 1 failed, 2 wrong usage. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = {
      "Measures a model on a recipe's held-out cases: Dice, NSD and HD95 by case and organ.",
      "With --compare, side by side for several ways to select patches: means with 95 %% bootstrap intervals over the"
          + " cases, and the patches, seconds and multiply-accumulates that a case takes."
    })
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

  @Option(
      names = "--compare",
      paramLabel = "LIST",
      description =
          "Selections to compare: sw (sliding window), rf:K (random foreground), nmsw:K (top-k), adaptive (marginal"
              + " gain); e.g. sw,rf:5,rf:30,nmsw:5,nmsw:30,adaptive.")
  private String compare;

  @Option(names = "--cases", paramLabel = "N", description = "Take the first N held-out cases only; default: all.")
  private int most = Integer.MAX_VALUE;

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
      description = "Seed of random foreground; default: 0.")
  private long seed;

  @Option(
      names = "--efforts",
      paramLabel = "CSV",
      description = "Also write seconds, patches and multiply-accumulates per case to this file.")
  private Path efforts;

  @Mixin private ComputeOptions options;
  @Spec private CommandSpec spec;

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
    if (most < 1) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--cases must be 1 or more");
    }
    List<ComparedSelection> compared = compared();
    LabelledVolumes heldOut = new FirstCases(cases.heldOut(), most);
    List<PatchSelection> selections;
    try {
      selections = selections(compared, bundle.description());
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return CommandLine.ExitCode.USAGE;
    }
    Compute compute = options.use();
    List<HeldOutMeasurement> measured =
        HeldOutMeasurement.of(bundle, compute, selections, heldOut, ProgressListener.NONE);
    String title = bundle.description().name() + " " + bundle.description().version();
    if (compared.isEmpty()) {
      MetricTable metrics = measured.get(0).metrics();
      metrics.write(out);
      if (efforts != null) {
        measured.get(0).writeEfforts(efforts);
      }
      System.out.printf("%s: %s%n", title, metrics.summary());
      return CommandLine.ExitCode.OK;
    }
    SelectionTable table =
        new SelectionTable(compared.stream().map(ComparedSelection::name).toList(), measured);
    table.write(out);
    System.out.printf(
        "%s on %d held-out cases, %s, %d CPU threads%n%n%s",
        title, heldOut.size(), compute.deviceName(), JniUtils.getNumThreads(), table.text());
    return CommandLine.ExitCode.OK;
  }

  private List<ComparedSelection> compared() {
    if (compare == null) {
      return List.of();
    }
    try {
      return ComparedSelection.parse(compare, seed);
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--compare: " + e.getMessage(), e);
    }
  }

  /** Those to compare, or the one asked for, or what the model was trained for. */
  private List<PatchSelection> selections(List<ComparedSelection> compared, ModelDescription model) {
    if (!compared.isEmpty()) {
      return compared.stream().map(each -> each.request().of(model)).toList();
    }
    SelectionRequest.Kind kind =
        selection == null ? model.method().own() : SelectionRequest.Kind.parse(selection);
    return List.of(new SelectionRequest(kind, Optional.ofNullable(k), seed).of(model));
  }

  private static List<String> names(LabelTable table) {
    return table.classes().stream().map(LabelClass::name).toList();
  }
}
