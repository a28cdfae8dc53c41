package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where an end that waits for nothing would hang, the time limit fails the test. */
@Timeout(60)
class EngineGateTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  private final EngineGate gate = new EngineGate();

  @Test
  void nobodyIsAwaitedWhereNobodyIsInside() throws InterruptedException {
    gate.enter();
    gate.enter();
    gate.leave();
    gate.leave();
    assertFalse(gate.isClosed());
    assertTrue(gate.close(LONG));
    assertTrue(gate.isClosed());
  }

  @Test
  void whoeverIsInsideIsToldAndAwaited() throws Exception {
    gate.enter();
    CompletableFuture<Boolean> closing = closing();
    // What a long piece of work does between its steps.
    assertThrows(
        CancellationException.class,
        () -> {
          while (true) {
            gate.check();
            Thread.onSpinWait();
          }
        });
    assertFalse(closing.isDone());
    gate.leave();
    assertTrue(closing.get(1, TimeUnit.MINUTES));
  }

  @Test
  void nobodyGetsInWhenItIsClosed() throws InterruptedException {
    gate.close(LONG);
    assertThrows(CancellationException.class, gate::enter);
    assertTrue(gate.close(LONG), "whoever was refused is not inside");
  }

  @Test
  void theWaitIsBounded() throws InterruptedException {
    gate.enter();
    assertFalse(gate.close(Duration.ofMillis(20)));
  }

  private CompletableFuture<Boolean> closing() {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return gate.close(LONG);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
