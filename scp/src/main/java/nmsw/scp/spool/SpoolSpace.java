package nmsw.scp.spool;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import nmsw.dicom.DicomException;
import nmsw.dicom.net.Status;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.QuotaConfig;

/**
 * Who may still write to the spool, and how much: no object is begun or gone on with that would leave less free than the
 * disk's reserve, or take more than a quota allows, together with all others that are being received. Each object claims space
 * before it is written, at first as much as the last one took: how long it is, only its end tells. What is free is asked
 * of the disk each time, so that receiving goes on as soon as there is room again, whoever made it.
 *
 * <p>Thread-safe.
 */
public final class SpoolSpace {
  /** What the first object claims: half a slice of 512 x 512. */
  private static final long FIRST = 256 << 10;

  /** No object claims more than this before it has shown that it takes it. */
  private static final long MOST_AHEAD = 16 << 20;

  /** The free bytes of the disk. */
  interface FreeSpace {
    long bytes() throws IOException;
  }

  private final FreeSpace freeSpace;
  private final long reserve;
  private final QuotaConfig quota;
  private final Map<String, Long> stored = new HashMap<>();
  private final Map<String, Long> incoming = new HashMap<>();
  private final Map<String, Long> sinceRecount = new HashMap<>();
  private long claimedAhead;
  private long usual = FIRST;

  SpoolSpace(FreeSpace freeSpace, DataSize reserve, QuotaConfig quota) {
    this.freeSpace = freeSpace;
    this.reserve = reserve.bytes();
    this.quota = quota;
  }

  /** The claim of one object that is being received. */
  final class Claim implements AutoCloseable {
    private final String callingAe;
    private long written;
    private long ahead;

    private Claim(String callingAe) {
      this.callingAe = callingAe;
    }

    /**
     * To be called before so many bytes are written.
     *
     * @throws DicomException with status A700 if there is no room for them
     */
    void require(long bytes) throws IOException {
      synchronized (SpoolSpace.this) {
        if (ahead < bytes) {
          claim(bytes - ahead);
        }
      }
    }

    /** So many of the bytes that were claimed are written: the disk knows of them. */
    void written(long bytes) {
      synchronized (SpoolSpace.this) {
        written += bytes;
        ahead -= bytes;
        claimedAhead -= bytes;
      }
    }

    private void claim(long more) throws IOException {
      requireFree(more);
      requireQuota(callingAe, more);
      ahead += more;
      claimedAhead += more;
      add(incoming, callingAe, more);
    }

    /** The object is stored or gone. */
    @Override
    public void close() {
      synchronized (SpoolSpace.this) {
        claimedAhead -= ahead;
        add(incoming, callingAe, -(written + ahead));
        ahead = 0;
        written = 0;
      }
    }
  }

  /**
   * Begins to receive an object.
   *
   * @throws DicomException with status A700 if there is no room for it
   */
  Claim claim(String callingAe) throws IOException {
    Claim claim = new Claim(callingAe);
    synchronized (this) {
      claim.claim(first());
    }
    return claim;
  }

  /** A file was added to a series that this calling AE brought. */
  synchronized void added(String owner, long bytes) {
    add(stored, owner, bytes);
    add(sinceRecount, owner, bytes);
    usual = bytes;
  }

  /** So much was removed of what this calling AE brought. */
  synchronized void removed(String owner, long bytes) {
    stored.computeIfPresent(owner, (key, all) -> all > bytes ? all - bytes : null);
  }

  /** To be called before what is in the spool is counted anew. */
  synchronized void recounting() {
    sinceRecount.clear();
  }

  /**
   * What is in the spool, whoever put it there; what was added while it was counted is counted twice at worst, until the
   * next time.
   */
  synchronized void recounted(Map<String, Long> bytesBySender) {
    stored.clear();
    stored.putAll(bytesBySender);
    sinceRecount.forEach((owner, bytes) -> add(stored, owner, bytes));
  }

  /** Bytes of all series. */
  public synchronized long used() {
    return sum(stored);
  }

  /** Bytes that the objects claim that are coming in. */
  public synchronized long incoming() {
    return sum(incoming);
  }

  /** Free bytes of the disk. */
  public long free() throws IOException {
    return freeSpace.bytes();
  }

  /** Free bytes that are left to others. */
  public long reserve() {
    return reserve;
  }

  /**
   * @throws DicomException with status A700 if objects are refused just now, whoever sends them
   */
  public synchronized void require() throws IOException {
    requireFree(first());
    requireTotal(first());
  }

  /** What an object claims at first. */
  private long first() {
    return Math.min(usual, MOST_AHEAD);
  }

  private void requireFree(long more) throws IOException {
    long free = free();
    if (free - claimedAhead - more < reserve) {
      throw noRoom(
          "the spool's disk has " + new DataSize(Math.max(0, free)) + " left, " + new DataSize(claimedAhead)
              + " of it for objects that are coming in; the reserve is " + new DataSize(reserve)
              + " (storage.diskReserve); free some space");
    }
  }

  private void requireQuota(String callingAe, long more) throws DicomException {
    requireTotal(more);
    long own = quota.of(callingAe).map(DataSize::bytes).orElse(Long.MAX_VALUE);
    long taken = stored.getOrDefault(callingAe, 0L) + incoming.getOrDefault(callingAe, 0L);
    if (taken > own - more) {
      throw noRoom(
          "what " + callingAe + " sent takes " + new DataSize(taken) + " of the spool, its quota is "
              + new DataSize(own) + " (storage.quota)");
    }
  }

  private void requireTotal(long more) throws DicomException {
    long total = quota.total().map(DataSize::bytes).orElse(Long.MAX_VALUE);
    long taken = sum(stored) + sum(incoming);
    if (taken > total - more) {
      throw noRoom(
          "the spool holds " + new DataSize(taken) + ", its quota is " + new DataSize(total)
              + " (storage.quota.total)");
    }
  }

  private static DicomException noRoom(String why) {
    return new DicomException(Status.OUT_OF_RESOURCES.code(), why);
  }

  private static long sum(Map<String, Long> bytes) {
    return bytes.values().stream().mapToLong(Long::longValue).sum();
  }

  private static void add(Map<String, Long> bytes, String owner, long more) {
    bytes.merge(owner, more, (a, b) -> a + b == 0 ? null : a + b);
  }
}
