package nmsw.training;

import java.util.Collections;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import nmsw.segmentation.nn.ParameterSpec;

/**
 * How fast each parameter learns: a factor of the schedule's rate, 0 for a frozen one, which is never touched.
 *
 * @param factors in the order of the parameters
 */
record LearningRates(List<Double> factors) {
  LearningRates {
    factors = List.copyOf(factors);
  }

  static LearningRates equal(int parameters) {
    return new LearningRates(Collections.nCopies(parameters, 1.0));
  }

  /**
   * @param frozen beginnings of names, such as {@code global} or {@code local.d0}
   * @param rates factor by beginning; the longest that fits counts
   * @throws IllegalArgumentException if no parameter begins so, or a factor is negative or not finite
   */
  static LearningRates of(
      List<ParameterSpec> specs, List<String> frozen, Map<String, Double> rates) {
    frozen.forEach(prefix -> requireMatch("freeze", prefix, specs));
    rates.forEach(
        (prefix, factor) -> {
          requireMatch("rates", prefix, specs);
          if (factor == null || !(factor >= 0 && factor <= Double.MAX_VALUE)) {
            throw new IllegalArgumentException("rates: " + prefix + " has the factor " + factor);
          }
        });
    return new LearningRates(
        specs.stream().map(spec -> factor(spec.name(), frozen, rates)).toList());
  }

  private static double factor(String name, List<String> frozen, Map<String, Double> rates) {
    if (frozen.stream().anyMatch(name::startsWith)) {
      return 0;
    }
    String longest = null;
    for (String prefix : rates.keySet()) {
      if (name.startsWith(prefix) && (longest == null || prefix.length() > longest.length())) {
        longest = prefix;
      }
    }
    return longest == null ? 1 : rates.get(longest);
  }

  private static void requireMatch(String key, String prefix, List<ParameterSpec> specs) {
    Objects.requireNonNull(prefix, key);
    if (prefix.isEmpty() || specs.stream().noneMatch(spec -> spec.name().startsWith(prefix))) {
      throw new IllegalArgumentException(
          "%s: no parameter's name begins with '%s'; the first is %s, the last %s"
              .formatted(key, prefix, specs.get(0).name(), specs.get(specs.size() - 1).name()));
    }
  }

  boolean isFrozen(int parameter) {
    return factors.get(parameter) == 0;
  }
}
