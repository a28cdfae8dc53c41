package nmsw.training;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes numbered values ahead of whoever takes them, in order, on one thread of its own, so that the taker need not wait while
 * the next one is loaded. What is made must depend on the number alone; then it is the same as if it were made when taken.
 *
 * <p>That thread never calls the engine, and does not keep the process from ending.
 */
final class Prefetcher<T> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Prefetcher.class);
  private static final Duration ASK = Duration.ofMillis(100);
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final IntFunction<T> source;
  private final int end;
  private final ExecutorService thread;
  private final Deque<Future<T>> ahead = new ArrayDeque<>();
  private int number;

  /**
   * @param source called on the thread, for one number after the other
   * @param first number
   * @param end number after the last
   * @param most values that are held or made before they are asked for
   */
  Prefetcher(IntFunction<T> source, int first, int end, int most) {
    this.source = source;
    this.end = end;
    this.number = first;
    this.thread = Executors.newSingleThreadExecutor(Prefetcher::daemon);
    for (int i = 0; i < most; i++) {
      beginNext();
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "nmsw-samples");
    thread.setDaemon(true);
    return thread;
  }

  private void beginNext() {
    if (number < end) {
      int next = number++;
      ahead.add(thread.submit(() -> source.apply(next)));
    }
  }

  /**
   * Waits for the next value.
   *
   * @param stopped asked while waiting
   * @return empty if it was stopped before the value was there
   * @throws RuntimeException the source's, at the turn of its number
   * @throws java.util.NoSuchElementException after the last
   */
  Optional<T> next(BooleanSupplier stopped) throws InterruptedIOException {
    Future<T> made = ahead.element();
    while (!stopped.getAsBoolean()) {
      try {
        T value = made.get(ASK.toMillis(), TimeUnit.MILLISECONDS);
        ahead.remove();
        beginNext();
        return Optional.of(value);
      } catch (TimeoutException notYet) {
        LOG.trace("waiting for a sample");
      } catch (ExecutionException e) {
        throw thrown(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while waiting for a sample");
      }
    }
    return Optional.empty();
  }

  private static RuntimeException thrown(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return (RuntimeException) cause;
  }

  /** Begins nothing more and waits for what is being made: it may be writing a file, which nobody should cut off. */
  @Override
  public void close() {
    ahead.forEach(made -> made.cancel(false));
    thread.shutdown();
    try {
      if (!thread.awaitTermination(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("a sample is still being loaded after {} s; it is left to itself", LIMIT.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
