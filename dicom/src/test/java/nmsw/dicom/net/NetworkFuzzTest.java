package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Conversations that begin as good ones and go wrong: bytes and lengths of PDUs and their items altered, presentation
 * contexts that were not agreed on, PDUs left out, doubled, exchanged, cut short or invented. After each a good C-ECHO is
 * answered within a second, and at the end no thread and no socket is left.
 *
 * <p>{@code -Dnmsw.fuzz.seconds} makes it longer, {@code -Dnmsw.fuzz.seed} repeats the conversations that a failure names.
 */
@Timeout(4000)
class NetworkFuzzTest {
  private static final int SECONDS = Integer.getInteger("nmsw.fuzz.seconds", 5);
  private static final long FIRST_SEED = Long.getLong("nmsw.fuzz.seed", 1);
  private static final Duration LATEST_ANSWER = Duration.ofSeconds(1);

  /** No stop of the machine is as long. */
  private static final Duration STALLED = Duration.ofSeconds(5);

  /**
   * A machine that does other things as well may stop for a moment, but not each time; a server that waits for something after
   * a conversation does so each time.
   */
  private static final int TRIES = 3;

  private static final int MAX_READ = 1 << 20;
  private static final CommitmentReport NO_REPORT = new CommitmentReport("2.25.1", List.of(), List.of());

  private final AtomicInteger stored = new AtomicInteger();
  private int late;

  private static List<Pdu> goodConversation(Random random) throws IOException {
    List<Pdu> pdus = new ArrayList<>();
    Pdu.AssociateRq plain = RawPeer.request("NODE", "TEST");
    List<Pdu.PresentationContext> contexts = new ArrayList<>(plain.contexts());
    contexts.add(
        new Pdu.PresentationContext(7, Uid.StorageCommitmentPushModel, List.of(Uid.ExplicitVRLittleEndian)));
    pdus.add(
        new Pdu.AssociateRq(
            1,
            "NODE",
            "TEST",
            Pdu.APPLICATION_CONTEXT,
            contexts,
            List.of(
                new Pdu.UserItem.MaximumLength(16384),
                new Pdu.UserItem.ImplementationClass("1.2.3"),
                new Pdu.UserItem.AsynchronousOperations(4, 4),
                new Pdu.UserItem.RoleSelection(Uid.StorageCommitmentPushModel, true, true),
                new Pdu.UserItem.Extended(Uid.CTImageStorage, ByteBuffer.wrap(new byte[6])),
                new Pdu.UserItem.Identity(2, true, ByteBuffer.wrap(new byte[3]), ByteBuffer.wrap(new byte[4])),
                new Pdu.UserItem.ImplementationVersion("FUZZ"))));
    int operations = 1 + random.nextInt(4);
    for (int i = 0; i < operations; i++) {
      switch (random.nextInt(4)) {
        case 0 -> pdus.add(RawPeer.data(RawPeer.ECHO, true, true, RawPeer.echoRequest().encode()));
        case 1 -> {
          SopReference reference = new SopReference(Uid.CTImageStorage, "1.2.3." + i);
          pdus.add(RawPeer.data(7, true, true, StorageCommitment.action(i).encode()));
          ByteArrayOutputStream bytes = new ByteArrayOutputStream();
          DicomWriter.writeDataset(
              bytes, StorageCommitment.request("2.25." + i, List.of(reference)), TransferSyntax.EXPLICIT_LE);
          pdus.add(RawPeer.data(7, false, true, bytes.toByteArray()));
        }
        default -> {
          pdus.add(
              RawPeer.data(
                  RawPeer.CT, true, true, RawPeer.storeRequest(Uid.CTImageStorage, "1.2.3." + i).encode()));
          int fragments = 1 + random.nextInt(3);
          for (int k = 0; k < fragments; k++) {
            pdus.add(RawPeer.data(RawPeer.CT, false, k == fragments - 1, new byte[2 * random.nextInt(3000)]));
          }
        }
      }
    }
    pdus.add(new Pdu.ReleaseRq());
    return pdus;
  }

  private static byte[] encode(Pdu pdu) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PduEncoder.write(pdu, bytes);
    return bytes.toByteArray();
  }

  /** One to three things are done to a good conversation. */
  private static List<byte[]> spoiled(Random random) throws IOException {
    List<byte[]> sent = new ArrayList<>();
    for (Pdu pdu : goodConversation(random)) {
      sent.add(encode(pdu));
    }
    int faults = 1 + random.nextInt(3);
    for (int i = 0; i < faults; i++) {
      spoil(sent, random);
    }
    return sent;
  }

  private static void spoil(List<byte[]> sent, Random random) throws IOException {
    int at = random.nextInt(sent.size());
    if (random.nextBoolean() || sent.get(at).length < 12) {
      reorder(sent, at, random);
    } else {
      alter(sent.get(at), random);
    }
  }

  /** Something is left out, cut short, sent twice, in another's place, or was never asked for. */
  private static void reorder(List<byte[]> sent, int at, Random random) throws IOException {
    switch (random.nextInt(6)) {
      case 0 -> sent.set(at, new byte[0]);
      case 1 -> sent.set(at, Arrays.copyOf(sent.get(at), random.nextInt(1 + sent.get(at).length)));
      case 2 -> sent.add(at, sent.get(at).clone());
      case 3 -> Collections.swap(sent, at, random.nextInt(sent.size()));
      case 4 -> {
        List<Pdu> others =
            List.of(
                new Pdu.ReleaseRp(),
                new Pdu.ReleaseRq(),
                new Pdu.AssociateRj(1, 1, 1),
                new Pdu.Abort(0, 0),
                new Pdu.AssociateAc(1, "NODE", "TEST", Pdu.APPLICATION_CONTEXT, List.of(), List.of()),
                RawPeer.request("NODE", "TEST"),
                RawPeer.data(7, true, true, StorageCommitment.event(1, NO_REPORT).encode()),
                RawPeer.data(1, true, true, new CommandSet(0x8100).put(Tag.MessageIDBeingRespondedTo, 1).encode()));
        sent.add(at, encode(others.get(random.nextInt(others.size()))));
      }
      default -> {
        byte[] noise = new byte[random.nextInt(200)];
        random.nextBytes(noise);
        sent.add(at, noise);
      }
    }
  }

  private static void alter(byte[] pdu, Random random) {
    boolean data = pdu[0] == Pdu.DATA_TF;
    switch (random.nextInt(6)) {
      case 0 -> pdu[random.nextInt(pdu.length)] = (byte) random.nextInt();
      case 1 -> pdu[random.nextInt(pdu.length)] ^= (byte) (1 << random.nextInt(8));
      case 2 -> {
        int length = random.nextBoolean() ? random.nextInt() : pdu.length - 10 + random.nextInt(9);
        ByteBuffer.wrap(pdu).putInt(2, length);
      }
      case 3 -> alterItemLength(pdu, random);
      case 4 -> pdu[data ? 10 : 1] = (byte) random.nextInt(12);
      default -> pdu[data ? 11 : 7] = (byte) random.nextInt(4);
    }
  }

  /** Changes two bytes where an item of A-ASSOCIATE, or anywhere an element of a command set, has its length. */
  private static void alterItemLength(byte[] pdu, Random random) {
    if (pdu.length < 80) {
      return;
    }
    int offset = pdu[0] == Pdu.ASSOCIATE_RQ ? 74 : 12;
    int steps = random.nextInt(12);
    ByteBuffer buffer = ByteBuffer.wrap(pdu);
    for (int i = 0; i < steps && pdu[0] == Pdu.ASSOCIATE_RQ; i++) {
      int length = buffer.getShort(offset + 2) & 0xFFFF;
      boolean inside = pdu[offset] == 0x50 && random.nextBoolean();
      int next = inside ? offset + 4 : offset + 4 + length;
      if (next + 4 > pdu.length) {
        break;
      }
      offset = next;
    }
    buffer.putShort(offset + 2, (short) (random.nextBoolean() ? random.nextInt() : random.nextInt(20)));
  }

  /** Says all of it, whether it is answered or not, and hangs up, or waits to be hung up on. */
  private static void converse(int port, List<byte[]> sent, Random random) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(1 + random.nextInt(30));
      for (byte[] part : sent) {
        socket.getOutputStream().write(part);
        if (random.nextInt(4) == 0) {
          readSome(socket);
        }
      }
      if (random.nextBoolean()) {
        socket.shutdownOutput();
        readSome(socket);
      }
    } catch (SocketException e) {
      // The server has closed, as it may.
    }
  }

  private static void readSome(Socket socket) throws IOException {
    byte[] sink = new byte[4096];
    try {
      for (int read = 0; read < MAX_READ; ) {
        int n = socket.getInputStream().read(sink);
        if (n < 0) {
          return;
        }
        read += n;
      }
    } catch (SocketTimeoutException e) {
      // It says nothing more for now.
    }
  }

  /** How long a good C-ECHO takes after a conversation. */
  private static Duration goodEchoAfter(int port, long seed) throws IOException {
    Random random = new Random(seed);
    converse(port, spoiled(random), random);
    long start = System.nanoTime();
    try (RawPeer peer = RawPeer.associated(port)) {
      peer.sendCommand(RawPeer.ECHO, RawPeer.echoRequest());
      assertEquals(0, peer.readCommand().requireInteger(Tag.Status), "after conversation " + seed);
      peer.send(new Pdu.ReleaseRq());
      assertEquals(new Pdu.ReleaseRp(), peer.read(), "after conversation " + seed);
    } catch (IOException e) {
      throw new IOException("no good association after conversation " + seed, e);
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(took.compareTo(STALLED) < 0, "C-ECHO took " + took + " after conversation " + seed);
    return took;
  }

  private void assertServedAfter(int port, long seed) throws IOException {
    Duration took = goodEchoAfter(port, seed);
    late += took.compareTo(LATEST_ANSWER) < 0 ? 0 : 1;
    for (int i = 1; i < TRIES && took.compareTo(LATEST_ANSWER) >= 0; i++) {
      took = goodEchoAfter(port, seed);
    }
    assertTrue(took.compareTo(LATEST_ANSWER) < 0, "C-ECHO takes " + took + " after conversation " + seed);
  }

  @Test
  void serverSurvivesSpoiledConversationsAndLeavesNothing() throws Exception {
    CommitmentProvider provider = request -> CommitmentReport.of(request, object -> true);
    StoreHandler handler =
        (request, dataset) -> {
          dataset.readAllBytes();
          stored.incrementAndGet();
          return Status.SUCCESS;
        };
    ServerConfig config =
        ServerConfig.builder()
            .bindAddress("127.0.0.1")
            .port(0)
            .maxAssociationsPerPeer(32)
            .artimTimeout(Duration.ofMillis(300))
            .idleTimeout(Duration.ofSeconds(2))
            .dataTimeout(Duration.ofSeconds(2))
            .closeTimeout(Duration.ofSeconds(5))
            .build();
    long threadsBefore = ourThreads();
    long socketsBefore = sockets();
    int conversations = 0;
    try (DicomServer server =
        DicomServer.start(config, ServerHandlers.of(handler).withCommitmentProvider(provider))) {
      Instant end = Instant.now().plusSeconds(SECONDS);
      while (Instant.now().isBefore(end)) {
        assertServedAfter(server.port(), FIRST_SEED + conversations++);
      }
    }
    System.out.printf("%d spoiled conversations, %d objects stored in them%n", conversations, stored.get());
    assertTrue(late <= Math.max(1, conversations / 100), late + " first answers took longer than " + LATEST_ANSWER);
    assertTrue(stored.get() > 0, "no conversation went far enough");
    Instant deadline = Instant.now().plusSeconds(20);
    while (ourThreads() > threadsBefore || sockets() > socketsBefore) {
      assertTrue(
          Instant.now().isBefore(deadline),
          () -> ourThreads() - threadsBefore + " threads and sockets " + sockets() + ", before " + socketsBefore);
      Thread.yield();
    }
  }

  private static long ourThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("dicom-"))
        .count();
  }

  /** Sockets that this process holds, as Linux tells. */
  private static long sockets() {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.filter(NetworkFuzzTest::isSocket).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isSocket(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
    } catch (IOException e) {
      // Closed since it was listed.
      return false;
    }
  }
}
