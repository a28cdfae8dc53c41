package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PrefetcherTest {
  private final BlockingQueue<Integer> made = new LinkedBlockingQueue<>();

  @Test
  void valuesComeInOrderAndEnd() throws Exception {
    List<Integer> taken = new ArrayList<>();
    try (Prefetcher<Integer> values = new Prefetcher<>(n -> n * n, 3, 7, 2)) {
      for (int i = 3; i < 7; i++) {
        taken.add(values.next(() -> false).orElseThrow());
      }
      assertThrows(NoSuchElementException.class, () -> values.next(() -> false));
    }
    assertEquals(List.of(9, 16, 25, 36), taken);
  }

  @Test
  void theyAreMadeBeforeTheyAreAskedForButNoMoreThanWereAllowed() throws Exception {
    try (Prefetcher<Integer> values = new Prefetcher<>(this::make, 0, 100, 2)) {
      assertEquals(0, made.poll(30, TimeUnit.SECONDS));
      assertEquals(1, made.poll(30, TimeUnit.SECONDS));
      values.next(() -> false);
      assertEquals(2, made.poll(30, TimeUnit.SECONDS));
    }
    assertTrue(made.isEmpty(), "made " + made + " while nobody asked");
  }

  @Test
  void theyAreMadeOnAThreadThatDoesNotKeepTheProcess() throws Exception {
    try (Prefetcher<Thread> values = new Prefetcher<>(n -> Thread.currentThread(), 0, 1, 1)) {
      Thread maker = values.next(() -> false).orElseThrow();
      assertNotEquals(Thread.currentThread(), maker);
      assertTrue(maker.isDaemon());
    }
  }

  @Test
  void whatFailsFailsAtItsTurn() throws Exception {
    Prefetcher<Integer> values =
        new Prefetcher<>(
            n -> {
              if (n == 1) {
                throw new IllegalStateException("number " + n);
              }
              return n;
            },
            0,
            3,
            2);
    try (values) {
      assertEquals(0, values.next(() -> false).orElseThrow());
      assertEquals(
          "number 1", assertThrows(IllegalStateException.class, () -> values.next(() -> false)).getMessage());
    }
  }

  @Test
  void whoeverWaitsCanBeStopped() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(3);
    Prefetcher<Integer> values =
        new Prefetcher<>(
            n -> {
              await(release);
              return n;
            },
            0,
            10,
            1);
    try (values) {
      Optional<Integer> none =
          values.next(
              () -> {
                asked.countDown();
                return asked.getCount() == 0;
              });
      assertFalse(none.isPresent());
      release.countDown();
    }
  }

  @Test
  void closingWaitsForWhatIsBeingMadeAndBeginsNothingMore() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    Prefetcher<Integer> values =
        new Prefetcher<>(
            n -> {
              begun.countDown();
              return make(n);
            },
            0,
            10,
            2);
    await(begun);
    values.close();
    assertTrue(made.contains(0), "the first was cut off");
    int count = made.size();
    assertTrue(count <= 2, "made " + made);
  }

  private int make(int n) {
    made.add(n);
    return n;
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }
}
