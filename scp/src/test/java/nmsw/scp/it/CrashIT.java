package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreHandler;
import nmsw.dicom.net.StoreRequest;
import nmsw.volume.SliceStack;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The node is killed with SIGKILL again and again while several associations send to it. In the end every object that
 * it acknowledged is in its spool byte for byte, and every series has one result at the peer, made of all its objects.
 *
 * <p>{@code -Dcrash.kills=100} kills it more often than the usual {@value #KILLS} times.
 */
class CrashIT {
  private static final int KILLS = 5;
  private static final int SENDERS = 3;
  private static final int SLICES = 20;
  private static final int UNANSWERED = 8;
  private static final Duration LIMIT = Duration.ofMinutes(4);

  /** Where in a series' way the node is killed: when its log says this, or, where empty, while objects come in. */
  private static final List<String> MOMENTS = List.of("", "READY", "SEGMENTING", "RETURNING", "accepted by");

  @TempDir static Path shared;
  @TempDir Path folder;

  private static List<Path> slices;

  private final Map<String, byte[]> acknowledged = new ConcurrentHashMap<>();
  private final Set<String> sent = ConcurrentHashMap.newKeySet();
  private final Pacs pacs = new Pacs();
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger acknowledgements = new AtomicInteger();
  private final AtomicBoolean enough = new AtomicBoolean();
  private final int port = Peers.freePort();

  @BeforeAll
  static void series() throws IOException {
    SliceStack stack = AbdomenPhantom.standardStack(64, 64, SLICES, 6.8, 6.8, 10);
    slices = PhantomSeries.write(shared, new AbdomenPhantom(1), stack, 1);
  }

  /** The results that a peer accepted: by series, then by SOP Instance UID, the data sets that came. */
  private static final class Pacs implements StoreHandler {
    final Map<String, Map<String, List<byte[]>>> results = new ConcurrentHashMap<>();

    @Override
    public Status store(StoreRequest request, InputStream dataset) throws IOException {
      byte[] bytes = dataset.readAllBytes();
      String series = referenced(parse(bytes)).requireString(Tag.SeriesInstanceUID);
      results
          .computeIfAbsent(series, uid -> new ConcurrentHashMap<>())
          .computeIfAbsent(request.sopInstanceUid(), uid -> new CopyOnWriteArrayList<>())
          .add(bytes);
      return Status.SUCCESS;
    }
  }

  @ParameterizedTest(name = "database deleted before each restart: {0}")
  @ValueSource(booleans = {false, true})
  void nothingAcknowledgedIsLostAndEverySeriesIsAnsweredOnce(boolean withoutDatabase) throws Exception {
    int kills = Integer.getInteger("crash.kills", KILLS);
    Random random = new Random(kills);
    Map<String, Integer> moments = new TreeMap<>();
    List<Thread> senders = new ArrayList<>();
    try (DicomServer peer =
        DicomServer.start(ServerConfig.builder().bindAddress("127.0.0.1").port(0).build(), pacs)) {
      ServeProcess node = start(peer.port());
      for (int i = 0; i < SENDERS; i++) {
        Thread sender = new Thread(this::keepSending, "sender-" + i);
        sender.start();
        senders.add(sender);
      }
      try {
        for (int i = 0; i < kills; i++) {
          String moment = MOMENTS.get(i % MOMENTS.size());
          reach(node, moment, random);
          node.kill();
          moments.merge(moment.isEmpty() ? "receiving" : moment, 1, Integer::sum);
          if (withoutDatabase) {
            deleteDatabase();
          }
          node = start(peer.port());
        }
        enough.set(true);
        for (Thread sender : senders) {
          sender.join(LIMIT.toMillis());
          assertFalse(sender.isAlive(), "a sender does not end");
        }
        Peers.await(
            LIMIT, "a result of each of " + sent.size() + " series", () -> pacs.results.size() == sent.size());
      } finally {
        enough.set(true);
        node.close();
      }
    }
    requireEveryObject();
    requireOneResultEach();
    long again = pacs.results.values().stream().flatMap(r -> r.values().stream()).filter(r -> r.size() > 1).count();
    System.out.printf(
        "killed %d times %s; %d series, %d objects acknowledged, all there; %d results, %d of them delivered more than once%n",
        kills, moments, sent.size(), acknowledged.size(), pacs.results.size(), again);
    assertTrue(sent.size() > kills, "only " + sent.size() + " series were sent");
  }

  private ServeProcess start(int peer) throws IOException {
    // It is killed more often than a series could be to blame for.
    String more = "  maxWait: 10s\nwork: {attempts: 100, firstRetry: 1s, maxRetry: 5s}\n";
    return new ServeProcess(folder, port, peer, "abdomen-phantom", more);
  }

  /** Waits for a moment in the way of some series, or in the middle of an association, and a little longer. */
  private void reach(ServeProcess node, String moment, Random random) throws InterruptedException {
    int more = 1 + random.nextInt(2 * SENDERS * SLICES);
    int before = acknowledgements.get();
    int answered = pacs.results.size();
    // Where nothing more is sent because too little was answered, an answer is waited for: else it would be killed again and
    // again over the same few series.
    Peers.await(
        LIMIT,
        "objects to be acknowledged",
        () -> acknowledgements.get() >= before + more || stalled() && pacs.results.size() > answered);
    if (!moment.isEmpty()) {
      node.awaitLog(LIMIT, "series .* " + moment);
    }
    // Where exactly it is killed is left to chance; it must not matter.
    TimeUnit.MILLISECONDS.sleep(random.nextInt(400));
  }

  /** Sends one series after the other; what is not acknowledged is sent again on a new association. */
  private void keepSending() {
    while (!enough.get()) {
      if (stalled()) {
        pause();
      } else {
        sendSeries("" + next.incrementAndGet());
      }
    }
  }

  /** So many series are on their way that the node could not answer them in time. */
  private boolean stalled() {
    return next.get() - pacs.results.size() >= UNANSWERED;
  }

  private void sendSeries(String name) {
    try {
      List<Dataset> objects = new ArrayList<>();
      for (Path slice : slices) {
        objects.add(renamed(DicomReader.read(slice).dataset(), name));
      }
      sent.add(objects.get(0).requireString(Tag.SeriesInstanceUID));
      while (!objects.isEmpty()) {
        send(objects);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A copy under UIDs of its own. */
  private static Dataset renamed(Dataset slice, String name) throws IOException {
    Dataset copy = slice.copy();
    for (int tag : List.of(Tag.StudyInstanceUID, Tag.SeriesInstanceUID, Tag.SOPInstanceUID)) {
      copy.putString(tag, Uid.derived("crash", name, slice.requireString(tag)));
    }
    return copy;
  }

  /** One association; takes out what is acknowledged. */
  private void send(List<Dataset> objects) throws IOException {
    ProposedContext context = ProposedContext.of(Uid.CTImageStorage, TransferSyntax.EXPLICIT_LE);
    RemoteAe node = new RemoteAe("NMSW", "127.0.0.1", port);
    try (DicomClient client = DicomClient.connect(node, "MODALITY", List.of(context), ClientConfig.defaults())) {
      while (!objects.isEmpty() && client.store(objects.get(0), TransferSyntax.EXPLICIT_LE).isSuccess()) {
        Dataset object = objects.remove(0);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DicomWriter.writeDataset(bytes, object, TransferSyntax.EXPLICIT_LE);
        acknowledged.put(object.requireString(Tag.SOPInstanceUID), bytes.toByteArray());
        acknowledgements.incrementAndGet();
      }
    } catch (IOException nodeIsDown) {
      pause();
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private void deleteDatabase() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder.resolve("data"))) {
      files = all.filter(file -> file.getFileName().toString().startsWith("nmsw.")).toList();
    }
    assertFalse(files.isEmpty(), "no database in " + folder.resolve("data"));
    for (Path file : files) {
      Files.delete(file);
    }
  }

  private void requireEveryObject() throws IOException {
    Map<String, byte[]> spooled = new HashMap<>();
    for (Path file : Peers.files(folder.resolve("data").resolve("spool"))) {
      if (file.toString().endsWith(".dcm")) {
        spooled.put(DicomReader.read(file).dataset().requireString(Tag.SOPInstanceUID), Files.readAllBytes(file));
      }
    }
    assertEquals(acknowledged.keySet(), spooled.keySet());
    acknowledged.forEach(
        (uid, expected) -> {
          byte[] file = spooled.get(uid);
          byte[] dataset = Arrays.copyOfRange(file, file.length - expected.length, file.length);
          assertArrayEquals(expected, dataset, "object " + uid);
        });
  }

  private void requireOneResultEach() throws IOException {
    assertEquals(sent, pacs.results.keySet());
    for (Map.Entry<String, Map<String, List<byte[]>>> series : pacs.results.entrySet()) {
      assertEquals(1, series.getValue().size(), "results of series " + series.getKey());
      List<byte[]> deliveries = series.getValue().values().iterator().next();
      Dataset referenced = referenced(parse(deliveries.get(0)));
      assertEquals(SLICES, referenced.items(Tag.ReferencedInstanceSequence).size(), "slices of " + series.getKey());
      for (byte[] again : deliveries) {
        assertArrayEquals(deliveries.get(0), again, "result of series " + series.getKey() + ", delivered again");
      }
    }
  }

  private static Dataset parse(byte[] dataset) throws IOException {
    return DicomReader.readDataset(
        new ByteArrayInputStream(dataset), TransferSyntax.EXPLICIT_LE, ParseLimits.defaults());
  }

  private static Dataset referenced(Dataset result) {
    return result.items(Tag.ReferencedSeriesSequence).get(0);
  }
}
