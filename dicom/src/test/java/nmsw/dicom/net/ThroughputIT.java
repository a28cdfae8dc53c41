package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Prints how long 300 CT slices of 512 KiB take over loopback; nothing about time is asserted. */
@Timeout(300)
class ThroughputIT {
  private static final int OBJECTS = 300;

  @TempDir Path folder;

  private final AtomicInteger received = new AtomicInteger();

  private DicomServer server() throws IOException {
    StoreHandler sink =
        (request, dataset) -> {
          dataset.transferTo(OutputStream.nullOutputStream());
          received.incrementAndGet();
          return Status.SUCCESS;
        };
    return DicomServer.start(
        ServerConfig.builder().bindAddress("127.0.0.1").port(0).closeTimeout(Duration.ofSeconds(5)).build(),
        sink);
  }

  private List<Path> objects() throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < OBJECTS; i++) {
      Path file = folder.resolve(i + ".dcm");
      DicomWriter.writeFile(file, TestObjects.ct(i, 512, 512), TransferSyntax.EXPLICIT_LE);
      files.add(file);
    }
    return files;
  }

  @Test
  void threeHundredSlices() throws Exception {
    List<Path> files = objects();
    try (DicomServer server = server()) {
      for (int pdu : new int[] {16384, 131072, 131072}) {
        sendWithClient("client, PDU " + pdu + " -> server", server.port(), files, pdu);
      }
      sendWithStorescu("storescu -> server", server.port());
      sendWithStorescu(
          "storescu -pdu 131072 -> server",
          server.port(),
          "-pdu",
          "131072",
          "--max-send-pdu",
          "131072");
    }
    assertEquals(5 * OBJECTS, received.get());
    int port = Dcmtk.freePort();
    Process storescp =
        Dcmtk.start(folder, folder.resolve("storescp.log"), Dcmtk.command("storescp", "--ignore", port));
    try {
      Dcmtk.awaitListening(port, storescp);
      sendWithClient("client -> storescp", port, files, 131072);
      sendWithStorescu("storescu -> storescp (reference)", port);
    } finally {
      storescp.destroy();
    }
  }

  private void sendWithClient(String what, int port, List<Path> files, int pdu) throws IOException {
    RemoteAe remote = new RemoteAe("NODE", "127.0.0.1", port);
    List<ProposedContext> contexts = List.of(ProposedContext.uncompressed(Uid.CTImageStorage));
    ClientConfig config = ClientConfig.defaults().withMaxPduLength(pdu);
    long[] nanos = new long[files.size()];
    long start = System.nanoTime();
    try (DicomClient client = DicomClient.connect(remote, "TEST", contexts, config)) {
      for (int i = 0; i < nanos.length; i++) {
        long before = System.nanoTime();
        assertTrue(client.store(files.get(i)).isSuccess());
        nanos[i] = System.nanoTime() - before;
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Arrays.sort(nanos);
    System.out.printf(
        Locale.ROOT,
        "%-36s %6.2f s, %5.0f MB/s; an object: median %.2f ms, 99 %% %.2f ms, longest %.2f ms%n",
        what,
        seconds,
        OBJECTS * 0.524288 / seconds,
        nanos[nanos.length / 2] / 1e6,
        nanos[nanos.length * 99 / 100] / 1e6,
        nanos[nanos.length - 1] / 1e6);
  }

  private void sendWithStorescu(String what, int port, String... options) throws Exception {
    List<String> command = Dcmtk.command("storescu", (Object[]) options);
    command.addAll(List.of("+sd", "+sp", "*.dcm", "127.0.0.1", String.valueOf(port), folder.toString()));
    long start = System.nanoTime();
    Dcmtk.Outcome outcome = Dcmtk.run(Files.createDirectories(folder.resolve("peer")), command);
    double seconds = (System.nanoTime() - start) / 1e9;
    assertEquals(0, outcome.code(), outcome.output());
    System.out.printf(
        Locale.ROOT, "%-36s %6.2f s, %5.0f MB/s%n", what, seconds, OBJECTS * 0.524288 / seconds);
  }
}
