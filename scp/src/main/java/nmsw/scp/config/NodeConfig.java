package nmsw.scp.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.PrecisionRequest;
import nmsw.segmentation.SelectionRequest;

/**
 * Everything that an operator can set, read from one YAML file ({@code config/node.yaml} is the commented
 * example); every section of it is a record of its own. Unknown keys are refused; all problems are reported
 * together. Relative paths are taken from the file's folder.
 *
 * @param name this node's name; every node that shares a database needs its own
 * @param aeTitles the called AE titles that are accepted; the first is also the one we send with
 * @param bind address to listen on
 * @param port TCP port to listen on; 0 takes a free one
 * @param callingAeTitles the calling AE titles that are accepted; empty accepts any
 * @param dataDirectory spool, outbox and the embedded database live here
 * @param modelsDirectory model bundles: {@code <name>/<version>/} and {@code <name>/current}
 * @param destinations where results can be sent, and which, by the name that routes use
 * @param routes what is done with a series; the first that matches counts
 * @param review what may be learnt from
 * @param web how page and API are served; empty where they are not
 * @param audit where audit messages go; empty where none are made
 * @param log what the log tells
 */
public record NodeConfig(
    String name,
    List<String> aeTitles,
    String bind,
    int port,
    Set<String> callingAeTitles,
    Path dataDirectory,
    Path modelsDirectory,
    Map<String, DestinationConfig> destinations,
    List<Route> routes,
    SeriesConfig series,
    NetworkConfig network,
    StorageConfig storage,
    DatabaseConfig database,
    ComputeConfig compute,
    WorkConfig work,
    DeliveryConfig delivery,
    TrendRules trends,
    ReviewConfig review,
    Optional<WebSettings> web,
    Optional<AuditConfig> audit,
    LogConfig log) {
  private static final long MAX_FILE = 1 << 20;

  public NodeConfig {
    aeTitles = List.copyOf(aeTitles);
    callingAeTitles = Set.copyOf(callingAeTitles);
    destinations = Map.copyOf(destinations);
    routes = List.copyOf(routes);
  }

  /**
   * @throws ConfigException also if there is no such file, or it cannot be read
   */
  public static NodeConfig read(Path file) throws ConfigException {
    String yaml;
    try {
      if (Files.size(file) > MAX_FILE) {
        throw new ConfigException(file.toString(), List.of("larger than 1 MiB; this is not a node.yaml"));
      }
      yaml = Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new ConfigException(file.toString(), List.of("there is no such file"));
    } catch (CharacterCodingException e) {
      throw new ConfigException(file.toString(), List.of("is not UTF-8 text"));
    } catch (IOException e) {
      throw new ConfigException(file.toString(), List.of("cannot be read: " + e));
    }
    return parse(yaml, file.toString(), file.toAbsolutePath().getParent());
  }

  /**
   * @param source what to call the text in messages
   * @param base folder that relative paths start from
   */
  public static NodeConfig parse(String yaml, String source, Path base) throws ConfigException {
    List<String> problems = new ArrayList<>();
    YamlNode root;
    try {
      root = YamlNode.parse(yaml);
    } catch (IOException e) {
      throw new ConfigException(source, List.of(e.getMessage().strip()));
    }
    if (!(root instanceof YamlNode.Mapping mapping)) {
      throw new ConfigException(source, List.of("line 1: expected keys and values"));
    }
    NodeConfig config = bind(new ConfigSection("", mapping, base, problems));
    if (!problems.isEmpty()) {
      throw new ConfigException(source, problems);
    }
    return config;
  }

  private static NodeConfig bind(ConfigSection root) {
    Path data = root.folder("dataDirectory");
    Map<String, DestinationConfig> destinations = DestinationConfig.readAll(root);
    NodeConfig config =
        new NodeConfig(
            root.scalar("name", ConfigSection::name, "nmsw-node"),
            aeTitles(root),
            root.string("bind", "0.0.0.0"),
            root.integer("port", 0, 65535, 11112),
            new LinkedHashSet<>(root.list("callingAeTitles", ConfigSection::aeTitle, List.of())),
            data,
            root.folder("modelsDirectory"),
            destinations,
            RouteConfig.readAll(root, destinations),
            SeriesConfig.read(root.section("series")),
            NetworkConfig.read(root.section("network")),
            StorageConfig.read(root.section("storage")),
            DatabaseConfig.read(root.section("database"), data),
            ComputeConfig.read(root.section("compute")),
            WorkConfig.read(root.section("work")),
            DeliveryConfig.read(root.section("delivery")),
            TrendsConfig.read(root.section("trends")),
            ReviewConfig.read(root.section("review")),
            WebConfig.read(root),
            AuditConfig.read(root),
            LogConfig.read(root.section("log")));
    config.reportContradictions(root);
    root.end();
    return config;
  }

  /** What each section alone cannot see. */
  private void reportContradictions(ConfigSection root) {
    for (int i = 0; i < routes.size(); i++) {
      Route route = routes.get(i);
      boolean all =
          route.effort().selection(compute.selection()).kind() == SelectionRequest.Kind.SLIDING_WINDOW;
      if (all && route.deadline().isPresent()) {
        root.problem("routes", "rule " + (i + 1) + " has a deadline, and selection sliding-window can keep none");
      }
    }
    if (delivery.tls() && network.tls().isEmpty()) {
      root.problem("delivery", "tls needs the material of network.tls");
    }
    if (audit.isPresent()
        && audit.get().repository() != null
        && audit.get().isTls()
        && audit.get().tls().isEmpty()
        && network.tls().isEmpty()) {
      root.problem("audit", "a repository by TLS needs audit.tls, or the material of network.tls");
    }
    if (review.corrections() && web.isEmpty()) {
      root.problem("review", "corrections are looked at on the page, which needs a section web");
    }
    if (web.isPresent() && web.get().tls() && network.tls().isEmpty()) {
      root.problem("web", "tls needs the material of network.tls");
    }
  }

  private static List<String> aeTitles(ConfigSection root) {
    List<String> titles = root.list("aeTitles", ConfigSection::aeTitle, List.of("NMSW"));
    if (titles.isEmpty()) {
      root.problem("aeTitles", "needs at least one AE title");
    }
    return titles;
  }

  /** This configuration with another device and precision than the file's. */
  public NodeConfig withDevice(DeviceRequest device, PrecisionRequest precision) {
    return new NodeConfig(
        name,
        aeTitles,
        bind,
        port,
        callingAeTitles,
        dataDirectory,
        modelsDirectory,
        destinations,
        routes,
        series,
        network,
        storage,
        database,
        new ComputeConfig(device.toString(), precision, compute.threads(), compute.selection()),
        work,
        delivery,
        trends,
        review,
        web,
        audit,
        log);
  }

  /**
   * A time as the configuration writes it, e.g. {@code 500ms}, {@code 20s} or {@code 2m}.
   *
   * @throws IllegalArgumentException if it is none; the message names the forms
   */
  public static Duration duration(String text) {
    return ConfigSection.parseDuration(text);
  }

  /** Our own title: the one results are sent with. */
  public String aeTitle() {
    return aeTitles.get(0);
  }
}
