package nmsw.segmentation;

import ai.djl.engine.EngineException;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tries one way after the other while memory is what fails. */
final class MemoryLadder {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryLadder.class);

  /** What the engine's allocators say, in its GPU code, its CUDA libraries and its CPU code. */
  private static final List<String> EXHAUSTED =
      List.of(
          "out of memory",
          "cudnn_status_alloc_failed",
          "cublas_status_alloc_failed",
          "can't allocate memory");

  private final List<Attempt> attempts;

  /**
   * @param attempts in the order in which they are tried, at least one
   */
  MemoryLadder(List<Attempt> attempts) {
    this.attempts = List.copyOf(attempts);
  }

  /**
   * The result of the first attempt that has enough memory.
   *
   * @throws NotEnoughMemory if none has
   */
  <T> T run(Function<Attempt, T> work) {
    for (int i = 0; ; i++) {
      Attempt attempt = attempts.get(i);
      try {
        return work.apply(attempt);
      } catch (NotEnoughMemory | EngineException e) {
        if (!isExhausted(e)) {
          throw e;
        }
        if (i + 1 == attempts.size()) {
          throw e instanceof NotEnoughMemory memory ? memory : new NotEnoughMemory(firstLine(e), e);
        }
        LOG.warn("{}: {}; trying {}", attempt, firstLine(e), attempts.get(i + 1));
      }
    }
  }

  /** Whether it was memory that was missing. */
  static boolean isExhausted(RuntimeException failure) {
    if (failure instanceof NotEnoughMemory) {
      return true;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
      if (EXHAUSTED.stream().anyMatch(message::contains)) {
        return true;
      }
    }
    return false;
  }

  /** The line that names the cause: scripts put theirs after the script's own trace. */
  private static String firstLine(RuntimeException e) {
    String message = String.valueOf(e.getMessage());
    return message
        .lines()
        .filter(line -> EXHAUSTED.stream().anyMatch(line.toLowerCase(Locale.ROOT)::contains))
        .findFirst()
        .orElse(message.lines().findFirst().orElse(""));
  }
}
