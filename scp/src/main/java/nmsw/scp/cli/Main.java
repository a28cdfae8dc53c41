package nmsw.scp.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of every word of {@code ./nmsw} but {@code train} and {@code test}. */
@Command(
    name = "nmsw",
    description = "A DICOM node that answers CT series with organ segmentations.",
    mixinStandardHelpOptions = true,
    version = "NMSW Node 0.1.0",
    synopsisSubcommandLabel = "WORD",
    subcommands = {
      DemoCommand.class,
      ServeCommand.class,
      SegmentCommand.class,
      SendCommand.class,
      EchoCommand.class,
      DumpCommand.class,
      RouteCommand.class,
      PhantomCommand.class,
      DoctorCommand.class,
      ModelCommand.class,
      UnpackCommand.class
    })
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setExitCodeExceptionMapper(ExitCode::of)
        .setExecutionExceptionHandler(Main::explain);
  }

  /** One line that says what was wrong; the stack trace only on request. */
  private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    command.getErr().println("nmsw " + command.getCommandName() + ": " + ExitCode.message(failure));
    if (Boolean.getBoolean("nmsw.stacktrace")) {
      failure.printStackTrace(command.getErr());
    }
    return ExitCode.of(failure);
  }
}
