package nmsw.scp.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import nmsw.scp.config.ConfigException;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.doctor.Check;
import nmsw.scp.doctor.Doctor;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.PrecisionRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "doctor",
    description = {
      "Looks at the machine, the engine, its device, the models and, with --config, at what the node would"
          + " need to start. Exit code 0: all good; 1: something is wrong, and what to do is printed;"
          + " 2: wrong usage."
    },
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The node's configuration; its models and device are looked at then.")
  private Path config;

  @Option(names = "--echo", description = "Ask every configured destination whether it answers (C-ECHO).")
  private boolean echo;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Folder of the model bundles (default: the configuration's, else config/models).")
  private Path models;

  @Mixin private DeviceOptions device;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Optional<NodeConfig> node = Optional.empty();
    if (config != null) {
      try {
        node = Optional.of(NodeConfig.read(config));
      } catch (ConfigException e) {
        spec.commandLine().getErr().println(e.getMessage());
        return spec.exitCodeOnInvalidInput();
      }
    }
    Path folder = Path.of(System.getProperty("nmsw.root", "."), "config", "models");
    Path bundles = models != null ? models : node.map(NodeConfig::modelsDirectory).orElse(folder);
    DeviceRequest configured =
        node.map(c -> DeviceRequest.parse(c.compute().device())).orElse(DeviceRequest.AUTO);
    PrecisionRequest precision =
        device.or(node.map(c -> c.compute().precision()).orElse(PrecisionRequest.AUTO));
    List<Check> checks = new Doctor(bundles, device.or(configured), precision, node, echo).examine();
    boolean good = checks.stream().noneMatch(check -> check.state() == Check.State.WRONG);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      out.println(mapper.writeValueAsString(Map.of("good", good, "checks", checks)));
    } else {
      print(checks, good, out);
    }
    out.flush();
    return good ? ExitCode.DONE : ExitCode.FAILED;
  }

  private static void print(List<Check> checks, boolean good, PrintWriter out) {
    int width = checks.stream().mapToInt(check -> check.name().length()).max().orElse(0);
    for (Check check : checks) {
      String name = check.state().name();
      String state = check.state() == Check.State.WRONG ? name : name.toLowerCase(Locale.ROOT);
      out.printf("%-5s  %-" + width + "s  %s%n", state, check.name(), check.found());
      if (!check.advice().isEmpty()) {
        out.printf("%-5s  %-" + width + "s  -> %s%n", "", "", check.advice());
      }
    }
    out.println(good ? "all good" : "something is wrong, see above");
  }
}
