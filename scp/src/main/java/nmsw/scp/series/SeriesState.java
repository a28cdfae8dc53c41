package nmsw.scp.series;

import java.util.EnumSet;
import java.util.Set;

/** Where a series is on its way through the node, and where it can go from there. */
public enum SeriesState {
  /** Objects are coming in. */
  RECEIVING,
  /** Complete, waits for its turn. */
  READY,
  /** Is being segmented, by the node that its row names. */
  SEGMENTING,
  /** The result is in the outbox and not yet accepted by every destination. */
  RETURNING,
  /** Every destination has accepted the result. */
  DONE,
  /** We will not segment this; the series' code says why. */
  REFUSED,
  /** We tried; the series' cause says what went wrong, and that another attempt would not do better. */
  FAILED,
  /** Every attempt failed or took the process with it; the series' cause and folder say how. */
  PARKED;

  private Set<SeriesState> next;

  static {
    // Late objects re-open a series from any state; an attempt that failed or was interrupted goes back to READY, as does what
    // an operator wants again; a result that is sent again is RETURNING, and stays so when another node takes it over.
    RECEIVING.next = EnumSet.of(READY);
    READY.next = EnumSet.of(SEGMENTING, REFUSED, FAILED, RECEIVING);
    SEGMENTING.next = EnumSet.of(RETURNING, REFUSED, FAILED, PARKED, READY, RECEIVING);
    RETURNING.next = EnumSet.of(DONE, READY, RECEIVING, RETURNING);
    DONE.next = EnumSet.of(READY, RECEIVING, RETURNING);
    REFUSED.next = EnumSet.of(READY, RECEIVING);
    FAILED.next = EnumSet.of(READY, RECEIVING);
    PARKED.next = EnumSet.of(READY, RECEIVING);
  }

  public boolean canBecome(SeriesState state) {
    return next.contains(state);
  }

  /** Nothing more happens unless late objects come or an operator steps in. */
  public boolean isFinal() {
    return this == DONE || this == REFUSED || this == FAILED || this == PARKED;
  }

  /** One node has it in hand, and no other touches it as long as that one lives. */
  public boolean isInHand() {
    return this == SEGMENTING || this == RETURNING;
  }
}
