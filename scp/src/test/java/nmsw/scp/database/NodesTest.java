package nmsw.scp.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nmsw.scp.FakeClock;
import nmsw.scp.config.Route;
import nmsw.scp.series.SeriesRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodesTest {
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);

  @TempDir Path folder;
  private final FakeClock clock = new FakeClock();
  private final List<String> taken = new ArrayList<>();
  private Database database;

  @BeforeEach
  void open() throws IOException {
    database = Memory.database();
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Nodes join(String name) throws Exception {
    Nodes nodes = new Nodes(database.dataSource(), name, HEARTBEAT, clock);
    nodes.join();
    return nodes;
  }

  /** Time passes; those given show that they live. */
  private void pass(int heartbeats, Nodes... living) throws Exception {
    for (int i = 0; i < heartbeats; i++) {
      clock.advance(HEARTBEAT);
      for (Nodes node : living) {
        assertTrue(node.beat());
        node.watch(taken::add);
      }
    }
  }

  @Test
  void aDeadNodeIsTakenOverOnceByOneOfTheOthers() throws Exception {
    Nodes a = join("a");
    Nodes b = join("b");
    Nodes c = join("c");
    pass(20, a, b, c);
    assertEquals(List.of(), taken);
    pass(Nodes.MISSED - 1, b, c);
    assertEquals(List.of(), taken);
    pass(20, b, c);
    assertEquals(List.of("a"), taken);
    assertFalse(a.beat(), "it was not told that it lost its work");
  }

  @Test
  void aNodeThatRestartsInTimeKeepsItsWork() throws Exception {
    join("a");
    Nodes b = join("b");
    for (int restart = 0; restart < 5; restart++) {
      pass(Nodes.MISSED - 1, b);
      join("a");
    }
    assertEquals(List.of(), taken);
  }

  @Test
  void theProcessThatCameFirstUnderANameLearnsIt() throws Exception {
    Nodes first = join("a");
    Nodes second = join("a");
    assertTrue(second.beat());
    assertFalse(first.beat());
  }

  @Test
  void aTakeoverThatFailsIsMadeAgainAndHoldsUpNoOther() throws Exception {
    join("a");
    join("c");
    join("d");
    Nodes b = join("b");
    b.watch(taken::add);
    clock.advance(HEARTBEAT.multipliedBy(Nodes.MISSED));
    assertThrows(
        IOException.class,
        () ->
            b.watch(
                dead -> {
                  if (dead.equals("c")) {
                    throw new IOException("the disk is gone");
                  }
                  taken.add(dead);
                }));
    assertEquals(Set.of("a", "d"), Set.copyOf(taken));
    b.watch(taken::add);
    assertEquals("c", taken.get(2));
  }

  /** The page of any of them holds the queue of all, which share the file that says so. */
  @Test
  void aQueueThatIsHeldAtOneNodeIsHeldAtTheOthersAndGoesOnThereToo() throws Exception {
    Path held = folder.resolve("held");
    CountDownLatch worked = new CountDownLatch(1);
    try (JobQueue here = queue("here", held, () -> {});
        JobQueue there = queue("there", held, worked::countDown)) {
      here.hold();
      assertTrue(here.isPaused());
      there.start();
      assertTrue(there.isPaused(), "it was held when this one started");
      here.resume();
      assertFalse(here.isPaused());
      there.follow();
      assertFalse(there.isPaused());
      here.hold();
      there.follow();
      assertTrue(there.isPaused(), "it was held while this one ran");

      there.add(SeriesRecord.opened("1.2.3", "CT1", "NMSW", clock.instant()));
      assertEquals(1, worked.getCount());
      here.resume();
      there.follow();
      assertTrue(worked.await(30, TimeUnit.SECONDS), "it does not go on");

      // What has lost its GPU takes nothing any more, whatever an operator wants.
      there.pause();
      here.hold();
      there.follow();
      here.resume();
      there.follow();
      assertTrue(there.isPaused());
    }
  }

  private JobQueue queue(String node, Path held, Runnable job) {
    return new JobQueue(
        database.dataSource(),
        Clock.systemUTC(),
        node,
        HEARTBEAT,
        held,
        Duration.ZERO,
        series -> Route.Priority.ROUTINE,
        (uid, revision) -> {
          job.run();
          return Optional.empty();
        });
  }

  @Test
  void namesThatAreOnlyKnownFromWhatTheyLeftAreTakenOverToo() throws Exception {
    Nodes b = join("b");
    b.expect(List.of("a", "b"));
    pass(Nodes.MISSED + 1, b);
    assertEquals(List.of("a"), taken);
    b.expect(List.of("a"));
    Nodes a = join("a");
    pass(Nodes.MISSED + 1, a, b);
    assertEquals(List.of("a"), taken, "it showed up");
  }
}
