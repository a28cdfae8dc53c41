package nmsw.scp;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.delivery.Destinations;

/**
 * What differs between the configuration that a node runs with and another.
 *
 * @param taken keys whose new values can be taken over while the node runs
 * @param fixed keys that need a restart
 */
record ConfigChange(List<String> taken, List<String> fixed) {
  /** Keys, and sections of them, that are asked anew each time: what is under way keeps what it began with. */
  private static final List<String> LIVE =
      List.of(
          "callingAeTitles",
          "routes",
          "destinations",
          "delivery.connectTimeout",
          "delivery.responseTimeout",
          "delivery.firstRetry",
          "delivery.maxRetry",
          "delivery.maxRefusedRetry",
          "delivery.warnAfter",
          "series",
          "network.maxAssociations",
          "network.maxAssociationsPerPeer",
          "network.maxPdu",
          "network.idleTimeout",
          "network.artimTimeout",
          "network.compressed",
          "trends",
          "review",
          "log");

  static ConfigChange between(NodeConfig running, NodeConfig next) {
    ConfigChange change = new ConfigChange(new ArrayList<>(), new ArrayList<>());
    change.compare("", running, next);
    if (Destinations.report(next) && !Destinations.report(running)) {
      change.fixed.add("destinations (the first that commits itself)");
    }
    return change;
  }

  private void compare(String path, Record running, Record next) {
    for (RecordComponent component : running.getClass().getRecordComponents()) {
      Object before = value(component, running);
      Object after = value(component, next);
      String key = path + component.getName();
      if (Objects.equals(before, after)) {
        continue;
      }
      if (isLive(key)) {
        taken.add(key);
      } else if (before instanceof Record section && after instanceof Record changed && isSection(section)) {
        compare(key + ".", section, changed);
      } else {
        fixed.add(key);
      }
    }
  }

  private static boolean isLive(String key) {
    return LIVE.stream().anyMatch(live -> key.equals(live) || key.startsWith(live + "."));
  }

  /** Whether its components are keys, too. */
  private static boolean isSection(Record value) {
    return !(value instanceof DataSize);
  }

  private static Object value(RecordComponent component, Record record) {
    try {
      Object value = component.getAccessor().invoke(record);
      return value instanceof Optional<?> optional && optional.isPresent() ? optional.get() : value;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a record's accessor cannot be called: " + component, e);
    }
  }
}
