package nmsw.bench;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.Uid;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.Status;
import nmsw.volume.SliceStack;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Whether a node that serves for long takes ever more of anything. */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    description = {
      "Starts \"nmsw serve\" and has it meet, for minutes, with good series, objects sent again, other objects under the same UID, broken"
          + " objects, connections cut in the middle of an object, C-ECHO and web requests, all at once.",
      "Reads memory, threads, file descriptors and the spool's size every few seconds into samples.csv, prints what each grew by,"
          + " and ends with 1 if anything that should be flat is not."
    })
final class SoakBench implements Callable<Integer> {
  private static final int PATIENCE_S = 120;
  private static final int SLICES = 20;

  @Parameters(paramLabel = "DIR", description = "for the node's data and log, and samples.csv; new or empty")
  private Path folder;

  @Option(names = "--minutes", defaultValue = "30", description = "of traffic (default: ${DEFAULT-VALUE})")
  private int minutes;

  @Option(names = "--every", defaultValue = "8", description = "seconds between two good series (default: ${DEFAULT-VALUE})")
  private int every;

  @Option(names = "--sample", defaultValue = "5", description = "seconds between two readings (default: ${DEFAULT-VALUE})")
  private int sample;

  @Option(names = "--model", defaultValue = "abdomen-phantom", description = "default: ${DEFAULT-VALUE}")
  private String model;

  @Option(
      names = "--threads",
      defaultValue = "1",
      description = "of one operation of the engine (default: ${DEFAULT-VALUE})")
  private int threads;

  @Spec private CommandSpec spec;

  private final Set<String> results = ConcurrentHashMap.newKeySet();

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (minutes < 1 || every < 1 || sample < 1 || threads < 1) {
      throw new CommandLine.ParameterException(spec.commandLine(), "numbers must be 1 or more");
    }
    Files.createDirectories(folder);
    try (DicomServer pacs = pacs()) {
      int port = freePort();
      int webPort = freePort();
      Process serve = serve(port, webPort, pacs.port());
      try {
        return soak(serve, port, webPort);
      } finally {
        serve.destroy();
        if (!serve.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
          serve.destroyForcibly();
        }
      }
    }
  }

  private DicomServer pacs() throws IOException {
    ServerConfig config =
        ServerConfig.builder()
            .bindAddress("127.0.0.1")
            .port(0)
            .storageSopClasses(Set.of(Uid.SegmentationStorage))
            .build();
    return DicomServer.start(
        config,
        (request, dataset) -> {
          dataset.transferTo(OutputStream.nullOutputStream());
          results.add(request.sopInstanceUid());
          return Status.SUCCESS;
        });
  }

  private Process serve(int port, int webPort, int pacs) throws IOException {
    Path root = Path.of(System.getProperty("nmsw.root"));
    Path config = folder.resolve("node.yaml");
    Files.writeString(
        config,
        """
        bind: 127.0.0.1
        port: %d
        dataDirectory: data
        modelsDirectory: '%s'
        destinations: {pacs: 'PACS@127.0.0.1:%d'}
        routes:
          - {model: %s, destinations: [pacs]}
        series: {quiet: 1s, maxWait: 20s}
        storage: {diskReserve: 1MiB, retention: {age: 2m}}
        compute: {device: cpu, threads: %d}
        web: {port: %d}
        """
            .formatted(port, root.resolve("config/models").toAbsolutePath(), pacs, model, threads, webPort));
    ProcessBuilder builder =
        new ProcessBuilder(root.resolve("nmsw").toAbsolutePath().toString(), "serve", "--config", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("serve.log").toFile());
    builder.environment().put("NMSW_BUILD", "never");
    return builder.start();
  }

  private Integer soak(Process serve, int port, int webPort) throws IOException, InterruptedException {
    awaitListening(serve, port);
    SliceStack stack = AbdomenPhantom.standardStack(64, 64, SLICES, 6.8, 6.8, 10);
    List<Path> slices =
        PhantomSeries.write(Files.createDirectory(folder.resolve("slices")), new AbdomenPhantom(1), stack, 1);
    List<SoakSample> samples = new ArrayList<>();
    String last;
    SoakTraffic traffic = new SoakTraffic(port, webPort, slices, Duration.ofSeconds(every));
    try (traffic;
        BufferedWriter csv = Files.newBufferedWriter(folder.resolve("samples.csv"))) {
      csv.write(SoakSample.HEADER + "\n");
      long start = System.nanoTime();
      long end = start + TimeUnit.MINUTES.toNanos(minutes);
      while (System.nanoTime() < end) {
        TimeUnit.SECONDS.sleep(sample);
        SoakSample read =
            SoakSample.of(serve.pid(), (System.nanoTime() - start) / 1e9, traffic.metrics(), folder.resolve("data"));
        samples.add(read);
        csv.write(read + "\n");
        csv.flush();
      }
    }
    last = awaitAnswers(traffic);
    return report(samples, traffic, last);
  }

  private void awaitListening(Process serve, int port) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
    while (!Files.readString(folder.resolve("serve.log")).contains("listens on 127.0.0.1:" + port)) {
      if (!serve.isAlive() || System.nanoTime() > deadline) {
        throw new IOException("the node does not listen, see " + folder.resolve("serve.log"));
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  /** Until every series has its result. */
  private String awaitAnswers(SoakTraffic traffic) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
    while (results.size() < traffic.series() && System.nanoTime() < deadline) {
      TimeUnit.SECONDS.sleep(1);
    }
    return traffic.metrics();
  }

  private int report(List<SoakSample> samples, SoakTraffic traffic, String metrics) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%d minutes, %s, load average %s; %s%n",
        minutes, LinuxProcess.processor(), LinuxProcess.loadAverage(), traffic.counts());
    traffic.complaints().forEach(out::println);
    out.printf(Locale.ROOT, "%d series sent, %d results%n", traffic.series(), results.size());
    metrics.lines()
        .filter(line -> line.matches("nmsw_(objects|series_done|series_unanswered|associations|retention).*_total.*"))
        .forEach(out::println);
    out.printf(
        "%n%-22s %12s %12s %12s %14s %12s%n", "", "at a third", "at the end", "largest", "grew by", "verdict");
    boolean flat = true;
    for (SoakSample.Figure figure : SoakSample.Figure.values()) {
      flat &= figure.report(out, samples);
    }
    boolean answered = results.size() == traffic.series() && traffic.complaints().isEmpty();
    out.println(flat && answered ? "flat" : flat ? "flat, but not everything was answered" : "NOT FLAT");
    out.flush();
    return flat && answered ? 0 : 1;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
