package nmsw.scp.trends;

import nmsw.scp.config.TrendRules;

/** How a signal stands. */
public record Assessment(Signal signal, Drift drift, State state) {
  /** In words of the API. */
  public enum State {
    /** There are too few results, recent ones or before, to tell. */
    TOO_FEW,
    STEADY,
    /** There is an alert. */
    DRIFT
  }

  /** An alert ends below this share of its limit; else one at the limit would end and begin with every result. */
  private static final double END = 0.75;

  /** @param alerted whether there was an alert already */
  static Assessment of(Signal signal, Drift drift, TrendRules rules, boolean alerted) {
    double limit = alerted ? END * rules.alert() : rules.alert();
    State state = Math.abs(drift.value()) >= limit ? State.DRIFT : State.STEADY;
    boolean enough = Math.min(drift.recent(), drift.reference()) >= rules.minimumSeries();
    return new Assessment(signal, drift, enough ? state : State.TOO_FEW);
  }
}
