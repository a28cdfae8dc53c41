package nmsw.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import nmsw.bench.NetworkPeers.Receiver;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.AssociationOptions;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.StoreResult;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the DICOM network and the reading of files cost, beside DCMTK, Orthanc and pydicom in the same run. */
@Command(
    name = "network",
    mixinStandardHelpOptions = true,
    description = {
      "Sends synthetic CT slices over loopback with DCMTK's storescu, as it comes and with TCP_NODELAY, over one and several"
          + " associations at once, to our server, DCMTK's storescp and Orthanc; then with our client; then reads the files.",
      "Seconds are the best of the runs and include the start of the sending programs."
    })
final class NetworkBench implements Callable<Integer> {
  private static final RemoteAe ANYONE = new RemoteAe("ANY", "127.0.0.1", 104);
  private static final int WINDOW = 16;

  @Option(names = "--slices", defaultValue = "300", description = "number of objects (default: ${DEFAULT-VALUE})")
  private int slices;

  @Option(names = "--size", defaultValue = "512", description = "rows and columns (default: ${DEFAULT-VALUE})")
  private int size;

  @Option(
      names = "--associations",
      defaultValue = "8",
      description = "at once, beside one alone (default: ${DEFAULT-VALUE})")
  private int associations;

  @Option(names = "--runs", defaultValue = "2", description = "of each (default: ${DEFAULT-VALUE})")
  private int runs;

  @Option(
      names = "--python",
      paramLabel = "COMMAND",
      defaultValue = "/usr/bin/python3",
      description = "Python that has pydicom (default: ${DEFAULT-VALUE})")
  private String python;

  @Spec private CommandSpec spec;

  private PrintWriter out;
  private Path folder;
  private List<Path> files;

  private interface Timed {
    void run() throws IOException, InterruptedException;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (slices < 1 || size < 8 || size > 4096 || associations < 2 || associations > 16 || runs < 1) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--slices and --runs take 1 and more, --size 8 to 4096, --associations 2 to 16");
    }
    out = spec.commandLine().getOut();
    folder = Files.createTempDirectory("nmsw-bench");
    try {
      files = SyntheticSlices.write(Files.createDirectory(folder.resolve("slices")), slices, size);
      out.printf(
          Locale.ROOT,
          "%d CT slices of %d x %d, loopback, best of %d runs; %s, load average %s%n",
          slices, size, size, runs, LinuxProcess.processor(), LinuxProcess.loadAverage());
      receiving();
      sending();
      reading();
      return 0;
    } finally {
      delete(folder);
    }
  }

  private void receiving() throws IOException, InterruptedException {
    out.printf("%n%-34s %14s %14s %14s %14s%n", "receiver, seconds", "stock, 1", "stock, " + associations,
        "NODELAY, 1", "NODELAY, " + associations);
    double[] ours = receiver("ours, each object synced", noDelay -> NetworkPeers.ours(folder(), true));
    double[] node = receiver("the node: checked and in its spool", noDelay -> NetworkPeers.node(folder()));
    line("the disk alone, each file synced", repeated(() -> NetworkPeers.copy(files, folder(), 1)));
    line("the same, " + associations + " at once", repeated(() -> NetworkPeers.copy(files, folder(), associations)));
    receiver("ours, not synced", noDelay -> NetworkPeers.ours(folder(), false));
    Optional<double[]> storescp = peer("DCMTK storescp", noDelay -> NetworkPeers.storescp(folder(), noDelay));
    Optional<double[]> orthanc = peer("Orthanc", noDelay -> NetworkPeers.orthanc(folder()));
    storescp.ifPresent(peer -> ratios("ours, synced, of storescp's", ours, peer));
    orthanc.ifPresent(peer -> ratios("ours, synced, of Orthanc's", ours, peer));
    out.printf(Locale.ROOT, "the node: %.0f slices a second over one association, %.0f over %d%n",
        slices / Math.min(node[0], node[2]), slices / Math.min(node[1], node[3]), associations);
    out.printf(Locale.ROOT, "%d associations of one, ours, synced: stock %.2f, NODELAY %.2f times as fast%n",
        associations, ours[0] / ours[1], ours[2] / ours[3]);
  }

  private void ratios(String what, double[] ours, double[] peers) {
    out.printf(Locale.ROOT, "%-34s %14.3f %14.3f %14.3f %14.3f%n", what, ours[0] / peers[0], ours[1] / peers[1],
        ours[2] / peers[2], ours[3] / peers[3]);
  }

  private interface Start {
    /**
     * @param noDelay whether the sender sets TCP_NODELAY
     */
    Receiver with(boolean noDelay) throws IOException, InterruptedException;
  }

  private Optional<double[]> peer(String name, Start start) throws InterruptedException, IOException {
    try {
      return Optional.of(receiver(name, start));
    } catch (NetworkPeers.Missing e) {
      out.printf("%-34s %s%n", name, e.getMessage());
      return Optional.empty();
    }
  }

  /** Seconds of storescu as it comes over one and several associations, then with TCP_NODELAY. */
  private double[] receiver(String name, Start start) throws IOException, InterruptedException {
    double[] seconds = new double[4];
    for (int i = 0; i < seconds.length; i++) {
      boolean noDelay = i >= 2;
      int senders = i % 2 == 0 ? 1 : associations;
      seconds[i] =
          best(
              () -> start.with(noDelay),
              receiver -> NetworkPeers.storescu(folder, receiver.port(), files, senders, noDelay));
    }
    out.printf(Locale.ROOT, "%-34s", name);
    for (double each : seconds) {
      out.printf(Locale.ROOT, "  %6.3f %4.0fMB/s", each, megabytes() / each);
    }
    out.println();
    out.flush();
    return seconds;
  }

  private interface ReceiverStart {
    Receiver start() throws IOException, InterruptedException;
  }

  private interface Sending {
    void to(Receiver receiver) throws IOException, InterruptedException;
  }

  private double best(ReceiverStart start, Sending sending) throws IOException, InterruptedException {
    double best = Double.POSITIVE_INFINITY;
    for (int run = 0; run < runs; run++) {
      try (Receiver receiver = start.start()) {
        best = Math.min(best, seconds(() -> sending.to(receiver)));
        int stored = receiver.objects();
        if (stored >= 0 && stored != slices) {
          throw new IOException(stored + " of " + slices + " objects arrived");
        }
      }
    }
    return best;
  }

  private void sending() throws IOException, InterruptedException {
    out.printf("%n%-34s %14s%n", "sender, one association, seconds", "");
    ReceiverStart storescp = () -> NetworkPeers.storescp(folder(), true);
    ReceiverStart stock = () -> NetworkPeers.storescp(folder(), false);
    try {
      double ours = best(storescp, receiver -> client(receiver.port(), 1));
      double theirs = best(storescp, receiver -> NetworkPeers.storescu(folder, receiver.port(), files, 1, true));
      line("our client -> storescp, NODELAY", ours);
      line("storescu -> storescp, NODELAY", theirs);
      line("our client -> storescp, stock", best(stock, receiver -> client(receiver.port(), 1)));
      out.printf(Locale.ROOT, "%-34s %14.3f%n", "ours of storescu's", ours / theirs);
    } catch (NetworkPeers.Missing e) {
      out.println(e.getMessage());
    }
    ReceiverStart server = () -> NetworkPeers.ours(folder(), true);
    line("our client -> ours, synced", best(server, receiver -> client(receiver.port(), 1)));
    line("the same, " + WINDOW + " operations at a time", best(server, receiver -> client(receiver.port(), WINDOW)));
  }

  private void line(String what, double seconds) {
    out.printf(Locale.ROOT, "%-34s %8.3f %4.0fMB/s%n", what, seconds, megabytes() / seconds);
    out.flush();
  }

  private void client(int port, int operations) throws IOException {
    RemoteAe remote = new RemoteAe(ANYONE.aeTitle(), ANYONE.host(), port);
    List<ProposedContext> contexts =
        List.of(ProposedContext.of(Uid.CTImageStorage, TransferSyntax.EXPLICIT_LE));
    AssociationOptions options = AssociationOptions.none().withOperations(operations);
    try (DicomClient client =
        DicomClient.connect(remote, "BENCH", contexts, options, ClientConfig.defaults())) {
      if (!client.storeAll(files).stream().allMatch(StoreResult::isStored)) {
        throw new IOException("objects were refused");
      }
    }
  }

  private void reading() throws IOException, InterruptedException {
    out.printf("%n%-34s %14s %14s%n", "reading, files per second", "all of it", "up to pixels");
    double[] ours = {
      slices / repeated(() -> each(file -> DicomReader.read(file))),
      slices / repeated(() -> each(file -> DicomReader.readUntil(file, Tag.PixelData)))
    };
    rates("ours", ours);
    try {
      double[] dcmdump = {
        slices / repeated(() -> NetworkPeers.dcmdump(folder.resolve("slices"), true)),
        slices / repeated(() -> NetworkPeers.dcmdump(folder.resolve("slices"), false))
      };
      rates("dcmdump", dcmdump);
      rates("ours of dcmdump's", new double[] {ours[0] / dcmdump[0], ours[1] / dcmdump[1]});
    } catch (NetworkPeers.Missing e) {
      out.println(e.getMessage());
    }
    pydicom();
  }

  private void rates(String what, double[] rates) {
    out.printf(Locale.ROOT, "%-34s %14.1f %14.1f%n", what, rates[0], rates[1]);
    out.flush();
  }

  private interface Reading {
    void of(Path file) throws IOException;
  }

  private void each(Reading reading) throws IOException {
    for (Path file : files) {
      reading.of(file);
    }
  }

  private double repeated(Timed work) throws IOException, InterruptedException {
    double best = Double.POSITIVE_INFINITY;
    for (int run = 0; run < runs; run++) {
      best = Math.min(best, seconds(work));
    }
    return best;
  }

  private void pydicom() throws IOException, InterruptedException {
    String program =
        """
        import sys, time, pathlib, pydicom
        files = sorted(pathlib.Path(sys.argv[1]).iterdir())
        for stop in (False, True):
            start = time.perf_counter()
            for file in files:
                for element in pydicom.dcmread(file, stop_before_pixels=stop):
                    pass
            print(len(files) / (time.perf_counter() - start))
        """;
    PythonProgram.Result result =
        new PythonProgram(List.of(python), Duration.ofMinutes(2))
            .run(program, List.of(folder.resolve("slices").toString()), "pydicom", "python3-pydicom");
    if (result.failure().isPresent() || result.out().size() < 2) {
      out.printf("%-34s %s%n", "pydicom", result.failure().orElse("took too long"));
    } else {
      rates("pydicom", result.out().stream().mapToDouble(Double::parseDouble).toArray());
    }
  }

  private static double seconds(Timed work) throws IOException, InterruptedException {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private double megabytes() {
    return slices * 2.0 * size * size / 1e6;
  }

  private Path folder() throws IOException {
    return Files.createTempDirectory(folder, "run");
  }

  private static void delete(Path folder) throws IOException {
    List<Path> all = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      files.forEach(all::add);
    }
    for (int i = all.size() - 1; i >= 0; i--) {
      Files.delete(all.get(i));
    }
  }
}
