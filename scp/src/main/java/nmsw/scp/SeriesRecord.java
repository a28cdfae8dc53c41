package nmsw.scp;

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

  static SeriesRecord opened(String seriesUid, String callingAe, String calledAe, Instant now) {
    return new SeriesRecord(
        seriesUid, SeriesState.RECEIVING, 1, "", "", 0, callingAe, calledAe, now, now, now, Timings.NONE, 0, "");
  }

  SeriesRecord reopened(Instant now) {
    return new SeriesRecord(
        seriesUid,
        SeriesState.RECEIVING,
        revision + 1,
        "",
        "",
        objects,
        callingAe,
        calledAe,
        now,
        now,
        now,
        Timings.NONE,
        0,
        "");
  }

  /** Whether nobody else has had it in hand since the other was read, and no late objects came. */
  boolean isSameTurn(SeriesRecord other) {
    return revision == other.revision && attempts == other.attempts && node.equals(other.node);
  }

  /** @param nodeName who makes the change */
  SeriesRecord with(SeriesState newState, String nodeName, Instant now) {
    int before = state.isFinal() ? 0 : attempts;
    return new SeriesRecord(
        seriesUid,
        newState,
        revision,
        "",
        "",
        objects,
        callingAe,
        calledAe,
        openedAt,
        lastObjectAt,
        now,
        timings,
        newState == SeriesState.SEGMENTING ? before + 1 : before,
        newState.isInHand() ? nodeName : "");
  }

  /** The next revision, of the same objects. */
  SeriesRecord again() {
    Duration received = timings.stages().get(Stage.RECEIVE);
    return new SeriesRecord(
        seriesUid,
        state,
        revision + 1,
        "",
        "",
        objects,
        callingAe,
        calledAe,
        openedAt,
        lastObjectAt,
        changedAt,
        received == null ? Timings.NONE : Timings.NONE.with(Stage.RECEIVE, received),
        attempts,
        node);
  }

  SeriesRecord withCause(String newCode, String newCause) {
    return new SeriesRecord(
        seriesUid,
        state,
        revision,
        newCode,
        newCause,
        objects,
        callingAe,
        calledAe,
        openedAt,
        lastObjectAt,
        changedAt,
        timings,
        attempts,
        node);
  }

  SeriesRecord withObjects(int newObjects, Instant newLastObjectAt) {
    return new SeriesRecord(
        seriesUid,
        state,
        revision,
        code,
        cause,
        newObjects,
        callingAe,
        calledAe,
        openedAt,
        newLastObjectAt,
        changedAt,
        timings,
        attempts,
        node);
  }

  SeriesRecord withTimings(Timings newTimings) {
    return new SeriesRecord(
        seriesUid,
        state,
        revision,
        code,
        cause,
        objects,
        callingAe,
        calledAe,
        openedAt,
        lastObjectAt,
        changedAt,
        newTimings,
        attempts,
        node);
  }

  SeriesRecord withAttempts(int newAttempts) {
    return new SeriesRecord(
        seriesUid,
        state,
        revision,
        code,
        cause,
        objects,
        callingAe,
        calledAe,
        openedAt,
        lastObjectAt,
        changedAt,
        timings,
        newAttempts,
        node);
  }
}
