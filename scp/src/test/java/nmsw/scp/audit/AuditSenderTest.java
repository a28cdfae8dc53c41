package nmsw.scp.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import nmsw.dicom.net.TlsCredentials;
import nmsw.dicom.net.TlsFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AuditSenderTest {
  private static final Duration SOON = Duration.ofMillis(5);
  private static final Duration LONG = Duration.ofHours(1);

  @TempDir Path folder;

  /** A repository that can be down. */
  private static final class Repository implements AuditTransport {
    final BlockingQueue<String> got = new LinkedBlockingQueue<>();
    final BlockingQueue<String> failed = new LinkedBlockingQueue<>();
    volatile boolean down;

    @Override
    public void send(byte[] message) throws IOException {
      String text = new String(message, StandardCharsets.UTF_8);
      if (down) {
        failed.add(text);
        throw new IOException("down");
      }
      got.add(text);
    }

    String next() throws InterruptedException {
      String text = got.poll(30, TimeUnit.SECONDS);
      return text.replaceAll("(?s).*AuditSourceID=\"([^\"]*)\".*", "$1");
    }

    @Override
    public void close() {}
  }

  private final Repository repository = new Repository();

  private AuditSender sender(int capacity, Duration retry) throws IOException {
    return new AuditSender(folder, capacity, repository, "host", retry, Duration.ofSeconds(5));
  }

  private static AuditMessage message(String name) {
    return new AuditMessages(
            new AuditMessage.Source(Optional.empty(), name), "1@host", List.of("NMSW"), () -> Instant.EPOCH)
        .started();
  }

  private List<String> kept() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void messagesGoOutInTheirOrderAndLeaveNothing() throws Exception {
    List<String> got = new ArrayList<>();
    try (AuditSender sender = sender(10, LONG)) {
      for (String name : List.of("a", "b", "c")) {
        sender.add(message(name));
        got.add(repository.next());
      }
    }
    assertEquals(List.of("a", "b", "c"), got);
    assertEquals(List.of(), kept());
  }

  @Test
  void anOutageHoldsNothingUpAndItsMessagesComeLater() throws Exception {
    repository.down = true;
    try (AuditSender sender = sender(10, SOON)) {
      sender.add(message("a"));
      sender.add(message("b"));
      assertEquals(repository.failed.poll(30, TimeUnit.SECONDS), repository.failed.poll(30, TimeUnit.SECONDS));
      assertEquals(2, sender.waiting());
      repository.down = false;
      assertEquals(List.of("a", "b"), List.of(repository.next(), repository.next()));
      assertEquals(0, sender.lost());
    }
  }

  @Test
  void aRestartTakesUpWhatWaits() throws Exception {
    repository.down = true;
    try (AuditSender sender = sender(10, LONG)) {
      sender.add(message("a"));
      sender.add(message("b"));
      assertTrue(repository.failed.poll(30, TimeUnit.SECONDS) != null);
    }
    assertEquals(2, kept().size());
    repository.down = false;
    try (AuditSender sender = sender(10, LONG)) {
      sender.add(message("c"));
      assertEquals(List.of("a", "b", "c"), List.of(repository.next(), repository.next(), repository.next()));
    }
    assertEquals(List.of(), kept());
  }

  @Test
  void whatIsTooMuchIsCounted() throws Exception {
    repository.down = true;
    try (AuditSender sender = sender(2, LONG)) {
      for (String name : List.of("a", "b", "c", "d")) {
        sender.add(message(name));
      }
      assertEquals(2, sender.waiting());
      assertEquals(2, sender.lost());
      assertEquals(0, sender.sent());
    }
  }

  @Test
  void aRepositoryByTlsThatComesBackGetsTheRest() throws Exception {
    Path identity = SyslogReceiver.identity(folder);
    Path kept = folder.resolve("audit");
    try (SyslogReceiver receiver = SyslogReceiver.start(identity, 0)) {
      TlsFiles files = new TlsFiles(Optional.empty(), Optional.empty(), identity, Optional.of("changeit"));
      SyslogTls tls = new SyslogTls("127.0.0.1", receiver.port(), TlsCredentials.open(files), Duration.ofSeconds(10));
      try (AuditSender sender = new AuditSender(kept, 10, tls, "host", SOON, Duration.ofSeconds(5))) {
        sender.add(message("a"));
        String first = receiver.next();
        assertTrue(first.matches("(?s)<85>1 \\S+ host nmsw-node \\d+ DICOM\\+RFC3881 - \uFEFF<\\?xml .*"), first);
        receiver.drop();
        sender.add(message("b"));
        assertTrue(receiver.next().contains("AuditSourceID=\"b\""));
      }
    }
  }

  @Test
  void aRepositoryThatIsNotTrustedGetsNothing() throws Exception {
    Path identity = SyslogReceiver.identity(folder);
    Path others = SyslogReceiver.identity(Files.createDirectories(folder.resolve("others")));
    try (SyslogReceiver receiver = SyslogReceiver.start(identity, 0)) {
      TlsFiles files = new TlsFiles(Optional.empty(), Optional.empty(), others, Optional.of("changeit"));
      try (SyslogTls tls =
          new SyslogTls("127.0.0.1", receiver.port(), TlsCredentials.open(files), Duration.ofSeconds(10))) {
        assertThrows(IOException.class, () -> tls.send("<85>1 x".getBytes(StandardCharsets.US_ASCII)));
      }
    }
  }

  @Test
  void aDatagramIsOneMessage() throws Exception {
    try (DatagramSocket receiver = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        SyslogUdp udp = new SyslogUdp("127.0.0.1", receiver.getLocalPort())) {
      receiver.setSoTimeout(30_000);
      udp.send("<85>1 x".getBytes(StandardCharsets.US_ASCII));
      DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
      receiver.receive(packet);
      assertEquals("<85>1 x", new String(packet.getData(), 0, packet.getLength(), StandardCharsets.US_ASCII));
    }
  }
}
