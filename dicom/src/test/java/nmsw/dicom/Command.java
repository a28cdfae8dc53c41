package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Runs other people's programs. */
public final class Command {
  private Command() {}

  /** What the program prints; it must exist, end within ten minutes and exit with 0. */
  public static String run(Object... words) throws IOException, InterruptedException {
    String[] command = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      command[i] = words[i].toString();
    }
    Path output = Files.createTempFile("command", ".txt");
    try {
      Process process =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
      boolean ended = process.waitFor(10, TimeUnit.MINUTES);
      process.destroyForcibly();
      String text = Files.readString(output, StandardCharsets.ISO_8859_1);
      assertTrue(ended, () -> String.join(" ", command) + " does not end: " + text);
      assertEquals(0, process.exitValue(), () -> String.join(" ", command) + ": " + text);
      return text;
    } finally {
      Files.delete(output);
    }
  }
}
