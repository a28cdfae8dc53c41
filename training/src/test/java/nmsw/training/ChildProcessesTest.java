package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessesTest {
  private static final int LIMIT_SECONDS = 60;

  @TempDir private Path folder;

  /** Starts a {@link Child} and waits for it. */
  static final class Parent {
    public static void main(String[] args) throws IOException, InterruptedException {
      try (ChildProcesses children = new ChildProcesses()) {
        System.exit(children.run(Child.class, List.of(args[0]), Path.of(args[1])));
      }
    }
  }

  /** Tells a port that it is there, and ends with the code that it is sent; else never. */
  static final class Child {
    public static void main(String[] args) throws IOException {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]))) {
        socket.getOutputStream().write(1);
        System.exit(socket.getInputStream().read());
      }
    }
  }

  private Process parent(ServerSocket server) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Parent.class.getName(),
            Integer.toString(server.getLocalPort()),
            folder.resolve("said.txt").toString())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("parent.txt").toFile())
        .start();
  }

  private static ServerSocket server() throws IOException {
    ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    server.setSoTimeout(LIMIT_SECONDS * 1000);
    return server;
  }

  @Test
  void aChildEndsWhenItsParentIsKilled() throws Exception {
    try (ServerSocket server = server()) {
      Process parent = parent(server);
      try (Socket child = server.accept()) {
        child.setSoTimeout(LIMIT_SECONDS * 1000);
        assertEquals(1, child.getInputStream().read());
        parent.destroyForcibly();
        assertEquals(-1, readOrReset(child.getInputStream()), "the child's end closes its socket");
      } finally {
        parent.destroyForcibly();
      }
    }
    String said = Files.readString(folder.resolve("said.txt"));
    assertEquals(1, said.split("the process that started this one is gone", -1).length - 1, said);
  }

  private static int readOrReset(InputStream in) throws IOException {
    try {
      return in.read();
    } catch (SocketException reset) {
      return -1;
    }
  }

  @Test
  void aChildRunsToItsEndAndItsCodeIsReturned() throws Exception {
    try (ServerSocket server = server()) {
      Process parent = parent(server);
      try (Socket child = server.accept()) {
        assertEquals(1, child.getInputStream().read());
        child.getOutputStream().write(7);
        assertTrue(parent.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), "it does not end");
        assertEquals(7, parent.exitValue(), Files.readString(folder.resolve("parent.txt")));
      } finally {
        parent.destroyForcibly();
      }
    }
    assertEquals("", Files.readString(folder.resolve("said.txt")));
  }

  @Test
  void onlyTheEndOfTheParentEndsTheWatch() throws Exception {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    try (PipedOutputStream parent = new PipedOutputStream()) {
      ChildMain.watch(new PipedInputStream(parent, 1), () -> ended.complete(null));
      // More than the pipe holds: it has been read when this returns.
      parent.write(new byte[100]);
      assertFalse(ended.isDone());
    }
    ended.get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }
}
