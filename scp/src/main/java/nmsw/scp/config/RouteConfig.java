package nmsw.scp.config;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.segmentation.PrecisionRequest;
import nmsw.segmentation.SelectionRequest;

/** Reads {@code routes} of the configuration. */
final class RouteConfig {
  private RouteConfig() {}

  static List<Route> readAll(ConfigSection root, Map<String, DestinationConfig> destinations) {
    List<Route> routes = new ArrayList<>();
    for (ConfigSection section : root.sections("routes")) {
      routes.add(read(section, destinations));
    }
    if (routes.isEmpty()) {
      root.problem("routes", "needs at least one, with a model and destinations");
    }
    return routes;
  }

  private static Route read(ConfigSection section, Map<String, DestinationConfig> destinations) {
    String model = section.scalar("model", ConfigSection::name, null);
    if (model == null) {
      section.problem("model", "is needed: the name of a folder in modelsDirectory");
    }
    List<String> names = section.list("destinations", ConfigSection::name, List.of());
    if (names.isEmpty()) {
      section.problem("destinations", "needs at least one name of a destination");
    }
    for (String name : names) {
      if (!destinations.containsKey(name)) {
        section.problem("destinations", "'" + name + "' is not among the destinations");
      }
    }
    reportsReferToWhatIsSent(section, names, destinations);
    Route route =
        new Route(
            conditions(section),
            model,
            names.stream().distinct().toList(),
            Optional.ofNullable(section.positiveDuration("deadline", null)),
            section.scalar("priority", Route.Priority::parse, Route.Priority.ROUTINE),
            new Effort(
                Optional.ofNullable(section.scalar("selection", SelectionRequest.Kind::parse, null)),
                Optional.of(section.integer("k", 1, 100_000, 0)).filter(k -> k > 0),
                Optional.ofNullable(section.scalar("precision", PrecisionRequest::parse, null))));
    section.end();
    return route;
  }

  private static Route.Conditions conditions(ConfigSection section) {
    Map<RouteAttribute, List<String>> attributes = new EnumMap<>(RouteAttribute.class);
    for (RouteAttribute attribute : RouteAttribute.values()) {
      List<String> patterns = section.list(attribute.key(), Function.identity(), List.of());
      if (!patterns.isEmpty()) {
        attributes.put(attribute, patterns);
      }
    }
    return new Route.Conditions(
        Optional.ofNullable(section.scalar("calledAe", ConfigSection::aeTitle, null)),
        Optional.ofNullable(section.scalar("callingAe", ConfigSection::aeTitle, null)),
        attributes,
        millimetres(section, "minSliceThickness"),
        millimetres(section, "maxSliceThickness"),
        section.integer("minSlices", 0, 100_000, 0));
  }

  private static OptionalDouble millimetres(ConfigSection section, String key) {
    double mm = section.number(key, 0, 1000, -1);
    return mm < 0 ? OptionalDouble.empty() : OptionalDouble.of(mm);
  }

  /** A report refers to segments: some destination of its route has to get them. */
  private static void reportsReferToWhatIsSent(
      ConfigSection route, List<String> names, Map<String, DestinationConfig> destinations) {
    Set<Kind> sent = EnumSet.noneOf(Kind.class);
    for (String name : names) {
      DestinationConfig destination = destinations.get(name);
      if (destination != null && destination.objects().contains(ResultKind.SEG)) {
        sent.add(destination.segmentation().kind());
      }
    }
    for (String name : names) {
      DestinationConfig destination = destinations.get(name);
      if (destination != null
          && destination.objects().contains(ResultKind.SR)
          && !sent.contains(destination.segmentation().kind())) {
        route.problem(
            "destinations",
            "'" + name + "' gets a report on a segmentation of kind "
                + destination.segmentation().kind().name().toLowerCase(Locale.ROOT)
                + ", which no destination of the route gets; add seg to its objects, or set its segmentation to the"
                + " kind that another gets");
      }
    }
  }
}
