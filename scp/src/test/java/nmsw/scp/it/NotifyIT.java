package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./nmsw serve} tells a service manager, over a socket of which Python is the other end. */
class NotifyIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int TERMINATED = 143;

  /** Prints every datagram with the sender that the kernel vouches for, its lines joined by blanks. */
  private static final String RECEIVER =
      """
      import socket, struct, sys
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
      s.bind(sys.argv[1].replace('@', chr(0), 1))
      print('bound', flush=True)
      while True:
        text, control, _, _ = s.recvmsg(4096, 256)
        pid = struct.unpack('iii', control[0][2])[0]
        print(pid, *text.decode().split('\\n'), flush=True)
      """;

  @TempDir Path folder;
  private final List<String> told = new CopyOnWriteArrayList<>();
  private Process receiver;

  private void receive(String socket) throws IOException {
    receiver =
        new ProcessBuilder("python3", "-c", RECEIVER, socket).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader lines = receiver.inputReader()) {
                lines.lines().forEach(told::add);
              } catch (IOException e) {
                told.add("ended: " + e);
              }
            },
            "notify-receiver");
    reader.setDaemon(true);
    reader.start();
    await("bound");
  }

  private void await(String regex) {
    Peers.await(LIMIT, "a message that matches " + regex + ", told was " + told, () -> count(regex) > 0);
  }

  private long count(String regex) {
    return told.stream().filter(message -> message.matches(regex)).count();
  }

  private static void signal(Process process, String name) throws IOException, InterruptedException {
    assertEquals(0, Peers.run(LIMIT, List.of("kill", "-s", name, "" + process.pid())).exitCode());
  }

  @AfterEach
  void end() {
    receiver.destroyForcibly();
  }

  @Test
  void readySignsOfLifeAndTheEndAreToldByTheProcessItself() throws Exception {
    String socket = folder.resolve("notify").toString();
    receive(socket);
    Path config = folder.resolve("node.yaml");
    Files.writeString(config, ServeProcess.config(folder, 0, "PACS@127.0.0.1:1", "abdomen-phantom"));
    ProcessBuilder builder =
        new ProcessBuilder(ServeProcess.ROOT.resolve("nmsw").toString(), "serve", "--config", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log.txt").toFile());
    builder
        .environment()
        .putAll(Map.of("NMSW_BUILD", "never", "NOTIFY_SOCKET", socket, "WATCHDOG_USEC", "300000"));
    Process serve = builder.start();
    try {
      // The launcher has become the JVM: the manager hears its main process, and no other.
      await(serve.pid() + " READY=1 STATUS=takes series as NMSW on port \\d+");
      Peers.await(LIMIT, "signs of life", () -> count(serve.pid() + " WATCHDOG=1") >= 3);
      signal(serve, "HUP");
      await(serve.pid() + " RELOADING=1 MONOTONIC_USEC=\\d+ STATUS=.*");
      Peers.await(LIMIT, "the end of the reload", () -> count(serve.pid() + " READY=1 .* on port \\d+") == 2);
      Files.writeString(config, "port: none\n");
      signal(serve, "HUP");
      await(serve.pid() + " READY=1 .* was not taken over, see the log");
      serve.destroy();
      await(serve.pid() + " STOPPING=1 STATUS=.*");
      assertTrue(serve.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), "it does not end");
      assertEquals(TERMINATED, serve.exitValue(), Files.readString(folder.resolve("log.txt")));
      assertEquals(told.size() - 1, count(serve.pid() + " .*"), told.toString());
    } finally {
      serve.destroyForcibly();
    }
  }
}
