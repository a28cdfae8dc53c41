package nmsw.scp.systemd;

import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The service manager that started this process (systemd), or none: then nothing is told. A manager that does not hear us is a
 * line in the log and no reason to stop serving.
 */
public final class ServiceManager implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);

  /** Where messages go. */
  interface Channel {
    void send(String text) throws IOException;
  }

  private final Optional<Channel> channel;
  private final Optional<Duration> watchdog;
  private volatile boolean stopping;
  private List<String> reported = List.of();
  private ScheduledExecutorService thread;

  ServiceManager(Optional<Channel> channel, Map<String, String> environment) {
    this.channel = channel;
    watchdog = watchdog(environment);
  }

  /**
   * @param environment with NOTIFY_SOCKET where somebody listens, and WATCHDOG_USEC and WATCHDOG_PID where it wants signs of
   *     life
   */
  public static ServiceManager of(Map<String, String> environment) {
    String name = environment.getOrDefault("NOTIFY_SOCKET", "");
    Optional<Channel> channel = Optional.empty();
    if (!name.isEmpty()) {
      try {
        channel = Optional.of(new NotifySocket(name)::send);
      } catch (IOException | LinkageError e) {
        LOG.warn("the service manager is not told anything: {}", e.toString());
      }
    }
    return new ServiceManager(channel, environment);
  }

  /** The node serves; also the end of {@link #reloading()}. */
  public void ready(String status) {
    send("READY=1\nSTATUS=" + status);
  }

  /** The configuration is read again; {@link #ready} follows, whether or not it was taken. */
  public void reloading() {
    // The JVM's nanoTime is the kernel's CLOCK_MONOTONIC.
    send("RELOADING=1\nMONOTONIC_USEC=" + TimeUnit.NANOSECONDS.toMicros(System.nanoTime()) + "\nSTATUS=reading the configuration");
  }

  /** The node begins to stop. */
  public void stopping() {
    stopping = true;
    send("STOPPING=1\nSTATUS=stopping; the job in hand ends at its next step");
  }

  /**
   * Gives signs of life as often as the manager wants them, on a thread of its own, as long as nothing stands still.
   *
   * @param stalled the parts of the node that stand still, in words
   */
  public void watch(Supplier<List<String>> stalled) {
    if (watchdog.isEmpty() || channel.isEmpty()) {
      return;
    }
    thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread watch = new Thread(task, "nmsw-watchdog");
              watch.setDaemon(true);
              return watch;
            });
    // Half of what is allowed, as sd_watchdog_enabled(3) advises.
    long period = watchdog.get().toNanos() / 2;
    thread.scheduleAtFixedRate(() -> look(stalled), 0, period, TimeUnit.NANOSECONDS);
  }

  /** Gives no more signs of life. */
  @Override
  public void close() {
    if (thread != null) {
      thread.shutdownNow();
    }
  }

  private void look(Supplier<List<String>> stalled) {
    List<String> still;
    try {
      still = stopping ? List.of() : List.copyOf(stalled.get());
    } catch (RuntimeException e) {
      // The schedule would end with an exception; without a sign of life the manager acts.
      LOG.error("cannot tell whether the node is alive", e);
      return;
    }
    if (still.isEmpty()) {
      send("WATCHDOG=1");
    } else if (!still.equals(reported)) {
      LOG.error("no sign of life for the service manager: {}", String.join("; ", still));
      send("STATUS=" + String.join("; ", still));
    }
    reported = still;
  }

  private void send(String text) {
    if (channel.isPresent()) {
      try {
        channel.get().send(text);
      } catch (IOException e) {
        LOG.warn("the service manager was not told {}: {}", text.lines().findFirst().orElse(""), e.getMessage());
      }
    }
  }

  /** How long the manager waits for a sign of life of this process; empty if it does not. */
  private static Optional<Duration> watchdog(Map<String, String> environment) {
    String microseconds = environment.getOrDefault("WATCHDOG_USEC", "");
    String pid = environment.getOrDefault("WATCHDOG_PID", "");
    boolean ours = pid.isEmpty() || pid.equals(Long.toString(ProcessHandle.current().pid()));
    if (!ours || !microseconds.matches("[1-9]\\d{0,15}")) {
      return Optional.empty();
    }
    return Optional.of(Duration.of(Long.parseLong(microseconds), ChronoUnit.MICROS));
  }
}
