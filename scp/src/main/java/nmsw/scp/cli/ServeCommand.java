package nmsw.scp.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import nmsw.scp.Node;
import nmsw.scp.Preflight;
import nmsw.scp.Reloader;
import nmsw.scp.config.ComputeConfig;
import nmsw.scp.config.ConfigException;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.StartException;
import nmsw.scp.systemd.ServiceManager;
import nmsw.segmentation.DeviceRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sun.misc.Signal;

@Command(
    name = "serve",
    description = {
      "Runs the node until it is told to stop (SIGTERM or SIGINT), or cannot go on in this process: exit code 5 if the GPU",
      "failed for good, 6 if another process runs under the node's name or another node has its work. Start it again then."
    },
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "The configuration; config/node.yaml is a commented example.")
  private Path config;

  @Option(
      names = "--check",
      description = {
        "Only look whether the node could start with it: every key, the data directory, certificates, models. Ports and",
        "database are left alone, so that it can be asked while the node runs. Exit codes are those of a start."
      })
  private boolean check;

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
    List<StartException> obstacles = Preflight.of(nodeConfig, Instant.now());
    if (!obstacles.isEmpty()) {
      obstacles.forEach(obstacle -> spec.commandLine().getErr().println("nmsw serve: " + obstacle.getMessage()));
      return ExitCode.of(obstacles.get(0));
    }
    if (check) {
      spec.commandLine().getOut().println(config + " is good: " + inWords(nodeConfig));
      return ExitCode.DONE;
    }
    LogOutput log = LogOutput.ofProcess();
    log.apply(nodeConfig.log());
    Clock clock = Clock.systemUTC();
    Node node = Node.start(onDevice(nodeConfig), clock);
    try (ServiceManager manager = ServiceManager.of(System.getenv())) {
      String status = "takes series as " + String.join(", ", nodeConfig.aeTitles()) + " on port " + node.port();
      manager.watch(node::stalled);
      manager.ready(status);
      Reloader reloader = new Reloader(node, config, this::onDevice, clock);
      Signal.handle(
          new Signal("HUP"),
          signal -> {
            manager.reloading();
            boolean taken = false;
            try {
              taken = reloader.reload();
              log.apply(node.config().log());
            } finally {
              manager.ready(taken ? status : status + "; the changed configuration was not taken over, see the log");
            }
          });
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    manager.stopping();
                    node.close();
                  },
                  "nmsw-shutdown"));
      return ExitCode.of(node.awaitEnding());
    }
  }

  /** What was said beside the file holds. */
  private NodeConfig onDevice(NodeConfig nodeConfig) {
    ComputeConfig compute = nodeConfig.compute();
    return nodeConfig.withDevice(
        device.or(DeviceRequest.parse(compute.device())), device.or(compute.precision()));
  }

  private static String inWords(NodeConfig config) {
    Set<String> models = new TreeSet<>();
    config.routes().forEach(route -> models.add(route.model()));
    return "%s on %s:%d, routes: %d, models: %s, destinations: %s"
        .formatted(
            String.join(", ", config.aeTitles()),
            config.bind(),
            config.port(),
            config.routes().size(),
            String.join(", ", models),
            String.join(", ", new TreeSet<>(config.destinations().keySet())));
  }
}
