package nmsw.scp.routing;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.Route;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.spool.Spool;

/** Finds the rule of a series that is in the spool: the first whose conditions it meets. */
public final class Router {
  private final Supplier<NodeConfig> settings;
  private final Spool spool;

  public Router(Supplier<NodeConfig> settings, Spool spool) {
    this.settings = settings;
    this.spool = spool;
  }

  /** @return empty if no rule takes the series */
  Optional<Route> route(SeriesRecord series) throws IOException {
    return route(series, settings.get().routes());
  }

  /** As {@link #route(SeriesRecord)}, by these rules. */
  public Optional<Route> route(SeriesRecord series, List<Route> routes) throws IOException {
    SeriesFacts facts =
        SeriesFacts.of(series.calledAe(), series.callingAe(), spool.objects(series.seriesUid()));
    return routes.stream().filter(route -> facts.unmet(route.when()).isEmpty()).findFirst();
  }

  /** Of a series in the queue; routine where it can't be told, for then the job will say why. */
  public Route.Priority priority(SeriesRecord series) {
    if (settings.get().routes().stream().noneMatch(route -> route.priority() == Route.Priority.URGENT)) {
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
