package nmsw.scp.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Other people's programs that the tests talk to: DCMTK and dicom3tools, as processes on loopback. */
final class Peers {
  private Peers() {}

  record Output(int exitCode, String text) {}

  /** Runs a program to its end and returns what it printed on both streams. */
  static Output run(Duration limit, List<String> command) throws IOException, InterruptedException {
    Path log = Files.createTempFile("peer", ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(command.get(0) + " did not end within " + limit);
      }
      return new Output(
          process.exitValue(), new String(Files.readAllBytes(log), StandardCharsets.ISO_8859_1));
    } finally {
      Files.delete(log);
    }
  }

  static Output storescu(int port, String calling, String called, Path folder)
      throws IOException, InterruptedException {
    return run(
        Duration.ofMinutes(3),
        List.of(
            "storescu", "-aet", calling, "-aec", called, "-R", "+sd", "+r", "127.0.0.1", "" + port, folder.toString()));
  }

  static Output echoscu(int port, String calling, String called) throws IOException, InterruptedException {
    return run(
        Duration.ofSeconds(30),
        List.of("echoscu", "-aet", calling, "-aec", called, "127.0.0.1", "" + port));
  }

  /** The lines of dciodvfy that name an error. */
  static List<String> dciodvfyErrors(Path file) throws IOException, InterruptedException {
    return run(Duration.ofMinutes(2), List.of("dciodvfy", file.toString()))
        .text()
        .lines()
        .filter(line -> line.startsWith("Error"))
        .toList();
  }

  /** DCMTK's storescp as the PACS that receives results. */
  static final class StoreScp implements AutoCloseable {
    final int port = freePort();
    final Path folder;
    private final Process process;

    StoreScp(Path folder, String aeTitle) throws IOException {
      this.folder = Files.createDirectories(folder);
      process =
          new ProcessBuilder(
                  "storescp", "-aet", aeTitle, "-od", folder.toString(), "--accept-all", "" + port)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolveSibling("storescp.log").toFile())
              .start();
      await(
          Duration.ofSeconds(20),
          "storescp to listen",
          () -> {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
              return socket.isConnected();
            } catch (IOException notYet) {
              return false;
            }
          });
    }

    List<Path> received() {
      try (Stream<Path> files = Files.list(folder)) {
        return files.sorted().toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      process.destroy();
    }
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Looks again and again until it is true; fails, with what was awaited, when the limit is over. */
  static void await(Duration limit, String what, Supplier<Boolean> condition) {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.get()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("waited " + limit + " for " + what);
      }
      try {
        TimeUnit.MILLISECONDS.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting for " + what, e);
      }
    }
  }

  /** Unpacks one of the archives of the shared real data. */
  static Path unpack(Path archive, Path into) throws IOException, InterruptedException {
    Files.createDirectories(into);
    Output output =
        run(Duration.ofMinutes(1), List.of("tar", "xjf", archive.toString(), "-C", into.toString()));
    if (output.exitCode() != 0) {
      throw new AssertionError("tar could not unpack " + archive + ": " + output.text());
    }
    return into;
  }

  /** All files at or below a folder, sorted by name. */
  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return new ArrayList<>(files.filter(Files::isRegularFile).sorted().toList());
    }
  }
}
