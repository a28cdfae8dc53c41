package nmsw.scp.it;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A disk of a few megabytes for a process of its own: a tmpfs that only it sees, in a mount namespace that ends with it. That
 * needs no root where the kernel lets users have namespaces.
 */
final class SmallDisk {
  private static final String MOUNT = "mount -t tmpfs -o size=\"$1\" tmpfs \"$2\" && shift 2 && exec \"$@\"";

  private final List<String> unshare;
  private final Path folder;

  private SmallDisk(List<String> unshare, Path folder) {
    this.unshare = unshare;
    this.folder = folder;
  }

  /**
   * @param folder an empty one, which is the disk for the process
   * @return empty if this machine lets nobody mount
   */
  static Optional<SmallDisk> at(Path folder) throws IOException, InterruptedException {
    for (List<String> unshare :
        List.of(List.of("unshare", "--map-root-user", "--mount"), List.of("unshare", "--mount"))) {
      SmallDisk disk = new SmallDisk(unshare, folder);
      try {
        if (Peers.run(Duration.ofSeconds(20), disk.command(1, List.of("true"))).exitCode() == 0) {
          return Optional.of(disk);
        }
      } catch (IOException noSuchProgram) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  /** The command line that runs another one with the disk. */
  List<String> command(int megabytes, List<String> command) {
    List<String> all = new ArrayList<>(unshare);
    all.addAll(List.of("sh", "-c", MOUNT, "sh", megabytes + "m", folder.toString()));
    all.addAll(command);
    return all;
  }

  /** The disk as this process reaches it, while the other one runs. */
  Path seenOf(long pid) {
    return Path.of("/proc", Long.toString(pid), "root").resolve(Path.of("/").relativize(folder.toAbsolutePath()));
  }

  static long free(Path disk) {
    return new File(disk.toString()).getUsableSpace();
  }

  /** Takes space away until so much is left. */
  static void fill(Path file, long left) throws IOException {
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(file)) {
      while (free(file.getParent()) > left) {
        out.write(block);
      }
    } catch (IOException full) {
      if (free(file.getParent()) > block.length) {
        throw full;
      }
    }
  }
}
