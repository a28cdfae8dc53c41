package nmsw.scp.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ServiceManagerTest {
  private static final Map<String, String> EVERY_20_MS = Map.of("WATCHDOG_USEC", "20000");

  private final BlockingQueue<String> sent = new LinkedBlockingQueue<>();

  private final List<ServiceManager> managers = new ArrayList<>();

  private ServiceManager manager(Map<String, String> environment) {
    ServiceManager manager = new ServiceManager(Optional.of(sent::add), environment);
    managers.add(manager);
    return manager;
  }

  @AfterEach
  void close() {
    managers.forEach(ServiceManager::close);
  }

  /** Looks until it was asked so often. */
  private static Supplier<List<String>> counted(Semaphore asked, Supplier<List<String>> stalled) {
    return () -> {
      asked.release();
      return stalled.get();
    };
  }

  @Test
  void statesAreToldInTheManagersWords() {
    ServiceManager manager = manager(Map.of());
    manager.ready("takes series");
    long before = System.nanoTime() / 1000;
    manager.reloading();
    manager.stopping();
    assertEquals("READY=1\nSTATUS=takes series", sent.poll());
    String[] reloading = sent.poll().split("\n");
    assertEquals("RELOADING=1", reloading[0]);
    long told = Long.parseLong(reloading[1].replaceFirst("^MONOTONIC_USEC=", ""));
    assertTrue(told >= before && told <= System.nanoTime() / 1000, reloading[1]);
    assertTrue(sent.poll().startsWith("STOPPING=1\nSTATUS="));
  }

  @Test
  void aNodeThatLivesGivesSignsOfIt() throws InterruptedException {
    manager(EVERY_20_MS).watch(List::of);
    for (int i = 0; i < 5; i++) {
      assertEquals("WATCHDOG=1", sent.take());
    }
  }

  @Test
  void onePartThatStandsStillEndsThemAndIsNamedOnce() throws InterruptedException {
    Semaphore asked = new Semaphore(0);
    manager(EVERY_20_MS).watch(counted(asked, () -> List.of("worker has not moved for 61 min")));
    asked.acquire(5);
    assertEquals("STATUS=worker has not moved for 61 min", sent.take());
    assertNull(sent.poll());
  }

  @Test
  void aLookThatFailsIsNoSignOfLifeAndTheNextIsTried() throws InterruptedException {
    Semaphore asked = new Semaphore(0);
    manager(EVERY_20_MS)
        .watch(
            counted(
                asked,
                () -> {
                  throw new IllegalStateException("a look that fails");
                }));
    asked.acquire(3);
    assertNull(sent.poll());
  }

  @Test
  void whileTheNodeStopsItsPartsMayStandStill() throws InterruptedException {
    ServiceManager manager = manager(EVERY_20_MS);
    manager.stopping();
    manager.watch(() -> List.of("no connections are accepted"));
    assertTrue(sent.take().startsWith("STOPPING=1"));
    assertEquals("WATCHDOG=1", sent.take());
  }

  @Test
  void withoutAWatchdogOfThisProcessThereAreNone() throws InterruptedException {
    for (Map<String, String> environment :
        List.of(
            Map.of("WATCHDOG_PID", "1", "WATCHDOG_USEC", "1000"),
            Map.of("WATCHDOG_USEC", "0"),
            Map.of("WATCHDOG_USEC", "-5"),
            Map.of("WATCHDOG_USEC", "soon"),
            Map.<String, String>of())) {
      Semaphore asked = new Semaphore(0);
      manager(environment).watch(counted(asked, List::of));
      assertFalse(asked.tryAcquire(20, TimeUnit.MILLISECONDS), environment.toString());
    }
  }

  @Test
  void aManagerThatIsNotThereIsNoReasonToStop() {
    for (String socket : List.of("", "/nowhere/notify", "@nmsw-nobody-listens", "relative", "vsock:2:1234", "/" + "x".repeat(200))) {
      try (ServiceManager manager = ServiceManager.of(Map.of("NOTIFY_SOCKET", socket))) {
        manager.ready("takes series");
        manager.stopping();
      }
    }
  }

  @Test
  void whatIsWrongWithASocketIsSaid() throws IOException {
    NotifySocket nowhere = new NotifySocket("/nowhere/notify");
    IOException e = assertThrows(IOException.class, () -> nowhere.send("READY=1"));
    assertTrue(e.getMessage().contains("No such file or directory"), e.getMessage());
    assertThrows(IOException.class, () -> new NotifySocket("vsock:2:1234"));
    assertThrows(IOException.class, () -> new NotifySocket("/" + "x".repeat(107)));
  }
}
