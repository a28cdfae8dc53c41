package nmsw.training.registry;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.training.metrics.MetricTable;
import nmsw.training.registry.ModelRegistry.Change;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The launcher's words about versions of models. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the candidate is not proven
 * better.
 */
@Command(name = "nmsw", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "WORD")
public final class RegistryCommand {
  private static final int NOT_BETTER = 3;
  private static final String BUNDLE = "bundle";
  private static final String MODELS = "Folder of the models, modelsDir of the node.";
  private static final String NONE = "-";
  private static final String REASON = "Why, for the log.";

  @Spec private CommandSpec spec;

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new RegistryCommand())
        .setExecutionExceptionHandler(
            (failure, commandLine, parsed) -> {
              if (!(failure instanceof IOException || failure instanceof IllegalArgumentException)) {
                throw failure;
              }
              commandLine.getErr().println(failure.getMessage());
              return CommandLine.ExitCode.SOFTWARE;
            });
  }

  @Command(
      name = "models",
      description = {
        "Lists a model's versions and every change of the live one.",
        "Of each version: the model whose weights its training began with, the beginning of the SHA-256 of the cases that it"
            + " learned from (equal for equal cases), and whether it came with an evaluation; - where there is none."
      })
  int models(
      @Parameters(paramLabel = "NAME", description = "The model's name.") String name,
      @Option(names = "--models", required = true, paramLabel = "DIR", description = MODELS) Path models)
      throws IOException {
    ModelRegistry registry = new ModelRegistry(models, InstantSource.system());
    Optional<String> live = registry.live(name);
    List<List<String>> rows = new ArrayList<>(List.of(List.of("version", "live", "parent", "data", "evaluation")));
    for (String version : registry.versions(name)) {
      Provenance from = Provenance.of(registry.folder(name, version));
      rows.add(
          List.of(
              version,
              live.equals(Optional.of(version)) ? "live" : NONE,
              from.parent().orElse(NONE),
              from.data().orElse(NONE),
              from.measured() ? "yes" : NONE));
    }
    printTable(rows);
    for (Change change : registry.history(name)) {
      out()
          .printf(
              "%s %s %s%s: %s%n",
              change.at(),
              change.action().name().toLowerCase(Locale.ROOT).replace('_', ' '),
              change.version(),
              change.from().isEmpty() ? "" : " (live before: " + change.from() + ")",
              change.reason());
    }
    return CommandLine.ExitCode.OK;
  }

  @Command(
      name = "promote",
      description = {
        "Makes a trained model live if it is proven better than the live one.",
        "Both must have been measured on the same held-out cases: the mean Dice may not be lower, and no class may lose "
            + "more than the margin. Exit code 3 if it is not better."
      })
  int promote(
      @Parameters(paramLabel = "RUN", description = "Folder of the run: bundle/ and evaluation.csv.") Path run,
      @Option(names = "--models", required = true, paramLabel = "DIR", description = MODELS) Path models,
      @Option(
              names = "--live-evaluation",
              paramLabel = "CSV",
              description = "The live model on the same cases, from evaluate; default: what it was promoted with.")
          Path liveEvaluation,
      @Option(
              names = "--margin",
              defaultValue = "0.02",
              paramLabel = "DICE",
              description = "Dice that a class may lose; default: ${DEFAULT-VALUE}.")
          double margin,
      @Option(names = "--reason", defaultValue = "", paramLabel = "TEXT", description = REASON) String reason)
      throws IOException {
    PromotionGate gate = new PromotionGate(margin);
    ModelRegistry registry = new ModelRegistry(models, InstantSource.system());
    MetricTable candidate = MetricTable.read(run.resolve(ModelRegistry.EVALUATION));
    ModelDescription description = ModelBundle.load(run.resolve(BUNDLE)).description();
    String name = description.name();
    Optional<String> live = registry.live(name);
    String proof = "the first version";
    if (live.isPresent()) {
      Path measured =
          liveEvaluation != null
              ? liveEvaluation
              : models.resolve(name).resolve(live.get()).resolve(ModelRegistry.EVALUATION);
      if (!Files.exists(measured)) {
        throw new IOException(
            measured + " is missing: measure the live model with evaluate and name the file in --live-evaluation");
      }
      PromotionGate.Decision decision = gate.decide(MetricTable.read(measured), candidate);
      out().print(decision.report());
      if (!decision.passed()) {
        decision.objections().forEach(objection -> out().println("refused: " + objection));
        return NOT_BETTER;
      }
      proof = "proven no worse than " + live.get();
    }
    registry.add(run.resolve(BUNDLE), Optional.of(run.resolve(ModelRegistry.EVALUATION)), reason);
    registry.promote(name, description.version(), (proof + " " + reason).strip());
    out().printf("%s %s is live%n", name, description.version());
    return CommandLine.ExitCode.OK;
  }

  @Command(name = "rollback", description = "Makes the version live again that was so before.")
  int rollback(
      @Parameters(paramLabel = "NAME", description = "The model's name.") String name,
      @Option(names = "--models", required = true, paramLabel = "DIR", description = MODELS) Path models,
      @Option(names = "--reason", defaultValue = "", paramLabel = "TEXT", description = REASON) String reason)
      throws IOException {
    String version = new ModelRegistry(models, InstantSource.system()).rollBack(name, reason);
    out().printf("%s %s is live%n", name, version);
    return CommandLine.ExitCode.OK;
  }

  /** In columns, two spaces apart. */
  private void printTable(List<List<String>> rows) {
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        int column = i;
        int width = rows.stream().mapToInt(other -> other.get(column).length()).max().orElse(0) + 2;
        line.append(("%-" + width + "s").formatted(row.get(i)));
      }
      out().println(line.toString().stripTrailing());
    }
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
