package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Runs the programs of DCMTK, another implementation of DICOM, as peers; a missing program fails the test. */
final class Dcmtk {
  private static final int PATIENCE_S = 60;

  private Dcmtk() {}

  record Outcome(int code, String output) {}

  static Outcome run(Path folder, List<String> command) throws IOException, InterruptedException {
    Path log = Files.createTempFile(folder, "peer", ".log");
    Process process = start(folder, log, command);
    try {
      assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS), () -> command + " does not end");
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(process.exitValue(), Files.readString(log));
  }

  static Process start(Path folder, Path log, List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  static List<String> command(String program, Object... arguments) {
    List<String> command = new ArrayList<>(List.of(program));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return command;
  }

  static void awaitListening(int port, Process process) {
    Instant deadline = Instant.now().plusSeconds(PATIENCE_S);
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        assertTrue(socket.isConnected());
        return;
      } catch (IOException e) {
        assertTrue(process.isAlive() && Instant.now().isBefore(deadline), "the peer does not listen");
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }
}
