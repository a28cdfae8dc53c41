package nmsw.scp.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** {@code ./nmsw serve --config FILE} as a process of its own, with its log. */
final class ServeProcess implements AutoCloseable {
  static final Path ROOT = Path.of(System.getProperty("nmsw.root"));

  final int port;
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final Process process;

  /**
   * @param destination what the configuration says of it
   */
  ServeProcess(Path folder, String destination, String model) throws IOException {
    this(folder, Peers.freePort(), destination, model, "");
  }

  /**
   * @param port to listen on
   * @param more lines of the configuration's section series
   */
  ServeProcess(Path folder, int port, int destinationPort, String model, String more) throws IOException {
    this(folder, port, "PACS@127.0.0.1:" + destinationPort, model, more);
  }

  private ServeProcess(Path folder, int port, String destination, String model, String more) throws IOException {
    this(Files.createDirectories(folder).resolve("node.yaml"), port, config(folder, port, destination, model) + more);
  }

  /**
   * @param config the file to write the configuration to
   * @param port that it listens on
   */
  ServeProcess(Path config, int port, String yaml) throws IOException {
    this(config, port, yaml, command -> command);
  }

  /**
   * @param within makes the command that runs the one it is given
   */
  ServeProcess(Path config, int port, String yaml, UnaryOperator<List<String>> within) throws IOException {
    this.port = port;
    Files.writeString(config, yaml);
    // SIGHUP is heard whatever the tests were started by: nohup has all that it starts ignore it.
    List<String> serve =
        List.of("env", "--default-signal=HUP", ROOT.resolve("nmsw").toString(), "serve", "--config", config.toString());
    ProcessBuilder builder = new ProcessBuilder(within.apply(serve)).redirectErrorStream(true);
    // The test runs inside the build: what the launcher would build is what was just packaged.
    builder.environment().put("NMSW_BUILD", "never");
    process = builder.start();
    Thread reader = new Thread(this::readLog, "serve-log");
    reader.setDaemon(true);
    reader.start();
    awaitLog(Duration.ofMinutes(2), "listens on .*:" + port);
  }

  static String config(Path folder, int port, String destination, String model) {
    return """
        aeTitles: [NMSW]
        bind: 127.0.0.1
        port: %d
        callingAeTitles: [STORESCU, ECHOSCU, MODALITY]
        dataDirectory: '%s'
        modelsDirectory: '%s'
        destinations:
          pacs: %s
        routes:
          - model: %s
            destinations: [pacs]
        storage:
          diskReserve: 100MiB
        series:
          quiet: 1s
        """
        .formatted(port, folder.resolve("data"), ROOT.resolve("config/models"), destination, model);
  }

  private void readLog() {
    try (BufferedReader lines = process.inputReader()) {
      for (String line; (line = lines.readLine()) != null; ) {
        log.add(line);
        System.out.println("serve| " + line);
      }
    } catch (IOException e) {
      log.add("log ended: " + e);
    }
  }

  /** Waits until some line of the log matches, and returns it. */
  String awaitLog(Duration limit, String regex) {
    Pattern pattern = Pattern.compile(regex);
    Peers.await(
        limit,
        "a log line that matches " + regex,
        () -> {
          if (!process.isAlive() && log.stream().noneMatch(l -> pattern.matcher(l).find())) {
            throw new AssertionError("serve ended with " + process.exitValue() + ":\n" + String.join("\n", log));
          }
          return log.stream().anyMatch(line -> pattern.matcher(line).find());
        });
    return log.stream().filter(line -> pattern.matcher(line).find()).findFirst().orElseThrow();
  }

  long pid() {
    return process.pid();
  }

  List<String> log() {
    return log;
  }

  /** Sends it a signal, by its name without SIG. */
  void signal(String name) throws IOException, InterruptedException {
    Peers.Output output = Peers.run(Duration.ofSeconds(10), List.of("kill", "-" + name, Long.toString(process.pid())));
    if (output.exitCode() != 0) {
      throw new AssertionError(output.text());
    }
  }

  /** Ends it without warning, as the kernel or a power cut would. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      throw new AssertionError("serve did not end within 30 s of SIGKILL");
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("serve did not stop within 30 s of SIGTERM");
    }
  }
}
