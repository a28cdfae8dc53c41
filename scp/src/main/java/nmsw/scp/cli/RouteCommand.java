package nmsw.scp.cli;

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
import nmsw.scp.config.Route;
import nmsw.scp.config.RouteAttribute;
import nmsw.scp.routing.SeriesFacts;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "route",
    description = "Tells which routing rule a series takes, and why the rules before it do not.",
    mixinStandardHelpOptions = true)
final class RouteCommand implements Callable<Integer> {
  @Option(names = "--config", required = true, paramLabel = "FILE", description = "The node's configuration.")
  private Path config;

  @Option(names = "--explain", required = true, paramLabel = "DIR", description = "Folder of one or more CT series.")
  private Path folder;

  @Option(
      names = "--called-ae",
      paramLabel = "TITLE",
      description = "The title of ours that it is sent to; left out, the first of the configuration.")
  private String calledAe;

  @Option(
      names = "--calling-ae",
      paramLabel = "TITLE",
      defaultValue = "ANY",
      description = "The AE that sends it; default: ${DEFAULT-VALUE}.")
  private String callingAe;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    NodeConfig node;
    try {
      node = NodeConfig.read(config);
    } catch (ConfigException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return spec.exitCodeOnInvalidInput();
    }
    Map<String, List<Path>> series = DicomFiles.bySeries(DicomFiles.under(List.of(folder)));
    boolean all = !series.isEmpty();
    for (Map.Entry<String, List<Path>> one : series.entrySet()) {
      String called = Optional.ofNullable(calledAe).orElse(node.aeTitle());
      all &= explain(one.getKey(), SeriesFacts.of(called, callingAe, one.getValue()), node.routes());
    }
    if (series.isEmpty()) {
      spec.commandLine().getErr().println("nmsw route: no DICOM file in " + folder);
    }
    return all ? ExitCode.DONE : ExitCode.REFUSED;
  }

  /** True if a rule takes it. */
  private boolean explain(String seriesUid, SeriesFacts facts, List<Route> routes) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf("series %s, %d slices from %s to %s%n", seriesUid, facts.slices(), facts.callingAe(), facts.calledAe());
    for (RouteAttribute attribute : RouteAttribute.values()) {
      List<String> values = facts.values().getOrDefault(attribute, List.of());
      out.printf("  %s: %s%n", attribute.key(), values.isEmpty() ? "-" : String.join("\\", values));
    }
    String thickness = facts.sliceThickness().isPresent() ? facts.sliceThickness().getAsDouble() + " mm" : "-";
    out.printf("  sliceThickness: %s%n", thickness);
    for (int i = 0; i < routes.size(); i++) {
      Route route = routes.get(i);
      Optional<String> unmet = facts.unmet(route.when());
      if (unmet.isEmpty()) {
        String effort = route.effort().inWords();
        out.printf(
            "  rule %d takes it: model %s, %s, to %s%s%n",
            i + 1, route.model(), route.priority().name().toLowerCase(Locale.ROOT),
            String.join(", ", route.destinations()),
            effort.isEmpty() ? "" : "; " + effort);
        out.flush();
        return true;
      }
      out.printf("  rule %d (model %s) does not: %s%n", i + 1, route.model(), unmet.get());
    }
    out.println("  no rule takes it: it would be refused with NO_ROUTE");
    out.flush();
    return false;
  }
}
