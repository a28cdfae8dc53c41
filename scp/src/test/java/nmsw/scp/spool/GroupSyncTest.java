package nmsw.scp.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GroupSyncTest {
  private static final Path FOLDER = Path.of("series");

  /** A disk whose syncs end when the test says so. */
  private static final class SlowDisk implements GroupSync.Disk {
    final BlockingQueue<CompletableFuture<Void>> begun = new LinkedBlockingQueue<>();

    @Override
    public void sync(Path folder) throws IOException {
      CompletableFuture<Void> end = new CompletableFuture<>();
      begun.add(end);
      try {
        end.join();
      } catch (CompletionException e) {
        throw new IOException(e.getCause());
      }
    }

    CompletableFuture<Void> next() throws InterruptedException {
      CompletableFuture<Void> sync = begun.poll(20, TimeUnit.SECONDS);
      assertTrue(sync != null, "no sync begins");
      return sync;
    }
  }

  private static List<CompletableFuture<Void>> callers(GroupSync sync, int number, List<Thread> threads) {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      Thread thread =
          new Thread(
              () -> {
                try {
                  sync.sync(FOLDER);
                  done.complete(null);
                } catch (IOException e) {
                  done.completeExceptionally(e);
                }
              });
      thread.start();
      threads.add(thread);
      all.add(done);
    }
    return all;
  }

  /** Until each of them waits for something: then it has joined. */
  private static void awaitWaiting(List<Thread> threads) {
    for (Thread thread : threads) {
      while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.BLOCKED) {
        assertTrue(thread.isAlive());
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void whoComesDuringASyncSharesTheNext() throws Exception {
    SlowDisk disk = new SlowDisk();
    GroupSync sync = new GroupSync(disk);
    List<Thread> threads = new ArrayList<>();
    CompletableFuture<Void> first = callers(sync, 1, threads).get(0);
    CompletableFuture<Void> firstSync = disk.next();
    List<CompletableFuture<Void>> late = callers(sync, 7, threads);
    awaitWaiting(threads);
    assertTrue(disk.begun.isEmpty(), "one at a time");

    firstSync.complete(null);
    first.get(20, TimeUnit.SECONDS);
    CompletableFuture<Void> secondSync = disk.next();
    assertTrue(late.stream().noneMatch(CompletableFuture::isDone), "a sync that began before they came is not theirs");
    secondSync.complete(null);
    for (CompletableFuture<Void> each : late) {
      each.get(20, TimeUnit.SECONDS);
    }
    assertTrue(disk.begun.isEmpty(), "one sync for all seven");
  }

  @Test
  void aSyncThatFailsFailsForAllWhoSharedItAndNoOther() throws Exception {
    SlowDisk disk = new SlowDisk();
    GroupSync sync = new GroupSync(disk);
    List<Thread> threads = new ArrayList<>();
    CompletableFuture<Void> first = callers(sync, 1, threads).get(0);
    CompletableFuture<Void> firstSync = disk.next();
    List<CompletableFuture<Void>> late = callers(sync, 3, threads);
    awaitWaiting(threads);
    firstSync.complete(null);
    disk.next().completeExceptionally(new IOException("no space left"));

    first.get(20, TimeUnit.SECONDS);
    for (CompletableFuture<Void> each : late) {
      Exception failure = assertThrows(Exception.class, () -> each.get(20, TimeUnit.SECONDS));
      assertTrue(failure.getMessage().contains("no space left"), failure.getMessage());
    }
    CompletableFuture<Void> after = callers(sync, 1, threads).get(0);
    disk.next().complete(null);
    after.get(20, TimeUnit.SECONDS);
  }

  /** What was added before the call is on disk after it, whatever the threads do. */
  @Test
  void nobodyReturnsBeforeASyncThatBeganAfterItsCall() throws Exception {
    AtomicInteger written = new AtomicInteger();
    AtomicInteger durable = new AtomicInteger();
    AtomicInteger syncs = new AtomicInteger();
    GroupSync sync =
        new GroupSync(
            folder -> {
              int seen = written.get();
              Thread.yield();
              durable.accumulateAndGet(seen, Math::max);
              syncs.incrementAndGet();
            });
    int threads = 8;
    int times = 2000;
    CountDownLatch start = new CountDownLatch(threads);
    List<CompletableFuture<Boolean>> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      all.add(
          CompletableFuture.supplyAsync(
              () -> {
                start.countDown();
                boolean kept = true;
                for (int k = 0; k < times; k++) {
                  int mine = written.incrementAndGet();
                  try {
                    sync.sync(FOLDER);
                  } catch (IOException e) {
                    throw new CompletionException(e);
                  }
                  kept &= durable.get() >= mine;
                }
                return kept;
              },
              task -> new Thread(task).start()));
    }
    for (CompletableFuture<Boolean> each : all) {
      assertTrue(each.get(30, TimeUnit.SECONDS));
    }
    assertEquals(threads * times, durable.get());
    assertFalse(syncs.get() > threads * times);
  }
}
