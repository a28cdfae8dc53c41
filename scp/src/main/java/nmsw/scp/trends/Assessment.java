package nmsw.scp.trends;

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

  static Assessment of(Signal signal, Drift drift, TrendRules rules) {
    State state = Math.abs(drift.value()) >= rules.alert() ? State.DRIFT : State.STEADY;
    boolean enough = Math.min(drift.recent(), drift.reference()) >= rules.minimumSeries();
    return new Assessment(signal, drift, enough ? state : State.TOO_FEW);
  }
}
