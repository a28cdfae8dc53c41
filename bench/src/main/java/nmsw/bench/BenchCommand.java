package nmsw.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of {@code ./nmsw bench}. Exit codes: 0 done, 1 failed, 2 wrong usage. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description =
        "Costs and times of the networks, beside the paper's; of training; what selections and precisions are worth; how long"
            + " metrics take; what the DICOM network costs; how fast compressed slices are decoded; what a Segmentation costs"
            + " in each form; a night of retraining beside a running node; whether a node that serves for long takes ever more of anything.",
    synopsisSubcommandLabel = "WHAT",
    subcommands = {
      CodecsBench.class, MacsCommand.class, MetricsBench.class, NetworkBench.class, NightBench.class, NmswBench.class,
      SegBench.class, SelectionsBench.class, SoakBench.class, StepBench.class
    })
public final class BenchCommand {
  private BenchCommand() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new BenchCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(BenchCommand::quietly);
  }

  /** What servers and nodes under trial have to say of what goes well would stand between the lines of the tables. */
  private static int quietly(CommandLine.ParseResult parsed) {
    Logger log = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level before = log.getLevel();
    log.setLevel(Level.WARN);
    try {
      return new CommandLine.RunLast().execute(parsed);
    } finally {
      log.setLevel(before);
    }
  }
}
