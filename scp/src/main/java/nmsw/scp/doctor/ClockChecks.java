package nmsw.scp.doctor;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.time.Instant;
import java.util.OptionalInt;

/** Whether the time in results, logs and the waits of deliveries can be trusted. */
final class ClockChecks {
  /** Bytes of the C library's struct timex, and some more. */
  private static final int TIMEX = 512;

  /** What adjtimex(2) answers for a clock that nobody keeps right. */
  private static final int TIME_ERROR = 5;

  /** When this was written: no clock that is right is before it. */
  private static final Instant WRITTEN = Instant.parse("2026-11-01T00:00:00Z");

  private ClockChecks() {}

  /**
   * @param kernel what adjtimex(2) answers; empty where it is not there
   */
  static Check of(Instant now, OptionalInt kernel) {
    if (now.isBefore(WRITTEN)) {
      return Check.wrong("clock", now + ", which is long ago", "set it: results would carry this time");
    }
    if (kernel.isEmpty()) {
      return Check.note("clock", now + "; whether it is kept right is not known", "see that the machine asks a time server");
    }
    return kernel.getAsInt() == TIME_ERROR
        ? Check.note(
            "clock",
            now + ", kept right by nobody",
            "have the machine ask a time server (chrony, systemd-timesyncd); where its host does, all is well")
        : Check.good("clock", now + ", kept right by a time server");
  }

  static OptionalInt kernel() {
    try {
      Function adjtimex = NativeLibrary.getInstance("c").getFunction("adjtimex");
      // All zeros: only asks.
      return OptionalInt.of(adjtimex.invokeInt(new Object[] {new byte[TIMEX]}));
    } catch (LinkageError e) {
      return OptionalInt.empty();
    }
  }
}
