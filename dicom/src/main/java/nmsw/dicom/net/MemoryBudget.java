package nmsw.dicom.net;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that associations may take together; each asks before it takes the most that it can need. */
final class MemoryBudget {
  private final AtomicLong left;

  MemoryBudget(long bytes) {
    left = new AtomicLong(bytes);
  }

  boolean tryTake(long bytes) {
    if (left.addAndGet(-bytes) >= 0) {
      return true;
    }
    give(bytes);
    return false;
  }

  void give(long bytes) {
    left.addAndGet(bytes);
  }
}
