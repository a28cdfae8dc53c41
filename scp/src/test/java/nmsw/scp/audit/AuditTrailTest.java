package nmsw.scp.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import nmsw.dicom.Dataset;
import nmsw.dicom.Uid;
import nmsw.dicom.net.AssociationInfo;
import nmsw.scp.FakeClock;
import nmsw.scp.Series;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.StorageConfig;
import nmsw.scp.spool.Spool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AuditTrailTest {
  private static final Duration LONG = Duration.ofHours(1);

  @TempDir Path folder;
  private final FakeClock clock = new FakeClock();
  private final BlockingQueue<String> repository = new LinkedBlockingQueue<>();
  private Spool spool;
  private AuditTrail trail;

  @BeforeEach
  void open() throws Exception {
    String yaml =
        "{dataDirectory: data, modelsDirectory: models, destinations: {pacs: 'PACS@127.0.0.1:104'},"
            + " routes: [{model: m, destinations: [pacs]}]}";
    NodeConfig config = NodeConfig.parse(yaml, "test", folder);
    spool = Spool.open(folder.resolve("spool"), "node", new StorageConfig(new DataSize(0), new DataSize(1 << 20)));
    AuditTransport transport =
        new AuditTransport() {
          @Override
          public void send(byte[] message) {
            String text = new String(message, StandardCharsets.UTF_8);
            repository.add(text.substring(text.indexOf('<', 5)));
          }

          @Override
          public void close() {}
        };
    AuditSender sender = new AuditSender(folder.resolve("audit"), 1000, transport, "host", LONG, Duration.ofSeconds(5));
    AuditMessages messages =
        new AuditMessages(new AuditMessage.Source(Optional.empty(), "node"), "1@host", List.of("NMSW"), clock);
    Supplier<NodeConfig> settings = () -> config;
    trail = new AuditTrail(sender, messages, spool, settings, clock);
  }

  @AfterEach
  void close() {
    trail.close();
  }

  private String next() throws Exception {
    String message = repository.poll(30, TimeUnit.SECONDS);
    new AuditSchema().validate(message);
    return message;
  }

  @Test
  void whoScansPortsIsToldOfWithoutAFlood() throws Exception {
    for (int i = 0; i < 1000; i++) {
      trail.handshakeFailed("10.0.0." + i % 250 + ":40000", "Unsupported or unrecognized SSL message");
    }
    clock.advance(Duration.ofMinutes(1));
    trail.handshakeFailed("10.9.9.9:40000", "no cipher suites in common");
    for (int i = 0; i < 10; i++) {
      assertTrue(next().contains("UserID=\"10.0.0." + i + "\""), "message " + i);
    }
    String last = next();
    assertTrue(last.contains("UserID=\"10.9.9.9\""), last);
    String said = "TLS: no cipher suites in common; and 990 more before it";
    assertTrue(last.contains(Base64.getEncoder().encodeToString(said.getBytes(StandardCharsets.UTF_8))), last);
    assertEquals(0, repository.size());
  }

  /** A sender that is not let in asks again and again; that a handshake failed is told of all the same. */
  @Test
  void whoIsNotLetInIsToldOfWithoutAFlood() throws Exception {
    AssociationInfo sender = new AssociationInfo(1, "CT_7", "NMSW", "10.0.0.7:40000");
    for (int i = 0; i < 1000; i++) {
      trail.associationRejected(sender, "the calling AE title is not let in");
    }
    trail.handshakeFailed("10.9.9.9:40000", "no cipher suites in common");
    clock.advance(Duration.ofMinutes(1));
    trail.associationRejected(sender, "too many associations");
    for (int i = 0; i < 10; i++) {
      assertTrue(next().contains("UserID=\"CT_7\""), "message " + i);
    }
    assertTrue(next().contains("UserID=\"10.9.9.9\""));
    String said = "too many associations; and 990 more before it";
    assertTrue(next().contains(Base64.getEncoder().encodeToString(said.getBytes(StandardCharsets.UTF_8))));
    assertEquals(0, repository.size());
  }

  @Test
  void aTransferByTheNodeTellsOfWhichClassItsObjectIs() throws Exception {
    Dataset slice = Series.slice(Series.UID, 0);
    spool.receive(Series.request(slice), Series.stream(slice));
    trail.delivered(Series.UID, "pacs", Uid.SegmentationStorage);
    String sent = next();
    assertTrue(
        sent.contains(
            "<ParticipantObjectDescription><SOPClass UID=\"" + Uid.SegmentationStorage + "\" NumberOfInstances=\"1\"/>"),
        sent);
  }
}
