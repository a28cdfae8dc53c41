package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Other people's programs. One that is not installed fails the test. */
final class PeerProgram {
  private PeerProgram() {}

  /** What the program prints, standard output and error together; it must end with status 0. */
  static String run(String... command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("nmsw-peer", ".txt");
    try {
      Process process =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
      if (!process.waitFor(2, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        fail(String.join(" ", command) + " does not end");
      }
      // Some write in the character set of the object; what is no UTF-8 becomes U+FFFD.
      String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
      assertEquals(0, process.exitValue(), () -> String.join(" ", command) + ":\n" + text);
      return text;
    } finally {
      Files.delete(output);
    }
  }

  /** What a Python program of the tests prints. */
  static String python(String script, String... arguments)
      throws IOException, InterruptedException, URISyntaxException {
    Path path = Path.of(PeerProgram.class.getResource(script).toURI());
    String[] command = new String[4 + arguments.length];
    command[0] = "/usr/bin/python3";
    command[1] = "-X";
    command[2] = "utf8";
    command[3] = path.toString();
    System.arraycopy(arguments, 0, command, 4, arguments.length);
    return run(command);
  }
}
