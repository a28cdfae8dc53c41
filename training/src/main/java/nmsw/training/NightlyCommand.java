package nmsw.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Callable;
import nmsw.segmentation.Compute;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * One night of periodic retraining. Exit codes: 0 a candidate was promoted or there is nothing to do, 1 failed, 2 wrong usage,
 * 3 a candidate was refused, 75 to be continued by the next call.
 */
@Command(
    name = "train nightly",
    mixinStandardHelpOptions = true,
    description = {
      "Takes in new studies, fine-tunes the live model on them, measures it, and makes it live if it is proven better.",
      "To be called by a timer: it goes on where the last call stopped, and stops when its budget is used up or it is told"
          + " to. Exit codes: 0 promoted or nothing to do, 1 failed, 2 wrong usage, 3 the candidate was refused, 75 to be"
          + " continued."
    })
public final class NightlyCommand implements Callable<Integer> {
  private static final String LEASE = ".nightly-lock";

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "CONFIG", description = "YAML file, see config/training/nightly.yaml")
  private Path configFile;

  @Option(names = "--threads", paramLabel = "N", description = "Threads of the engine, in place of the file's.")
  private Integer threads;

  private final InstantSource clock;

  private NightlyCommand(InstantSource clock) {
    this.clock = clock;
  }

  public static void main(String[] args) {
    OwnExitCode.exit(() -> commandLine(InstantSource.system()).execute(args));
  }

  static CommandLine commandLine(InstantSource clock) {
    return new CommandLine(new NightlyCommand(clock))
        .setExecutionExceptionHandler(
            (failure, commandLine, parsed) -> {
              if (!(failure instanceof IOException || failure instanceof IllegalArgumentException)) {
                throw failure;
              }
              commandLine.getErr().println(failure.getMessage());
              return CommandLine.ExitCode.SOFTWARE;
            });
  }

  @Override
  public Integer call() throws IOException {
    if (threads != null && threads < 1) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--threads must be 1 or more");
    }
    NightlyConfig config = NightlyConfig.read(configFile);
    if (!Files.isDirectory(config.models())) {
      throw new IOException(config.models() + " is no folder of models");
    }
    // Of the models' folder, not of the work: one machine, one night at a time, whichever model it is for.
    Optional<Lease> lease = Lease.tryTake(config.models().resolve(LEASE));
    if (lease.isEmpty()) {
      spec.commandLine().getErr().println(config.models() + ": another night is under way");
      return Night.Result.TO_BE_CONTINUED.exitCode();
    }
    try (Lease held = lease.get()) {
      NightFolder folder = new NightFolder(config.work());
      NightWork work = new LocalNightWork(config, folder, clock);
      Compute.useThreads(threads == null ? config.engineThreads() : threads);
      Night.Report report = new Night(folder, work, config.minimumNewCases()).run();
      folder.append(clock.instant(), report);
      spec.commandLine().getOut().println(report.text());
      return report.result().exitCode();
    }
  }
}
