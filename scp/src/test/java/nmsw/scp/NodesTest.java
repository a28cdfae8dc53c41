package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NodesTest {
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);

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
