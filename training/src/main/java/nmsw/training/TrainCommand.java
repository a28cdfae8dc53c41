package nmsw.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import nmsw.segmentation.EngineGate;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trains the model that a recipe describes. Exit codes: 0 done, 1 failed, 2 wrong usage. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = "Trains a model from labelled CT and writes it as a bundle with a card.")
public final class TrainCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "RECIPE", description = "YAML file, see config/training/")
  private Path recipeFile;

  @Option(
      names = "--data",
      paramLabel = "phantom|DIR",
      description = "Data in place of the recipe's: phantoms, or a folder with cases.csv and NIfTI files.")
  private String data;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Folder of the run: logs, report.html, checkpoint, best weights, evaluation.csv, and the bundle in bundle/.")
  private Path out;

  @Option(
      names = "--from",
      paramLabel = "BUNDLE",
      description = "Begin with this model's weights, in place of those that the recipe names.")
  private String from;

  @Option(names = "--resume", description = "Continue from the folder's checkpoint.")
  private boolean resume;

  @Mixin private ComputeOptions compute;

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      description = "Keep prepared cases here, for any number of runs; default: prepared/ of the run's folder.")
  private Path cache;

  @Option(
      names = "--until",
      paramLabel = "ITERATION",
      description = "Stop early, to be resumed later.")
  private int until = Integer.MAX_VALUE;

  public static void main(String[] args) {
    System.exit(new CommandLine(new TrainCommand()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    Recipe read = Recipe.read(recipeFile);
    Recipe recipe = from == null ? read : read.withBundle(from);
    RecipeData cases = RecipeData.open(recipe, recipeFile, Optional.ofNullable(data));
    boolean begun = TrainingRun.isBegun(out);
    if (begun != resume) {
      System.err.println(
          out
              + (begun
                  ? " holds a run already: add --resume, or choose another folder"
                  : " holds no checkpoint to resume from: leave out --resume to begin"));
      return CommandLine.ExitCode.USAGE;
    }
    EngineGate gate = EngineGate.ofProcess();
    try {
      gate.enter();
      try {
        train(recipe, cases);
      } finally {
        gate.leave();
      }
    } catch (CancellationException e) {
      System.err.println(e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
    return CommandLine.ExitCode.OK;
  }

  private void train(Recipe recipe, RecipeData cases) throws IOException {
    Path prepared = cache == null ? out.resolve("prepared") : cache;
    TrainingRun run =
        new TrainingRun(
            recipe, cases, Start.of(recipe, cases.table()), compute.use(), out, prepared);
    if (run.train(until, () -> false)) {
      System.out.println(out.resolve(TrainingRun.BUNDLE) + ": " + run.writeBundle().summary());
    }
  }
}
