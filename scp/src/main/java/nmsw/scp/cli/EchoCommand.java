package nmsw.scp.cli;

import java.util.List;
import java.util.concurrent.Callable;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.Status;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "echo",
    description = "Asks an application entity whether it answers (C-ECHO).",
    mixinStandardHelpOptions = true)
final class EchoCommand implements Callable<Integer> {
  @Mixin private PeerOptions peer;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    long start = System.nanoTime();
    Status status;
    try (var client = peer.connect(List.of(ProposedContext.verification()))) {
      status = client.echo();
    }
    spec.commandLine().getOut().printf(
        "%s answered %s in %.0f ms%n", peer.remote(), status, (System.nanoTime() - start) / 1e6);
    return status.isSuccess() ? ExitCode.DONE : ExitCode.PEER;
  }
}
