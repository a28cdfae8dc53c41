package nmsw.scp.events;

import java.time.Duration;

/** The parts of a node that have to move while they have something to do, and how long they may take to the next sign. */
public enum Part {
  /** Looks several times a second which series are complete. */
  ASSEMBLER(Duration.ofMinutes(10)),
  /** Tells after each stage and each patch; one of the largest volume on a slow CPU takes minutes. */
  WORKER(Duration.ofHours(1)),
  /** Tells after each object; one of gigabytes may go over a slow line. */
  DELIVERY(Duration.ofHours(1));

  private final Duration limit;

  Part(Duration limit) {
    this.limit = limit;
  }

  public Duration limit() {
    return limit;
  }
}
