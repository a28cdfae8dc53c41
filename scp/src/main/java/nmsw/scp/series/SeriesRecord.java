package nmsw.scp.series;

import java.time.Duration;
import java.time.Instant;

/**
 * What the node knows about one series: a row of the series table.
 *
 * @param revision how often the series was opened: 1, and one more each time late objects came or an operator wanted it again
 * @param code for REFUSED the refusal's code, for FAILED and PARKED the kind of error, for READY that of the attempt
 *     before, else empty
 * @param cause what happened, for people; empty where code is
 * @param objects stored objects when the series was last found complete; 0 before
 * @param openedAt when the first object of this revision came
 * @param lastObjectAt when the last object came
 * @param changedAt when the state last changed
 * @param attempts how often it was begun to segment this revision; none before an operator's retry counts
 * @param node the node that has it in hand, where its state says that one has; else empty
 */
public record SeriesRecord(
    String seriesUid,
    SeriesState state,
    int revision,
    String code,
    String cause,
    int objects,
    String callingAe,
    String calledAe,
    Instant openedAt,
    Instant lastObjectAt,
    Instant changedAt,
    Timings timings,
    int attempts,
    String node) {

  public static SeriesRecord opened(String seriesUid, String callingAe, String calledAe, Instant now) {
    return new SeriesRecord(
        seriesUid, SeriesState.RECEIVING, 1, "", "", 0, callingAe, calledAe, now, now, now, Timings.NONE, 0, "");
  }

  public SeriesRecord reopened(Instant now) {
    Draft next = new Draft(this);
    next.state = SeriesState.RECEIVING;
    next.revision++;
    next.code = "";
    next.cause = "";
    next.openedAt = now;
    next.lastObjectAt = now;
    next.changedAt = now;
    next.timings = Timings.NONE;
    next.attempts = 0;
    next.node = "";
    return next.record();
  }

  /** Whether nobody else has had it in hand since the other was read, and no late objects came. */
  public boolean isSameTurn(SeriesRecord other) {
    return revision == other.revision && attempts == other.attempts && node.equals(other.node);
  }

  /** @param nodeName who makes the change */
  public SeriesRecord with(SeriesState newState, String nodeName, Instant now) {
    int before = state.isFinal() ? 0 : attempts;
    Draft next = new Draft(this);
    next.state = newState;
    next.code = "";
    next.cause = "";
    next.changedAt = now;
    next.attempts = newState == SeriesState.SEGMENTING ? before + 1 : before;
    next.node = newState.isInHand() ? nodeName : "";
    return next.record();
  }

  /** The next revision, of the same objects. */
  public SeriesRecord again() {
    Duration received = timings.stages().get(Stage.RECEIVE);
    Draft next = new Draft(this);
    next.revision++;
    next.code = "";
    next.cause = "";
    next.timings = received == null ? Timings.NONE : Timings.NONE.with(Stage.RECEIVE, received);
    return next.record();
  }

  public SeriesRecord withCause(String newCode, String newCause) {
    Draft next = new Draft(this);
    next.code = newCode;
    next.cause = newCause;
    return next.record();
  }

  public SeriesRecord withObjects(int newObjects, Instant newLastObjectAt) {
    Draft next = new Draft(this);
    next.objects = newObjects;
    next.lastObjectAt = newLastObjectAt;
    return next.record();
  }

  public SeriesRecord withTimings(Timings newTimings) {
    Draft next = new Draft(this);
    next.timings = newTimings;
    return next.record();
  }

  public SeriesRecord withAttempts(int newAttempts) {
    Draft next = new Draft(this);
    next.attempts = newAttempts;
    return next.record();
  }

  /** What may differ in another record of the same series. */
  private static final class Draft {
    private final SeriesRecord from;
    private SeriesState state;
    private int revision;
    private String code;
    private String cause;
    private int objects;
    private Instant openedAt;
    private Instant lastObjectAt;
    private Instant changedAt;
    private Timings timings;
    private int attempts;
    private String node;

    Draft(SeriesRecord from) {
      this.from = from;
      state = from.state;
      revision = from.revision;
      code = from.code;
      cause = from.cause;
      objects = from.objects;
      openedAt = from.openedAt;
      lastObjectAt = from.lastObjectAt;
      changedAt = from.changedAt;
      timings = from.timings;
      attempts = from.attempts;
      node = from.node;
    }

    SeriesRecord record() {
      return new SeriesRecord(
          from.seriesUid, state, revision, code, cause, objects, from.callingAe, from.calledAe, openedAt, lastObjectAt,
          changedAt, timings, attempts, node);
    }
  }
}
