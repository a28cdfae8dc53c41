package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sources that flood, stall or vanish: others are served meanwhile, and nothing of them stays. */
@Timeout(120)
class BadSourcesTest {
  private static final int FLOOD = 500;
  private static final int ASSOCIATIONS = 50;
  private static final int OF_ONE = 40;
  private static final Pdu LOCAL_LIMIT_EXCEEDED = new Pdu.AssociateRj(2, 3, 2);
  private static final String FLOODING = "127.0.0.1";
  private static final String OTHER = "127.0.0.2";

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final Received received = new Received();
  private final List<RawPeer> peers = new ArrayList<>();
  private DicomServer server;

  private void start() throws IOException {
    ServerConfig config =
        ServerConfig.builder()
            .bindAddress("127.0.0.1")
            .port(0)
            .maxPduLength(16384)
            .maxAssociations(ASSOCIATIONS)
            .maxAssociationsPerPeer(OF_ONE)
            .waitingConnections(2 * FLOOD)
            .clock(now::get)
            .artimTimeout(Duration.ofHours(1))
            .idleTimeout(Duration.ofHours(2))
            .dataTimeout(Duration.ofHours(1))
            .closeTimeout(Duration.ZERO)
            .build();
    server = DicomServer.start(config, received);
  }

  @AfterEach
  void stop() throws IOException {
    for (RawPeer peer : peers) {
      peer.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private RawPeer peer(String from) throws IOException {
    RawPeer peer = new RawPeer(server.port(), from);
    peers.add(peer);
    return peer;
  }

  /** A peer from elsewhere is served from its request to its release. */
  private void anotherIsServed() throws IOException {
    try (RawPeer other = new RawPeer(server.port(), OTHER)) {
      other.send(RawPeer.request("NODE", "TEST"));
      assertInstanceOf(Pdu.AssociateAc.class, other.read());
      other.sendCommand(RawPeer.ECHO, RawPeer.echoRequest());
      assertEquals(CommandSet.C_ECHO_RSP, other.readCommand().field());
      other.send(new Pdu.ReleaseRq());
      assertEquals(new Pdu.ReleaseRp(), other.read());
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    Instant deadline = Instant.now().plusSeconds(30);
    while (!condition.getAsBoolean()) {
      assertTrue(Instant.now().isBefore(deadline), what);
      Thread.onSpinWait();
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("dicom-association"))
        .count();
  }

  private static int sockets() {
    int sockets = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path file : files) {
        if (Files.isSymbolicLink(file) && Files.readSymbolicLink(file).toString().startsWith("socket:")) {
          sockets++;
        }
      }
    } catch (IOException e) {
      // A file that was closed while the folder was read; the next look tells.
      return Integer.MAX_VALUE;
    }
    return sockets;
  }

  @Test
  void everyOneOfAFloodHearsWhyItIsRejectedAndOthersAreServed() throws Exception {
    start();
    int before = sockets();
    Map<Pdu, Integer> rejections = new HashMap<>();
    int accepted = 0;
    for (int i = 0; i < FLOOD; i++) {
      peer(FLOODING).send(RawPeer.request("NODE", "TEST"));
    }
    anotherIsServed();
    for (RawPeer peer : peers) {
      Pdu answer = peer.read();
      if (answer instanceof Pdu.AssociateAc) {
        accepted++;
      } else {
        rejections.merge(answer, 1, Integer::sum);
      }
    }
    assertEquals(OF_ONE, accepted);
    assertEquals(Map.of(LOCAL_LIMIT_EXCEEDED, FLOOD - OF_ONE), rejections);
    anotherIsServed();

    for (RawPeer peer : peers) {
      peer.close();
    }
    peers.clear();
    await("the flood's sockets are not closed", () -> sockets() <= before);
    // The seats are free again, for those who flooded too.
    for (int i = 0; i < OF_ONE; i++) {
      RawPeer peer = peer(FLOODING);
      peer.send(RawPeer.request("NODE", "TEST"));
      assertInstanceOf(Pdu.AssociateAc.class, peer.read());
    }
    server.close();
    await("a thread is left", () -> threads() == 0);
  }

  /** Some say nothing, some stop in the request, some in an object's PDU, some after an object: each is waited for so long. */
  @Test
  void sourcesThatStallAreEndedAndHoldUpNobody() throws Exception {
    start();
    int before = sockets();
    for (int i = 0; i < 10; i++) {
      peer(FLOODING);
      peer(FLOODING).send(new byte[] {1, 0, 0});
      RawPeer inObject = peer(FLOODING);
      inObject.send(RawPeer.request("NODE", "TEST"));
      assertInstanceOf(Pdu.AssociateAc.class, inObject.read());
      inObject.sendCommand(RawPeer.CT, RawPeer.storeRequest(Uid.CTImageStorage, "1.2." + (i + 1)));
      // The head of a PDU that announces 1000 bytes, and 100 of them.
      inObject.send(ByteBuffer.allocate(106).put((byte) 4).put((byte) 0).putInt(1000).array());
      RawPeer idle = peer(FLOODING);
      idle.send(RawPeer.request("NODE", "TEST"));
      assertInstanceOf(Pdu.AssociateAc.class, idle.read());
    }
    anotherIsServed();
    for (RawPeer peer : peers) {
      awaitEnd(peer);
    }
    // All of those with an association: none was released.
    for (int i = 0; i < 20 + 1; i++) {
      Boolean released = received.closed.poll(20, TimeUnit.SECONDS);
      assertEquals(i == 0, released, "association " + i);
    }
    assertEquals(Map.of(), received.objects);
    anotherIsServed();
    for (RawPeer peer : peers) {
      peer.close();
    }
    await("sockets are left", () -> sockets() <= before);
    server.close();
    await("a thread is left", () -> threads() == 0);
  }

  /** Moves the clock until the server ends the connection: it may not have begun to wait. */
  private void awaitEnd(RawPeer peer) throws IOException {
    Instant deadline = Instant.now().plusSeconds(30);
    peer.socket.setSoTimeout(50);
    while (true) {
      try {
        if (peer.socket.getInputStream().read() < 0) {
          return;
        }
      } catch (SocketTimeoutException e) {
        assertTrue(Instant.now().isBefore(deadline), "the server waits on");
        now.updateAndGet(instant -> instant.plus(Duration.ofHours(2)));
      } catch (IOException reset) {
        return;
      }
    }
  }
}
