package nmsw.scp.config;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One routing rule: which series it takes, and what is done with them.
 *
 * @param model name of the model, a folder of the models directory
 * @param destinations names of the destinations that get the result
 * @param deadline bounds the number of patches so that the network is done so long after the work on a series
 *     began; empty for no bound
 * @param priority of its series in the queue
 * @param effort of the network, where it is not the usual
 */
public record Route(
    Conditions when,
    String model,
    List<String> destinations,
    Optional<Duration> deadline,
    Priority priority,
    Effort effort) {

  /** This rule with another model. */
  public Route withModel(String name) {
    return new Route(when, name, destinations, deadline, priority, effort);
  }

  /** Whose turn it is among series that wait. */
  public enum Priority {
    /** Ahead of routine series, but of none that waits {@code JobQueue.HEAD_START} longer. */
    URGENT,
    ROUTINE;

    static Priority parse(String text) {
      return switch (text) {
        case "urgent" -> URGENT;
        case "routine" -> ROUTINE;
        default -> throw new IllegalArgumentException("'" + text + "' is neither urgent nor routine");
      };
    }
  }

  /**
   * What a series must be like; what is empty is not asked for.
   *
   * @param calledAe the title of ours that it was sent to
   * @param callingAe the AE that sent it
   * @param attributes patterns, one of which a value must match: * stands for any characters, ? for one, and case does
   *     not count
   * @param minSliceThickness mm
   * @param maxSliceThickness mm
   * @param minSlices number of images; 0 for any
   */
  public record Conditions(
      Optional<String> calledAe,
      Optional<String> callingAe,
      Map<RouteAttribute, List<String>> attributes,
      OptionalDouble minSliceThickness,
      OptionalDouble maxSliceThickness,
      int minSlices) {

    public Conditions {
      Map<RouteAttribute, List<String>> ordered = new EnumMap<>(RouteAttribute.class);
      ordered.putAll(attributes);
      attributes = Collections.unmodifiableMap(ordered);
    }
  }
}
