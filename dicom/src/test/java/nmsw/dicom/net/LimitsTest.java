package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits of a server, each with the answer that a peer gets who comes upon it. */
@Timeout(60)
class LimitsTest {
  private static final Pdu LOCAL_LIMIT_EXCEEDED = new Pdu.AssociateRj(2, 3, 2);
  private static final Pdu TEMPORARY_CONGESTION = new Pdu.AssociateRj(2, 3, 1);
  private static final Pdu CALLING_AE_NOT_RECOGNIZED = new Pdu.AssociateRj(1, 1, 3);

  private final Received received = new Received();
  private DicomServer server;

  private static ServerConfig.Builder config() {
    return ServerConfig.builder().bindAddress("127.0.0.1").port(0).maxPduLength(16384).closeTimeout(Duration.ZERO);
  }

  private void start(ServerConfig.Builder config) throws IOException {
    server = DicomServer.start(config.build(), received);
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private Pdu ask(RawPeer peer) throws IOException {
    peer.send(RawPeer.request("NODE", "TEST"));
    return peer.read();
  }

  private Pdu answerTo(String from) throws IOException {
    try (RawPeer peer = new RawPeer(server.port(), from)) {
      return ask(peer);
    }
  }

  private void awaitAccepted(String from) {
    Instant deadline = Instant.now().plusSeconds(20);
    while (!accepts(from)) {
      assertTrue(Instant.now().isBefore(deadline), "what was taken is not given back");
    }
  }

  private boolean accepts(String from) {
    try {
      return answerTo(from) instanceof Pdu.AssociateAc;
    } catch (IOException e) {
      // A connection too many is closed without an answer.
      return false;
    }
  }

  @Test
  void associationsOfOneAddress() throws Exception {
    start(config().maxAssociations(4).maxAssociationsPerPeer(2));
    List<RawPeer> peers = new ArrayList<>();
    for (String from : List.of("127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.3")) {
      peers.add(new RawPeer(server.port(), from));
      assertInstanceOf(Pdu.AssociateAc.class, ask(peers.get(peers.size() - 1)));
      if (peers.size() == 2) {
        assertEquals(LOCAL_LIMIT_EXCEEDED, answerTo("127.0.0.1"));
      }
    }
    assertEquals(LOCAL_LIMIT_EXCEEDED, answerTo("127.0.0.4"), "all of them");
    peers.get(0).close();
    awaitAccepted("127.0.0.1");
    for (RawPeer peer : peers) {
      peer.close();
    }
  }

  @Test
  void connectionsOfOneAddressLeaveRoomForOthers() throws Exception {
    start(config().maxAssociations(4).maxAssociationsPerPeer(1));
    List<RawPeer> silent = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      silent.add(new RawPeer(server.port()));
    }
    try (RawPeer oneMore = new RawPeer(server.port())) {
      assertEquals(-1, oneMore.socket.getInputStream().read());
    }
    assertInstanceOf(Pdu.AssociateAc.class, answerTo("127.0.0.2"));
    for (RawPeer peer : silent) {
      peer.close();
    }
    awaitAccepted("127.0.0.1");
  }

  @Test
  void memoryOfAllAssociations() throws Exception {
    long one = config().build().associationBytes();
    start(config().maxMemoryBytes(2 * one));
    try (RawPeer first = RawPeer.associated(server.port());
        RawPeer second = RawPeer.associated(server.port())) {
      assertEquals(TEMPORARY_CONGESTION, answerTo("127.0.0.1"));
      first.send(new Pdu.ReleaseRq());
      assertEquals(new Pdu.ReleaseRp(), first.read());
      first.close();
      awaitAccepted("127.0.0.1");
      assertFalse(second.socket.isClosed());
    }
    assertThrows(IllegalArgumentException.class, () -> config().maxMemoryBytes(one - 1).build());
  }

  @Test
  void addressesThatAreNotAllowed() throws Exception {
    start(config().callingAddresses(List.of(AddressBlock.parse("10.0.0.0/8"), AddressBlock.parse("127.0.0.2"))));
    assertEquals(CALLING_AE_NOT_RECOGNIZED, answerTo("127.0.0.1"));
    assertInstanceOf(Pdu.AssociateAc.class, answerTo("127.0.0.2"));
  }

  @Test
  void sizeOfACommand() throws Exception {
    start(config().maxCommandBytes(2048));
    CommandSet command = RawPeer.echoRequest().put(Tag.MoveDestination, "x".repeat(1800));
    try (RawPeer peer = RawPeer.associated(server.port())) {
      peer.sendCommand(RawPeer.ECHO, command);
      assertEquals(CommandSet.C_ECHO_RSP, peer.readCommand().field());
      peer.sendCommand(RawPeer.ECHO, command.put(Tag.MoveDestination, "x".repeat(2048)));
      assertEquals(new Pdu.Abort(0, 0), peer.read());
    }
    awaitAccepted("127.0.0.1");
  }

  @Test
  void timeOfARequestWhosePartsAllComeInTime() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    start(config().clock(now::get).dataTimeout(Duration.ofHours(1)).requestTimeout(Duration.ofHours(5)));
    try (RawPeer peer = RawPeer.associated(server.port())) {
      peer.sendCommand(RawPeer.CT, RawPeer.storeRequest(Uid.CTImageStorage, "1.2.3"));
      CompletableFuture<Pdu> answer =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return peer.read();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      Instant deadline = Instant.now().plusSeconds(20);
      while (!answer.isDone()) {
        assertTrue(Instant.now().isBefore(deadline), "the server reads on");
        try {
          peer.send(RawPeer.data(RawPeer.CT, false, false, new byte[10]));
        } catch (IOException e) {
          // The server has ended it.
        }
        now.updateAndGet(instant -> instant.plus(Duration.ofMinutes(1)));
      }
      assertEquals(new Pdu.Abort(0, 0), answer.get(20, TimeUnit.SECONDS));
      assertTrue(now.get().isAfter(Instant.EPOCH.plus(Duration.ofHours(5))), now.get().toString());
    }
    awaitAccepted("127.0.0.1");
  }

  @Test
  void settingsThatCannotBe() {
    for (ServerConfig.Builder wrong :
        List.of(
            config().maxAssociationsPerPeer(0),
            config().waitingConnections(1),
            config().maxCommandBytes(10),
            config().maxCommandBytes(1 << 30),
            config().requestTimeout(Duration.ZERO),
            config().maxOperations(0),
            config().maxOperations(70_000),
            config().reportRetries(List.of(Duration.ofSeconds(-1))))) {
      assertThrows(IllegalArgumentException.class, wrong::build);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.0.0/16, 10.1.255.3, true",
    "10.1.0.0/16, 10.2.0.0, false",
    "10.1.2.3, 10.1.2.3, true",
    "10.1.2.3, 10.1.2.2, false",
    "0.0.0.0/0, 192.168.1.1, true",
    "0.0.0.0/0, ::1, false",
    "192.168.1.128/25, 192.168.1.127, false",
    "192.168.1.128/25, 192.168.1.200, true",
    "2001:db8::/33, 2001:db8:7fff::1, true",
    "2001:db8::/33, 2001:db8:8000::1, false",
    "::1, ::1, true"
  })
  void addressBlocks(String block, String address, boolean contained) throws Exception {
    assertEquals(contained, AddressBlock.parse(block).contains(InetAddress.getByName(address)));
    assertEquals(AddressBlock.parse(block), AddressBlock.parse(AddressBlock.parse(block).toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "host", "host/8", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "::/129", "1.2.3", "10.0.0.300"})
  void textThatIsNoAddressBlock(String text) {
    assertThrows(IllegalArgumentException.class, () -> AddressBlock.parse(text));
  }
}
