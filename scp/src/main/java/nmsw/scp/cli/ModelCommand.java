package nmsw.scp.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "model",
    description = "Works on model bundles.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "WORD",
    subcommands = ModelImportCommand.class)
final class ModelCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "what is to be done with the model? (import)");
  }
}
