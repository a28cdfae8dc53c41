package nmsw.scp;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

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
  Route withModel(String name) {
    return new Route(when, name, destinations, deadline, priority, effort);
  }

  /** Whose turn it is among series that wait. */
  public enum Priority {
    /** Ahead of routine series, but of none that waits {@link JobQueue#HEAD_START} longer. */
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

    /** The first condition that a series does not meet, in words; empty if it meets all. */
    public Optional<String> unmetBy(SeriesFacts series) {
      if (calledAe.isPresent() && !calledAe.get().equals(series.calledAe())) {
        return Optional.of("it was sent to " + series.calledAe() + ", not " + calledAe.get());
      }
      if (callingAe.isPresent() && !callingAe.get().equals(series.callingAe())) {
        return Optional.of("it came from " + series.callingAe() + ", not " + callingAe.get());
      }
      for (Map.Entry<RouteAttribute, List<String>> attribute : attributes.entrySet()) {
        List<String> values = series.values().getOrDefault(attribute.getKey(), List.of());
        if (values.stream().noneMatch(value -> attribute.getValue().stream().anyMatch(p -> matches(p, value)))) {
          return Optional.of(
              attribute.getKey().key() + " is " + quoted(values, "absent", "\\") + ", not "
                  + quoted(attribute.getValue(), "", " or "));
        }
      }
      if (series.slices() < minSlices) {
        return Optional.of("it has " + series.slices() + " slices, fewer than " + minSlices);
      }
      return unmetThickness(series.sliceThickness());
    }

    private Optional<String> unmetThickness(OptionalDouble thickness) {
      if (thickness.isEmpty()) {
        boolean asked = minSliceThickness.isPresent() || maxSliceThickness.isPresent();
        return asked ? Optional.of("its slice thickness is not known") : Optional.empty();
      }
      double mm = thickness.getAsDouble();
      if (mm < minSliceThickness.orElse(mm)) {
        return Optional.of("its slices of " + mm + " mm are thinner than " + minSliceThickness.getAsDouble() + " mm");
      }
      if (mm > maxSliceThickness.orElse(mm)) {
        return Optional.of("its slices of " + mm + " mm are thicker than " + maxSliceThickness.getAsDouble() + " mm");
      }
      return Optional.empty();
    }

    private static String quoted(List<String> values, String none, String between) {
      return values.isEmpty()
          ? none
          : values.stream().map(value -> "'" + value + "'").collect(Collectors.joining(between));
    }

    private static boolean matches(String pattern, String value) {
      String regex =
          pattern
              .chars()
              .mapToObj(c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c)))
              .collect(Collectors.joining());
      return Pattern.compile(regex, Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE | Pattern.DOTALL)
          .matcher(value)
          .matches();
    }
  }
}
