package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A headless Chromium with one page, driven through playwright-core; every wait in it ends after 40 s. */
final class Browser implements AutoCloseable {
  private static final Path FOLDER = Path.of(System.getProperty("nmsw.root"), "scp", "src", "test", "browser");
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

  private final ObjectMapper json = new ObjectMapper();
  private final Process process;
  private final Writer commands;
  private final BufferedReader answers;

  Browser() throws IOException {
    assertTrue(Files.isDirectory(FOLDER.resolve("node_modules")), "playwright-core is missing: ./nmsw test installs it");
    assertTrue(Files.isExecutable(CHROMIUM), "Chromium is missing: ./nmsw test installs it");
    process =
        new ProcessBuilder("node", FOLDER.resolve("drive.mjs").toString(), CHROMIUM.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    commands = process.outputWriter();
    answers = process.inputReader();
  }

  void open(String url) {
    tell("open", Map.of("url", url));
  }

  void click(String at) {
    tell("click", Map.of("at", at));
  }

  void press(String key) {
    tell("press", Map.of("key", key));
  }

  void fill(String at, String text) {
    tell("fill", Map.of("at", at, "text", text));
  }

  void select(String at, String text) {
    tell("select", Map.of("at", at, "text", text));
  }

  /** Waits until there is an element with this text in it. */
  void see(String at, String text) {
    tell("see", Map.of("at", at, "text", text));
  }

  String text(String at) {
    return tell("text", Map.of("at", at)).asText();
  }

  int count(String at) {
    return tell("count", Map.of("at", at)).asInt();
  }

  JsonNode run(String script) {
    return tell("run", Map.of("script", script));
  }

  /** Waits until the expression is true. */
  void until(String script) {
    tell("until", Map.of("script", script));
  }

  void size(int width, int height) {
    tell("size", Map.of("width", width, "height", height));
  }

  void picture(Path file) {
    tell("picture", Map.of("file", file.toString()));
  }

  /** What the page complained of since the last call, such as what its policy forbids, and foreign hosts that it asked. */
  List<String> complaints() {
    List<String> all = new ArrayList<>();
    tell("complaints", Map.of()).forEach(one -> all.add(one.asText()));
    return all;
  }

  private JsonNode tell(String what, Map<String, ?> with) {
    Map<String, Object> command = new LinkedHashMap<>(with);
    command.put("do", what);
    try {
      commands.write(json.writeValueAsString(command) + "\n");
      commands.flush();
      String line = answers.readLine();
      if (line == null) {
        throw new AssertionError("the browser ended during " + command);
      }
      JsonNode answer = json.readTree(line);
      if (answer.has("error")) {
        throw new AssertionError(command + ": " + answer.get("error").asText());
      }
      return answer.get("value");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    commands.close();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
