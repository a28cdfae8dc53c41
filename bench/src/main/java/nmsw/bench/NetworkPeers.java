package nmsw.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreHandler;
import nmsw.scp.Node;
import nmsw.scp.config.ConfigException;
import nmsw.scp.config.NodeConfig;

/** Who sends and receives in {@link NetworkBench}: programs of their own, and our server in this process. */
final class NetworkPeers {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int START_SECONDS = 30;

  private NetworkPeers() {}

  /** A program is not installed. */
  static final class Missing extends IOException {
    private static final long serialVersionUID = 1L;

    Missing(String program, String debianPackage) {
      super(program + " is not installed (apt-get install " + debianPackage + ")");
    }
  }

  /** Something that takes objects until it is closed. */
  interface Receiver extends AutoCloseable {
    int port();

    /** How many it has by now; -1 if it does not tell. */
    int objects() throws IOException;

    @Override
    void close() throws IOException, InterruptedException;
  }

  /**
   * Our server, which writes each object to a file of its own, under a name that it gets when it is complete.
   *
   * @param synced whether it answers only when the file and its name would survive power loss
   */
  static Receiver ours(Path folder, boolean synced) throws IOException {
    StoreHandler handler =
        (request, dataset) -> {
          Content content =
              out -> {
                DicomWriter.writeFileMeta(
                    out, request.sopClassUid(), request.sopInstanceUid(), request.transferSyntax());
                dataset.transferTo(out);
              };
          store(folder, request.sopInstanceUid(), content, synced);
          return Status.SUCCESS;
        };
    DicomServer server =
        DicomServer.start(ServerConfig.builder().bindAddress("127.0.0.1").port(0).build(), handler);
    return new Receiver() {
      @Override
      public int port() {
        return server.port();
      }

      @Override
      public int objects() throws IOException {
        return files(folder);
      }

      @Override
      public void close() {
        server.close();
      }
    };
  }

  private interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private static void store(Path folder, String name, Content content, boolean synced) throws IOException {
    Path part = folder.resolve(name + ".part");
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 17)) {
      content.writeTo(out);
      out.flush();
      if (synced) {
        channel.force(false);
      }
    }
    Files.move(part, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    if (synced) {
      try (FileChannel directory = FileChannel.open(folder)) {
        directory.force(true);
      }
    }
  }

  /** A whole node, which never gets to segmenting what it receives. */
  static Receiver node(Path folder) throws IOException {
    String yaml =
        """
        aeTitles: [ANY]
        bind: 127.0.0.1
        port: 0
        dataDirectory: data
        modelsDirectory: models
        destinations: {nowhere: 'ANY@127.0.0.1:104'}
        routes: [{model: none, destinations: [nowhere]}]
        series: {quiet: 1h, maxWait: 1h}
        storage: {diskReserve: 1MiB}
        """;
    Node node;
    try {
      NodeConfig config = NodeConfig.parse(yaml, "the bench's configuration", folder);
      node =
          Node.start(
              config,
              Clock.systemUTC(),
              bundle -> {
                throw new IOException("nothing is segmented here");
              });
    } catch (ConfigException e) {
      throw new IOException(e);
    }
    return new Receiver() {
      @Override
      public int port() {
        return node.port();
      }

      @Override
      public int objects() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("data").resolve("spool"))) {
          return (int) files.filter(file -> file.toString().endsWith(".dcm")).count();
        }
      }

      @Override
      public void close() {
        node.close();
      }
    };
  }

  /**
   * Copies files as {@link #ours} stores objects, synced, without a network.
   *
   * @param threads that share them
   */
  static void copy(List<Path> files, Path folder, int threads) throws IOException, InterruptedException {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Void>> work = new ArrayList<>();
      for (Path file : files) {
        work.add(
            () -> {
              store(folder, file.getFileName().toString(), out -> Files.copy(file, out), true);
              return null;
            });
      }
      for (Future<Void> each : executor.invokeAll(work)) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } finally {
      executor.shutdown();
    }
  }

  private static int files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return (int) files.count();
    }
  }

  /**
   * DCMTK's storescp, a process for each association.
   *
   * @param noDelay whether it sets TCP_NODELAY
   */
  static Receiver storescp(Path folder, boolean noDelay) throws IOException, InterruptedException {
    int port = freePort();
    ProcessBuilder builder =
        new ProcessBuilder("storescp", "--fork", "-od", folder.toString(), String.valueOf(port));
    setNoDelay(builder, noDelay);
    return listening(start(builder, "storescp", "dcmtk"), port, folder);
  }

  static Receiver orthanc(Path folder) throws IOException, InterruptedException {
    int port = freePort();
    Path settings =
        Files.writeString(
            folder.resolve("orthanc.json"),
            """
            {"StorageDirectory": "%1$s/db", "IndexDirectory": "%1$s/db", "Plugins": [], "HttpServerEnabled": false,
             "DicomAet": "ANY", "DicomPort": %2$d, "DicomAlwaysAllowStore": true}
            """
                .formatted(folder, port));
    return listening(start(new ProcessBuilder("Orthanc", settings.toString()), "Orthanc", "orthanc"), port, null);
  }

  private static Receiver listening(Process process, int port, Path folder) throws IOException, InterruptedException {
    Receiver receiver =
        new Receiver() {
          @Override
          public int port() {
            return port;
          }

          @Override
          public int objects() throws IOException {
            return folder == null ? -1 : files(folder);
          }

          @Override
          public void close() throws InterruptedException {
            process.destroy();
            if (!process.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
              process.destroyForcibly().waitFor();
            }
          }
        };
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return receiver;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          receiver.close();
          throw new IOException("the receiver does not listen on port " + port, e);
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  /**
   * Sends with DCMTK's storescu, the files dealt out to several of them at once.
   *
   * @param noDelay whether they set TCP_NODELAY
   */
  static void storescu(Path folder, int port, List<Path> files, int senders, boolean noDelay)
      throws IOException, InterruptedException {
    List<Process> processes = new ArrayList<>();
    try {
      for (int sender = 0; sender < senders; sender++) {
        List<String> command =
            new ArrayList<>(List.of("storescu", "-xe", "-aec", "ANY", "127.0.0.1", String.valueOf(port)));
        for (int i = sender; i < files.size(); i += senders) {
          command.add(files.get(i).toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        setNoDelay(builder, noDelay);
        processes.add(start(builder, "storescu", "dcmtk"));
      }
      for (Process process : processes) {
        await(process, "storescu");
      }
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
  }

  /**
   * Has dcmdump read a folder and print it to nowhere.
   *
   * @param pixels whether pixel data is loaded
   */
  static void dcmdump(Path folder, boolean pixels) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("dcmdump", pixels ? "+M" : "-M", "+sd", folder.toString());
    await(start(builder, "dcmdump", "dcmtk"), "dcmdump");
  }

  private static void setNoDelay(ProcessBuilder builder, boolean noDelay) {
    builder.environment().remove("TCP_NODELAY");
    if (noDelay) {
      builder.environment().put("TCP_NODELAY", "1");
    }
  }

  private static Process start(ProcessBuilder builder, String program, String debianPackage) throws IOException {
    try {
      return builder
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      throw new Missing(program, debianPackage);
    }
  }

  private static void await(Process process, String program) throws IOException, InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new IOException(program + " does not end");
    }
    if (process.exitValue() != 0) {
      throw new IOException(program + " fails with exit code " + process.exitValue());
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
