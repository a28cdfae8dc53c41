package nmsw.scp.spool;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Writes the entries of folders through to the disk for many threads at once. Whoever comes while a folder is being synced
 * waits for the next sync of it, which begins when this one ends and serves all who came meanwhile: a sync counts for a caller
 * only if it began after the call.
 */
final class GroupSync {
  private static final int LOCKS = 64;

  /** Writes the entries of one folder through. */
  interface Disk {
    void sync(Path folder) throws IOException;
  }

  private final Disk disk;
  private final Object[] syncing = new Object[LOCKS];

  /** The syncs that have not begun yet. */
  private final Map<Path, CompletableFuture<Void>> next = new HashMap<>();

  GroupSync(Disk disk) {
    this.disk = disk;
    for (int i = 0; i < LOCKS; i++) {
      syncing[i] = new Object();
    }
  }

  /**
   * On return every entry that the folder had at the call is on disk.
   *
   * @throws IOException if it is not, or may not be
   */
  void sync(Path folder) throws IOException {
    CompletableFuture<Void> mine = new CompletableFuture<>();
    CompletableFuture<Void> round;
    synchronized (next) {
      round = next.putIfAbsent(folder, mine);
    }
    if (round == null) {
      lead(folder, mine);
      round = mine;
    }
    await(round, folder);
  }

  private void lead(Path folder, CompletableFuture<Void> round) {
    synchronized (syncing[Math.floorMod(folder.hashCode(), LOCKS)]) {
      synchronized (next) {
        next.remove(folder);
      }
      try {
        disk.sync(folder);
        round.complete(null);
      } catch (IOException | RuntimeException e) {
        round.completeExceptionally(e);
      }
    }
  }

  private static void await(CompletableFuture<Void> round, Path folder) throws IOException {
    try {
      round.get();
    } catch (ExecutionException e) {
      throw new IOException("cannot sync " + folder + ": " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + folder + " was synced");
    }
  }
}
