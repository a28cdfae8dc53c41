package nmsw.scp.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A machine that is thrown away: this one with a systemd of its own, without any way out of it, and without the folders in which
 * this program was built. What is written there is written to memory.
 */
final class Machine implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final int NOT_HERE = 77;

  private final Process process;
  private final Path log;
  private final long systemd;

  /**
   * @param shared folder that is /mnt there
   * @param hidden folders that are empty there
   */
  Machine(Path shared, List<Path> hidden) throws IOException, InterruptedException {
    log = shared.resolve("boot.log");
    List<String> command = new ArrayList<>();
    command.add(ServeProcess.ROOT.resolve("scp/src/test/machine/boot").toString());
    command.add(shared.toString());
    hidden.forEach(folder -> command.add(folder.toString()));
    process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      Peers.await(LIMIT, "systemd to boot", () -> !process.isAlive() || first().isPresent());
      assumeTrue(
          process.isAlive() || process.exitValue() != NOT_HERE,
          () -> "SKIPPED: the package was not installed, a machine for it " + said());
      systemd = first().orElseThrow(() -> new AssertionError("no systemd: " + said()));
      Peers.await(LIMIT, "systemd to be up", () -> up());
    } catch (AssertionError e) {
      close();
      throw e;
    }
  }

  /** Runs a line of shell to its end, as root. */
  Peers.Output run(String line) throws IOException, InterruptedException {
    return Peers.run(LIMIT, command(line));
  }

  /** Runs a line of shell that has to succeed; returns what it printed. */
  String done(String line) throws IOException, InterruptedException {
    Peers.Output output = run(line);
    if (output.exitCode() != 0) {
      throw new AssertionError(line + " ended with " + output.exitCode() + ": " + output.text());
    }
    return output.text().strip();
  }

  /** Waits until a line of shell succeeds. */
  void await(String what, String line) {
    Peers.await(
        LIMIT,
        what,
        () -> {
          try {
            return run(line).exitCode() == 0;
          } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
          }
        });
  }

  private List<String> command(String line) {
    return List.of(
        "nsenter", "--target", "" + systemd, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd",
        "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
        "bash", "-o", "pipefail", "-c", line);
  }

  /** The process id, as it is here, of the machine's first process. */
  private Optional<Long> first() {
    return process
        .descendants()
        .filter(child -> child.info().command().orElse("").endsWith("/systemd/systemd"))
        .map(ProcessHandle::pid)
        .findFirst();
  }

  private boolean up() {
    try {
      return run("systemctl is-active --quiet basic.target").exitCode() == 0;
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private String said() {
    try {
      return Files.readString(log, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Ends all of its processes; the control group goes with the script that made it. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new AssertionError("the machine does not end");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
