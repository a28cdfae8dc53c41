package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import org.junit.jupiter.api.Assumptions;

/** DCMTK's image archive, as a PACS; it sends to NODE at a port of its own and to no other title. */
final class Dcmqrscp implements AutoCloseable {
  static final String DESTINATION = "NODE";

  private static final int PATIENCE_S = 60;

  private final Process process;
  private final Path log;
  final RemoteAe address;
  final int destinationPort;

  private Dcmqrscp(Process process, Path log, RemoteAe address, int destinationPort) {
    this.process = process;
    this.log = log;
    this.address = address;
    this.destinationPort = destinationPort;
  }

  /** Starts an empty one; aborts the test, loudly, where the program is missing. */
  static Dcmqrscp start(Path folder) throws IOException {
    int port = freePort();
    int destinationPort = freePort();
    Path config = Files.writeString(
        folder.resolve("dcmqrscp.cfg"),
        """
        MaxPDUSize = 16384
        MaxAssociations = 16
        HostTable BEGIN
        node = (%s, localhost, %d)
        HostTable END
        VendorTable BEGIN
        VendorTable END
        AETable BEGIN
        PACS %s RW (200, 1024mb) ANY
        AETable END
        """
            .formatted(DESTINATION, destinationPort, Files.createDirectory(folder.resolve("archive"))));
    Path log = folder.resolve("dcmqrscp.log");
    Process process;
    try {
      process =
          new ProcessBuilder("dcmqrscp", "-v", "-c", config.toString(), Integer.toString(port))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
    } catch (IOException e) {
      System.err.println("SKIPPED, NO PACS TESTED: dcmqrscp is missing: apt-get install dcmtk");
      Assumptions.abort("no PACS tested: dcmqrscp is missing");
      throw e;
    }
    Dcmqrscp archive = new Dcmqrscp(process, log, new RemoteAe("PACS", "127.0.0.1", port), destinationPort);
    archive.awaitListening();
    return archive;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitListening() {
    Instant deadline = Instant.now().plusSeconds(PATIENCE_S);
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), address.port())) {
        assertTrue(socket.isConnected());
        return;
      } catch (IOException e) {
        assertTrue(process.isAlive() && Instant.now().isBefore(deadline), "the archive does not listen");
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  /** Stores all files of a folder tree. */
  void store(Path folder) throws IOException {
    List<ProposedContext> contexts =
        Stream.of(Uid.CTImageStorage, Uid.SegmentationStorage, Uid.RTStructureSetStorage)
            .map(ProposedContext::uncompressed)
            .toList();
    try (DicomClient client = DicomClient.connect(address, "TEST", contexts, ClientConfig.defaults());
        Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertTrue(client.store(file).isSuccess(), file.toString());
      }
    }
  }

  /** What it has logged. */
  String log() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void close() {
    process.destroy();
  }
}
