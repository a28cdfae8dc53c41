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
final class Program {
  private Program() {}

  /** What it prints, standard output and error together; it must end with status 0. */
  static String run(Path folder, String... command) throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      fail(String.join(" ", command) + " does not end");
    }
    // Some write in the character set of the object.
    String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
    assertEquals(0, process.exitValue(), () -> String.join(" ", command) + ":\n" + text);
    return text;
  }

  static Path resource(String name) throws URISyntaxException {
    return Path.of(Program.class.getResource(name).toURI());
  }
}
