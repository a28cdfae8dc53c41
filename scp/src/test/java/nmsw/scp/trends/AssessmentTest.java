package nmsw.scp.trends;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.ZoneOffset;
import java.util.Optional;
import nmsw.scp.config.TrendRules;
import nmsw.scp.series.ModelVersion;
import nmsw.scp.trends.Assessment.State;
import org.junit.jupiter.api.Test;

class AssessmentTest {
  private static final Signal SIGNAL = new Signal(new ModelVersion("abdomen", "3"), Optional.empty());
  private static final TrendRules RULES = new TrendRules(ZoneOffset.UTC, 7, 90, 30, 4);

  private static State state(int recent, int reference, double drift, boolean alerted) {
    return Assessment.of(SIGNAL, new Drift(recent, reference, 1, 1, drift), RULES, alerted).state();
  }

  @Test
  void anAlertBeginsAtTheLimitAndEndsWellBelowIt() {
    assertEquals(State.STEADY, state(30, 30, 3.99, false));
    assertEquals(State.DRIFT, state(30, 30, 4, false));
    assertEquals(State.DRIFT, state(30, 30, -4, false));
    assertEquals(State.DRIFT, state(30, 30, -3, true));
    assertEquals(State.STEADY, state(30, 30, 2.99, true));
  }

  @Test
  void fewResultsTellNothing() {
    assertEquals(State.TOO_FEW, state(29, 300, 9, true));
    assertEquals(State.TOO_FEW, state(300, 29, 9, false));
    assertEquals(State.TOO_FEW, state(0, 0, 0, false));
  }
}
