package nmsw.scp;

import java.time.Instant;

/**
 * What the node knows about one series: a row of the series table.
 *
 * @param revision how often the series was opened: 1, and one more each time late objects came
 * @param code for REFUSED the refusal's code, for FAILED the kind of error, else empty
 * @param cause what happened, for people; empty unless REFUSED or FAILED
 * @param objects stored objects when the series was last found complete; 0 before
 * @param openedAt when the first object of this revision came
 * @param lastObjectAt when the last object came
 * @param changedAt when the state last changed
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
    Timings timings) {

  SeriesRecord with(SeriesState newState, Instant now) {
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
        timings);
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
        timings);
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
        timings);
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
        newTimings);
  }
}
