package nmsw.scp.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import nmsw.scp.ConfigException;
import nmsw.scp.Node;
import nmsw.scp.ComputeConfig;
import nmsw.scp.NodeConfig;
import nmsw.segmentation.DeviceRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "serve",
    description = "Runs the node until it is told to stop (SIGTERM or SIGINT).",
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "The configuration; config/node.yaml is a commented example.")
  private Path config;

  @Mixin private DeviceOptions device;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    NodeConfig nodeConfig;
    try {
      nodeConfig = NodeConfig.read(config);
    } catch (ConfigException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return spec.exitCodeOnInvalidInput();
    }
    ComputeConfig compute = nodeConfig.compute();
    nodeConfig =
        nodeConfig.withDevice(
            device.or(DeviceRequest.parse(compute.device())), device.or(compute.precision()));
    Node node = Node.start(nodeConfig, Clock.systemUTC());
    CountDownLatch closed = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  node.close();
                  closed.countDown();
                },
                "nmsw-shutdown"));
    closed.await();
    return ExitCode.DONE;
  }
}
