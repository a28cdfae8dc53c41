package nmsw.scp;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import nmsw.scp.config.ConfigException;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.StartException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration's file again while its node runs. All of it is taken over or nothing: what is wrong, cannot be used
 * or needs a restart is named in the log, and the node goes on with what it had.
 */
public final class Reloader {
  private static final Logger LOG = LoggerFactory.getLogger(Reloader.class);

  private final Node node;
  private final Path file;
  private final UnaryOperator<NodeConfig> overrides;
  private final InstantSource clock;

  /**
   * @param overrides what was said beside the file when the node was started
   */
  public Reloader(Node node, Path file, UnaryOperator<NodeConfig> overrides, InstantSource clock) {
    this.node = node;
    this.file = file;
    this.overrides = overrides;
    this.clock = clock;
  }

  /** Whether the node now runs with what the file says. */
  public synchronized boolean reload() {
    NodeConfig next;
    try {
      next = overrides.apply(NodeConfig.read(file));
    } catch (ConfigException e) {
      return refused(e.problems());
    }
    ConfigChange change = ConfigChange.between(node.config(), next);
    if (!change.fixed().isEmpty()) {
      return refused(List.of("needs a restart: " + String.join(", ", change.fixed())));
    }
    List<StartException> obstacles = Preflight.of(next, clock.instant());
    if (!obstacles.isEmpty()) {
      return refused(obstacles.stream().map(Throwable::getMessage).toList());
    }
    if (!change.taken().isEmpty()) {
      node.reconfigure(next);
    }
    LOG.info(
        "configuration {} read again; {}",
        file,
        change.taken().isEmpty() ? "nothing changed" : "taken over: " + String.join(", ", change.taken()));
    node.metrics().reloaded(true);
    return true;
  }

  private boolean refused(List<String> problems) {
    LOG.error(
        "configuration {} not taken over, the node goes on as before: {}",
        file,
        problems.stream().collect(Collectors.joining("; ")));
    node.metrics().reloaded(false);
    return false;
  }
}
