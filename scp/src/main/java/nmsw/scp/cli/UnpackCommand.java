package nmsw.scp.cli;

import java.util.concurrent.Callable;
import nmsw.segmentation.CudaState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "unpack",
    description = {
      "Unpacks the engine's native libraries into ENGINE_CACHE_DIR, where they are not there yet, and loads them once. Of an"
          + " installed program that is its folder engine, which nobody needs to write to after that."
    },
    mixinStandardHelpOptions = true)
final class UnpackCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().getOut().println("the engine's libraries are in " + CudaState.read().libraries());
    return ExitCode.DONE;
  }
}
