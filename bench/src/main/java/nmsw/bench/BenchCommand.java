package nmsw.bench;

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
    return new CommandLine(new BenchCommand()).setCaseInsensitiveEnumValuesAllowed(true);
  }
}
