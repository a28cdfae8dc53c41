package nmsw.scp.database;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import javax.sql.DataSource;
import nmsw.scp.config.Route;
import nmsw.scp.disk.DurableFiles;
import nmsw.scp.series.SeriesRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queue of series that wait to be segmented, kept in the database by db-scheduler: one series at a time
 * on this node; nodes that share the database share the queue.
 *
 * <p>Series are taken in the order in which they came, an urgent one as if it had come {@link #HEAD_START} earlier: ahead of
 * the routine ones, but none of these waits for ever.
 */
public final class JobQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobQueue.class);

  /** How much longer a routine series must have waited to be taken before an urgent one. */
  static final Duration HEAD_START = Duration.ofMinutes(30);

  private static final String TASK = "segment";
  private static final Duration POLL = Duration.ofSeconds(2);

  private final DataSource database;
  private final InstantSource clock;
  private final Urgency urgency;
  private final Scheduler scheduler;
  private final Path held;
  private boolean following = true;

  /** Tells whose turn it is. */
  public interface Urgency {
    Route.Priority of(SeriesRecord series);
  }

  /** What is done with a series; deals with its own failures. */
  public interface Job {
    /** @return when it is to be done again; empty if it is done */
    Optional<Instant> run(String seriesUid, int revision);
  }

  /**
   * @param heartbeat how often a job in hand shows that this node lives; others take it over after {@link
   *     Nodes#MISSED} times as long
   * @param held a file that is there while the queue is held, on all nodes that share it
   * @param shutdownWait how long {@link #close()} waits for the job in hand
   */
  public JobQueue(
      DataSource database,
      InstantSource clock,
      String nodeName,
      Duration heartbeat,
      Path held,
      Duration shutdownWait,
      Urgency urgency,
      Job job) {
    this.held = held;
    this.database = database;
    this.clock = clock;
    this.urgency = urgency;
    CustomTask<Void> task =
        Tasks.custom(TASK, Void.class)
            .onDeadExecutionRevive()
            .execute((instance, context) -> completion(run(job, instance.getId())));
    scheduler =
        Scheduler.create(database, task)
            .schedulerName(() -> nodeName)
            .threads(1)
            // One at a time: what was fetched ahead would not see that an urgent series came.
            .pollUsingFetchAndLockOnExecute(0, 1)
            .pollingInterval(POLL)
            .heartbeatInterval(heartbeat)
            .missedHeartbeatsLimit(Nodes.MISSED)
            .enableImmediateExecution()
            .alwaysPersistTimestampInUTC()
            .shutdownMaxWait(shutdownWait)
            .build();
  }

  /** Frees the jobs that a node had in hand when it stopped: they are due again at once. */
  public void release(String node) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement update =
            connection.prepareStatement(
                "UPDATE scheduled_tasks SET picked = FALSE, picked_by = NULL, last_heartbeat = NULL"
                    + " WHERE task_name = ? AND picked_by = ?")) {
      update.setString(1, TASK);
      update.setString(2, node);
      update.executeUpdate();
    }
  }

  /** Begins to take series, unless the queue is held. */
  public void start() {
    follow();
    scheduler.start();
  }

  /**
   * Takes no series any more, also after a restart, until {@link #resume()}; the one in hand is done. Other nodes that share the
   * file do likewise when they next {@link #follow}.
   */
  public void hold() throws IOException {
    DurableFiles.writeString(held, "An operator holds the queue.\n");
    follow();
  }

  public void resume() throws IOException {
    Files.deleteIfExists(held);
    DurableFiles.forceFolder(held.getParent());
    follow();
  }

  /** Holds the queue, or lets it go on, as an operator wanted it here or at another node. */
  public synchronized void follow() {
    boolean hold = isHeld();
    if (!following || hold == isPaused()) {
      return;
    }
    if (hold) {
      scheduler.pause();
      LOG.warn("the queue is held; nothing is segmented until an operator lets it go on");
    } else {
      scheduler.resume();
      LOG.info("the queue goes on");
    }
  }

  /** Whether series wait because they are not taken here. */
  boolean isPaused() {
    return scheduler.getSchedulerState().isPaused();
  }

  public boolean isHeld() {
    return Files.exists(held);
  }

  /** Queues a series; does nothing if this revision of it is queued already. */
  public void add(SeriesRecord series) {
    boolean urgent = urgency.of(series) == Route.Priority.URGENT;
    Instant now = clock.instant();
    scheduler.scheduleIfNotExists(instance(series), urgent ? now.minus(HEAD_START) : now);
  }

  /** Begins nothing new for good; what is in hand goes on. */
  public synchronized void pause() {
    following = false;
    scheduler.pause();
  }

  /** Waits for the job in hand for the time given at construction, then interrupts it. */
  @Override
  public void close() {
    scheduler.stop();
  }

  private static TaskInstance<Void> instance(SeriesRecord series) {
    return new TaskInstance<>(TASK, series.seriesUid() + "#" + series.revision());
  }

  private static CompletionHandler<Void> completion(Optional<Instant> next) {
    return next.isPresent()
        ? (complete, operations) -> operations.reschedule(complete, next.get())
        : new CompletionHandler.OnCompleteRemove<>();
  }

  private static Optional<Instant> run(Job job, String instance) {
    int hash = instance.indexOf('#');
    return job.run(instance.substring(0, hash), Integer.parseInt(instance.substring(hash + 1)));
  }
}
