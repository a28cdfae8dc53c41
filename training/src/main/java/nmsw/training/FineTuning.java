package nmsw.training;

import java.util.List;
import java.util.Map;

/**
 * The recipe's {@code from}: which model training begins with, and how much of it is changed.
 *
 * @param bundle folder of the model, as {@code data} is relative to where the command is run
 * @param freeze beginnings of the names of parameters that stay as they are, such as {@code global} or {@code local.d}
 * @param rates factor of the learning rate by beginning of the name; the longest that fits counts
 */
record FineTuning(String bundle, List<String> freeze, Map<String, Double> rates) {
  FineTuning {
    if (bundle == null || bundle.isEmpty()) {
      throw new IllegalArgumentException("from must name a bundle");
    }
    freeze = freeze == null ? List.of() : List.copyOf(freeze);
    rates = rates == null ? Map.of() : Map.copyOf(rates);
  }

  /** The same with another model. */
  FineTuning withBundle(String other) {
    return new FineTuning(other, freeze, rates);
  }
}
