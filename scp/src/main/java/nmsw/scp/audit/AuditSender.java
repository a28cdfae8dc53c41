package nmsw.scp.audit;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.TreeSet;
import nmsw.scp.disk.DurableFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps audit messages in a folder, a file each, until the repository has taken them, and sends them in their order on a
 * thread of its own: an outage holds nothing up, and a restart loses nothing. Beyond a number of waiting messages further
 * ones are lost, which is counted and logged.
 */
public final class AuditSender implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditSender.class);
  private static final String SUFFIX = ".syslog";

  private final Path folder;
  private final int capacity;
  private final AuditTransport transport;
  private final SyslogMessage form;
  private final Duration retry;
  private final Duration closing;
  private final Deque<Path> waiting = new ArrayDeque<>();
  private final Thread thread = new Thread(this::run, "nmsw-audit");
  private long lastNumber;
  private long sent;
  private long lost;
  private boolean closed;

  /**
   * Takes up what an earlier run left.
   *
   * @param capacity of the folder, messages
   * @param host name of this machine
   * @param retry wait after a failure
   * @param closing how long {@link #close} lets what waits go out
   */
  public AuditSender(
      Path folder, int capacity, AuditTransport transport, String host, Duration retry, Duration closing)
      throws IOException {
    this.folder = Files.createDirectories(folder);
    this.capacity = capacity;
    this.transport = transport;
    this.retry = retry;
    this.closing = closing;
    form = new SyslogMessage(host, Long.toString(ProcessHandle.current().pid()));
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "[0-9]*" + SUFFIX)) {
      TreeSet<Path> ordered = new TreeSet<>();
      files.forEach(ordered::add);
      waiting.addAll(ordered);
    }
    if (!waiting.isEmpty()) {
      lastNumber = Long.parseLong(waiting.peekLast().getFileName().toString().replace(SUFFIX, ""));
    }
    thread.setDaemon(true);
    thread.start();
  }

  /** Takes a message; it is on disk on return, and on its way soon. */
  public synchronized void add(AuditMessage message) {
    if (waiting.size() >= capacity) {
      lose(capacity + " messages wait for " + transport);
      return;
    }
    Path file = folder.resolve(String.format("%018d" + SUFFIX, ++lastNumber));
    try {
      Path part = folder.resolve("new.part");
      Files.write(part, form.of(message.time(), message.xml()));
      DurableFiles.force(part);
      DurableFiles.moveInto(part, file);
    } catch (IOException e) {
      lose("it cannot be kept in " + folder + ": " + e);
      return;
    }
    waiting.add(file);
    notifyAll();
  }

  private synchronized void lose(String why) {
    lost++;
    // Each one would drown the log just when the disk is full.
    if (Long.bitCount(lost) == 1) {
      LOG.error("an audit message is lost, {} so far: {}", lost, why);
    }
  }

  private void run() {
    boolean down = false;
    try {
      for (Path next = next(); next != null; next = next()) {
        try {
          send(next);
          if (down) {
            LOG.info("audit repository {} takes messages again", transport);
          }
          down = false;
        } catch (IOException e) {
          if (!down) {
            LOG.warn("audit repository {} takes no messages, they wait in {}: {}", transport, folder, e.toString());
          }
          down = true;
          if (!pause()) {
            return;
          }
        }
      }
    } catch (InterruptedException e) {
      // Closed; what waits is sent after the next start.
      Thread.currentThread().interrupt();
    }
  }

  /** The message to send now; null when all are sent and none comes any more. */
  private synchronized Path next() throws InterruptedException {
    while (waiting.isEmpty() && !closed) {
      wait();
    }
    return waiting.peekFirst();
  }

  private void send(Path file) throws IOException {
    byte[] message;
    try {
      message = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      lose("its file was removed: " + file);
      forget();
      return;
    }
    transport.send(message);
    sent(1);
    Files.deleteIfExists(file);
  }

  private synchronized void forget() {
    waiting.removeFirst();
  }

  private synchronized void sent(long more) {
    waiting.removeFirst();
    sent += more;
  }

  /** Waits for the next try, which {@link #close} has come at once; false if that was it. */
  private synchronized boolean pause() throws InterruptedException {
    if (closed) {
      return false;
    }
    long end = System.nanoTime() + retry.toNanos();
    for (long left = retry.toMillis(); left > 0 && !closed; left = (end - System.nanoTime()) / 1_000_000) {
      wait(left);
    }
    return true;
  }

  /** Messages that wait to be sent. */
  public synchronized int waiting() {
    return waiting.size();
  }

  /** Messages that were sent since the start. */
  public synchronized long sent() {
    return sent;
  }

  /** Messages that were lost since the start. */
  public synchronized long lost() {
    return lost;
  }

  /** What cannot be sent soon is sent after the next start. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try {
      thread.join(closing.toMillis());
      thread.interrupt();
      // A socket does not hear an interrupt, but that it is closed.
      transport.close();
      thread.join(closing.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
