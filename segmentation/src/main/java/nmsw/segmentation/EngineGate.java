package nmsw.segmentation;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the process end only while nobody is in the engine.
 *
 * <p>A JVM that ends calls {@code exit()}, which destroys what the engine's libraries hold (oneDNN frees its generated code,
 * PyTorch its table of operators), on a thread of its own; a call into the engine that is under way meanwhile runs into freed
 * memory, and the process crashes. {@link Runtime#halt} calls {@code exit()} too. So work that uses the engine stands in a
 * section between {@link #enter()} and {@link #leave()}, and asks now and then whether it may {@link #check() go on}; a shutdown
 * hook closes the gate and waits until all have left.
 */
public final class EngineGate {
  private static final Logger LOG = LoggerFactory.getLogger(EngineGate.class);

  /** Longer than one network takes; shorter than service managers wait before they kill. */
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private static final EngineGate PROCESS = heldByTheProcess();

  private int inside;
  private boolean closed;

  EngineGate() {}

  /** The gate of this process, which has one engine. */
  public static EngineGate ofProcess() {
    return PROCESS;
  }

  /**
   * Begins a section, which must end with {@link #leave()}; sections may be nested.
   *
   * @throws CancellationException if the process ends
   */
  public synchronized void enter() {
    check();
    inside++;
  }

  public synchronized void leave() {
    inside--;
    notifyAll();
  }

  /** Whether the process ends; work in a section has to be left then. */
  public synchronized boolean isClosed() {
    return closed;
  }

  /** @throws CancellationException if the process ends */
  public void check() {
    if (isClosed()) {
      throw new CancellationException("stopped, because the process was told to end");
    }
  }

  /**
   * Lets nobody in any more, and waits for those inside.
   *
   * @return whether all have left
   */
  synchronized boolean close(Duration limit) throws InterruptedException {
    closed = true;
    long end = System.nanoTime() + limit.toNanos();
    for (long left = limit.toNanos(); inside > 0 && left > 0; left = end - System.nanoTime()) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return inside == 0;
  }

  private synchronized boolean isEmpty() {
    return inside == 0;
  }

  private static EngineGate heldByTheProcess() {
    EngineGate gate = new EngineGate();
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(gate::closeAtEnd, "nmsw-engine-gate"));
    } catch (IllegalStateException e) {
      // The process ends already; whoever wanted in comes too late.
      gate.closed = true;
    }
    return gate;
  }

  private void closeAtEnd() {
    if (!isEmpty()) {
      LOG.info("told to end; what the engine computes now is awaited, {} s at most", LIMIT.toSeconds());
    }
    try {
      if (!close(LIMIT)) {
        LOG.error("the engine did not return within {} s: the process is killed", LIMIT.toSeconds());
        // Neither exit nor halt ends a process without destroying the engine under the call's feet.
        new ProcessBuilder("/bin/sh", "-c", "kill -KILL " + ProcessHandle.current().pid()).start().waitFor();
      }
    } catch (IOException | InterruptedException e) {
      LOG.error("the process ends while the engine computes, and may crash", e);
    }
  }
}
