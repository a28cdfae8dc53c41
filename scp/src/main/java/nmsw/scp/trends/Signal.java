package nmsw.scp.trends;

import java.util.Optional;
import nmsw.scp.series.ModelVersion;

/**
 * Something of a model version's results that may drift.
 *
 * @param organ whose volume, in ml, it is; empty for the entropy of the importance map
 */
public record Signal(ModelVersion model, Optional<String> organ) {
  /** {@code entropy} or {@code volume}. */
  public String kind() {
    return organ.isPresent() ? "volume" : "entropy";
  }

  @Override
  public String toString() {
    return model + " " + organ.map(name -> "volume of " + name).orElse("entropy of the importance map");
  }
}
