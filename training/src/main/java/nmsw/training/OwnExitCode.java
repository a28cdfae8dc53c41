package nmsw.training;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntSupplier;

/**
 * Ends a process that was told to end (SIGTERM, SIGINT) when its command, which notices, has returned, and with the command's exit
 * code. By itself the JVM would end amid the command's last words, with a code of its own.
 */
final class OwnExitCode {
  /** As long as the engine may take, see {@link nmsw.segmentation.EngineGate}; after that the JVM ends its own way. */
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private final CompletableFuture<Integer> code = new CompletableFuture<>();
  private final Thread hook = new Thread(this::haltWhenReturned, "nmsw-exit-code");

  private OwnExitCode() {}

  /** Runs a command and ends the process; does not return. */
  static void exit(IntSupplier command) {
    OwnExitCode own = new OwnExitCode();
    Runtime.getRuntime().addShutdownHook(own.hook);
    own.end(own.codeOf(command));
  }

  private int codeOf(IntSupplier command) {
    try {
      return command.getAsInt();
    } catch (RuntimeException | Error e) {
      code.completeExceptionally(e);
      throw e;
    }
  }

  private void end(int exitCode) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process was told to end, and the hook waits for this.
      code.complete(exitCode);
    }
    System.exit(exitCode);
  }

  private void haltWhenReturned() {
    try {
      Runtime.getRuntime().halt(code.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException | ExecutionException e) {
      // There is no code: the JVM takes its own.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
