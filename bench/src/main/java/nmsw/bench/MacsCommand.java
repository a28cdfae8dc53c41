package nmsw.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what the networks cost beside what the paper's Table I says. */
@Command(
    name = "macs",
    mixinStandardHelpOptions = true,
    description =
        "Parameters and multiply-accumulates of each local network at 480^3 voxels and 14 classes, as the"
            + " paper's Table I counts them and as they are needed, beside the paper's figures.")
final class MacsCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().getOut().print(TableOne.text());
    spec.commandLine().getOut().flush();
  }
}
