package nmsw.scp;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Finds the rule of a series that is in the spool: the first whose conditions it meets. */
final class Router {
  private final List<Route> routes;
  private final Spool spool;

  Router(List<Route> routes, Spool spool) {
    this.routes = List.copyOf(routes);
    this.spool = spool;
  }

  /** @return empty if no rule takes the series */
  Optional<Route> route(SeriesRecord series) throws IOException {
    SeriesFacts facts =
        SeriesFacts.of(series.calledAe(), series.callingAe(), spool.objects(series.seriesUid()));
    return routes.stream().filter(route -> route.when().unmetBy(facts).isEmpty()).findFirst();
  }

  /** Of a series in the queue; routine where it can't be told, for then the job will say why. */
  Route.Priority priority(SeriesRecord series) {
    if (routes.stream().noneMatch(route -> route.priority() == Route.Priority.URGENT)) {
      // Nothing of the series need be read.
      return Route.Priority.ROUTINE;
    }
    try {
      return route(series).map(Route::priority).orElse(Route.Priority.ROUTINE);
    } catch (IOException e) {
      return Route.Priority.ROUTINE;
    }
  }
}
