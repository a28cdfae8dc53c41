package nmsw.dicom.net;

import java.time.Instant;
import java.time.InstantSource;

/** A clock for time-outs that setting the machine's time does not move. */
final class Monotonic {
  private Monotonic() {}

  static InstantSource source() {
    Instant start = Instant.now();
    long origin = System.nanoTime();
    return () -> start.plusNanos(System.nanoTime() - origin);
  }
}
