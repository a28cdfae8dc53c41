package nmsw.scp.spool;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.VR;
import nmsw.dicom.net.AssociationInfo;
import nmsw.dicom.net.StoreRequest;
import nmsw.scp.Series;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.QuotaConfig;
import nmsw.scp.config.RetentionConfig;
import nmsw.scp.config.StorageConfig;
import nmsw.scp.disk.DurableFiles;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
  private static final StorageConfig LIMITS =
      new StorageConfig(new DataSize(1 << 20), new DataSize(1 << 20));

  @TempDir Path folder;
  private Spool spool;

  @BeforeEach
  void open() throws IOException {
    spool = Spool.open(folder, LIMITS);
  }

  @Test
  void keepsTheBytesAsReceivedBehindOurOwnMetaInformation() throws IOException {
    Dataset slice = Series.slice(Series.UID, 0);
    Spool.Received received = spool.receive(Series.request(slice), Series.stream(slice));

    Path file = spool.objects(Series.UID).get(0);
    byte[] stored = Files.readAllBytes(file);
    assertEquals(new Spool.Received(Series.UID, ObjectOutcome.NEW, stored.length), received);
    byte[] sent = Series.bytes(slice);
    assertArrayEquals(sent, Arrays.copyOfRange(stored, stored.length - sent.length, stored.length));
    assertEquals(
        slice.string(Tag.SOPInstanceUID),
        DicomReader.read(file).meta().string(Tag.MediaStorageSOPInstanceUID));
  }

  @Test
  void theSameObjectAgainChangesNothing() throws IOException {
    Dataset slice = Series.slice(Series.UID, 0);
    spool.receive(Series.request(slice), Series.stream(slice));
    List<Path> before = files();

    assertEquals(
        ObjectOutcome.DUPLICATE, spool.receive(Series.request(slice), Series.stream(slice)).outcome());
    assertEquals(before, files());
  }

  @Test
  void anotherObjectWithTheSameUidIsKeptAsideOnceAndNotUsed() throws IOException {
    Dataset slice = Series.slice(Series.UID, 0);
    spool.receive(Series.request(slice), Series.stream(slice));
    byte[] first = Files.readAllBytes(spool.objects(Series.UID).get(0));
    Dataset other = slice.copy().putString(Tag.SeriesDescription, "another");

    for (int i = 0; i < 2; i++) {
      assertEquals(
          ObjectOutcome.CONFLICT, spool.receive(Series.request(other), Series.stream(other)).outcome());
    }
    assertEquals(1, spool.objects(Series.UID).size());
    assertArrayEquals(first, Files.readAllBytes(spool.objects(Series.UID).get(0)));
    assertEquals(1, files().stream().filter(f -> f.toString().endsWith(".conflict")).count());
  }

  /** A sender that negotiates another transfer syntax the next time sends the same object. */
  @Test
  void theSameDataSetInAnotherUncompressedTransferSyntaxIsADuplicate() throws IOException {
    Dataset slice = Series.slice(Series.UID, 0).putBytes(0x00091010, VR.LO, "private ".getBytes(US_ASCII));
    spool.receive(Series.request(slice), Series.stream(slice));
    List<Path> before = files();
    for (TransferSyntax syntax : List.of(TransferSyntax.IMPLICIT_LE, TransferSyntax.EXPLICIT_BE)) {
      assertEquals(ObjectOutcome.DUPLICATE, receive(slice, syntax), syntax.toString());
      assertEquals(before, files());
    }
    assertEquals(
        ObjectOutcome.CONFLICT,
        receive(slice.copy().putString(Tag.SeriesDescription, "another"), TransferSyntax.IMPLICIT_LE));
  }

  private ObjectOutcome receive(Dataset slice, TransferSyntax syntax) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DicomWriter.writeDataset(bytes, slice, syntax);
    StoreRequest explicit = Series.request(slice);
    StoreRequest request =
        new StoreRequest(explicit.association(), explicit.sopClassUid(), explicit.sopInstanceUid(), syntax);
    return spool.receive(request, new ByteArrayInputStream(bytes.toByteArray())).outcome();
  }

  /** Whoever is told success finds the object there, in whatever order many senders come, and each is stored once. */
  @Test
  void manyAtOnceAreStoredOnceEach() throws Exception {
    int senders = 8;
    List<Dataset> slices = new ArrayList<>(Series.ct(40));
    slices.addAll(Series.ct("1.2.3", 40));
    List<CompletableFuture<List<ObjectOutcome>>> all = new ArrayList<>();
    for (int i = 0; i < senders; i++) {
      List<Dataset> own = new ArrayList<>(slices);
      Collections.shuffle(own, new Random(i));
      all.add(CompletableFuture.supplyAsync(() -> receive(own), task -> new Thread(task).start()));
    }
    Map<ObjectOutcome, Integer> outcomes = new EnumMap<>(ObjectOutcome.class);
    for (CompletableFuture<List<ObjectOutcome>> each : all) {
      each.get(60, TimeUnit.SECONDS).forEach(outcome -> outcomes.merge(outcome, 1, Integer::sum));
    }
    assertEquals(Map.of(ObjectOutcome.NEW, 80, ObjectOutcome.DUPLICATE, 7 * 80), outcomes);
    assertEquals(82, files().size(), "objects, and a description of each series");
    long properties = 0;
    for (Path file : files()) {
      properties += file.endsWith("series.properties") ? Files.size(file) : 0;
    }
    long objects = spool.space().used();
    assertEquals(spool.series().stream().mapToLong(Spool.SpooledSeries::bytes).sum() - properties, objects);
  }

  private List<ObjectOutcome> receive(List<Dataset> slices) {
    List<ObjectOutcome> outcomes = new ArrayList<>();
    for (Dataset slice : slices) {
      try {
        Spool.Received received = spool.receive(Series.request(slice), Series.stream(slice));
        Path name = Path.of(DurableFiles.nameFor(slice.requireString(Tag.SOPInstanceUID)) + ".dcm");
        assertTrue(spool.objects(received.seriesUid()).stream().anyMatch(file -> file.endsWith(name)));
        outcomes.add(received.outcome());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return outcomes;
  }

  @Test
  void aDiskThatFillsInTheMiddleOfAnObjectLeavesNothingOfIt() throws IOException {
    AtomicLong free = new AtomicLong(LIMITS.diskReserve().bytes() + (600 << 10));
    Spool filling = Spool.open(folder, LIMITS, free::get);
    Dataset slice = Series.slice(Series.UID, 0).putBytes(Tag.PixelData, VR.OW, new byte[700 << 10]);
    InputStream bytes =
        new FilterInputStream(Series.stream(slice)) {
          @Override
          public int read(byte[] into, int offset, int length) throws IOException {
            int n = super.read(into, offset, length);
            free.addAndGet(-Math.max(0, n));
            return n;
          }
        };
    DicomException refusal =
        assertThrows(DicomException.class, () -> filling.receive(Series.request(slice), bytes));
    assertEquals(0xA700, refusal.status().orElseThrow());
    assertTrue(free.get() >= LIMITS.diskReserve().bytes() - (64 << 10), "it goes no further than a buffer");
    assertEquals(List.of(), files());

    free.set(LIMITS.diskReserve().bytes() + (800 << 10));
    assertEquals(ObjectOutcome.NEW, filling.receive(Series.request(slice), Series.stream(slice)).outcome());
  }

  @Test
  void whatASenderMayNotSendForItsQuotaOthersMay() throws IOException {
    QuotaConfig quota = new QuotaConfig(Optional.empty(), Optional.of(new DataSize(256 << 10)), Map.of());
    StorageConfig storage = new StorageConfig(new DataSize(0), new DataSize(1 << 20), quota, RetentionConfig.DEFAULT);
    Spool limited = Spool.open(folder, storage);
    Dataset slice = Series.slice(Series.UID, 0);
    limited.receive(Series.request(slice), Series.stream(slice));
    List<StoreRequest> requests = new ArrayList<>();
    for (String sender : List.of("CT1", "CT2")) {
      Dataset large = Series.slice("1.2.3." + sender.charAt(2), 0).putBytes(Tag.PixelData, VR.OW, new byte[254 << 10]);
      StoreRequest request = Series.request(large);
      AssociationInfo association = new AssociationInfo(7, sender, "NMSW", "127.0.0.1");
      requests.add(
          new StoreRequest(association, request.sopClassUid(), request.sopInstanceUid(), request.transferSyntax()));
      if (sender.equals("CT1")) {
        DicomException refusal =
            assertThrows(DicomException.class, () -> limited.receive(requests.get(0), Series.stream(large)));
        assertEquals(0xA700, refusal.status().orElseThrow());
        assertTrue(refusal.getMessage().contains("CT1"), refusal.getMessage());
      } else {
        assertEquals(ObjectOutcome.NEW, limited.receive(requests.get(1), Series.stream(large)).outcome());
      }
    }
    // What a restart finds is counted too.
    Spool reopened = Spool.open(folder, storage);
    Dataset more = Series.slice("1.2.4", 0).putBytes(Tag.PixelData, VR.OW, new byte[100 << 10]);
    StoreRequest second = Series.request(more);
    AssociationInfo full = requests.get(1).association();
    assertThrows(
        DicomException.class,
        () ->
            reopened.receive(
                new StoreRequest(full, second.sopClassUid(), second.sopInstanceUid(), second.transferSyntax()),
                Series.stream(more)));
  }

  @Test
  void belowTheReserveNothingIsTaken() throws IOException {
    Spool full = Spool.open(folder, LIMITS, () -> LIMITS.diskReserve().bytes() - 1);
    Dataset slice = Series.slice(Series.UID, 0);
    DicomException refusal =
        assertThrows(
            DicomException.class, () -> full.receive(Series.request(slice), Series.stream(slice)));
    assertEquals(0xA700, refusal.status().orElseThrow());
    assertEquals(List.of(), full.objects(Series.UID));
  }

  @Test
  void badObjectsAreRefusedWithTheirStatusAndLeaveNothing() {
    Dataset slice = Series.slice(Series.UID, 0);
    byte[] bytes = Series.bytes(slice);
    assertRefused(0xC000, slice, Arrays.copyOf(bytes, bytes.length - 100));
    assertRefused(0xC000, slice, Arrays.copyOf(bytes, 200));
    assertRefused(0xC000, slice, "GET / HTTP/1.1\r\n\r\n".getBytes());
    assertRefused(0xC000, slice, new byte[0]);
    assertRefused(0xA700, slice, new byte[2 << 20]);
    assertRefused(0xC000, slice, Series.bytes(slice.copy().remove(Tag.SeriesInstanceUID)));
    assertRefused(0xC000, slice, Series.bytes(slice.copy().putString(Tag.SeriesInstanceUID, "../../etc")));
    assertRefused(0xA900, slice, Series.bytes(Series.slice(Series.UID, 1)));
  }

  private void assertRefused(int status, Dataset announced, byte[] sent) {
    DicomException refusal =
        assertThrows(
            DicomException.class,
            () -> spool.receive(Series.request(announced), new ByteArrayInputStream(sent)));
    assertEquals(status, refusal.status().orElseThrow(), refusal.getMessage());
    assertEquals(List.of(), files());
  }

  @Test
  void aSenderThatGoesAwayLeavesNothing() {
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("connection reset");
          }
        };
    Dataset slice = Series.slice(Series.UID, 0);
    assertThrows(IOException.class, () -> spool.receive(Series.request(slice), broken));
    assertEquals(List.of(), files());
  }

  @Test
  void aHostileUidNeverBecomesAPath() throws IOException {
    Dataset slice = Series.slice(Series.UID, 0).putString(Tag.SOPInstanceUID, "../../../escaped");
    StoreRequest request =
        new StoreRequest(
            Series.association(1),
            slice.string(Tag.SOPClassUID).orElseThrow(),
            "../../../escaped",
            TransferSyntax.EXPLICIT_LE);
    try {
      spool.receive(request, Series.stream(slice));
    } catch (DicomException refused) {
      assertEquals(0xC000, refused.status().orElseThrow());
    }
    for (Path file : files()) {
      String name = file.getFileName().toString();
      assertTrue(name.matches("[0-9a-f]{40}\\.dcm|series\\.properties"), name);
    }
  }

  @Test
  void whatIsThereIsFoundAgainAndHalfReceivedFilesAreRemoved() throws IOException {
    for (Dataset slice : Series.ct(3)) {
      spool.receive(Series.request(slice), Series.stream(slice));
    }
    Files.writeString(folder.resolve("incoming").resolve("1.part"), "half");

    Spool reopened = Spool.open(folder, LIMITS);
    Spool.SpooledSeries found = reopened.series().get(0);
    assertEquals(Series.UID, found.seriesUid());
    assertEquals("CT1", found.callingAe());
    assertEquals("NMSW", found.calledAe());
    assertEquals(3, found.objects());
    assertEquals(4, files().size());
  }

  @Test
  void whatAnotherNodeIsReceivingIsLeftAlone() throws IOException {
    Spool.open(folder, "other", LIMITS);
    Path half = Files.writeString(folder.resolve("incoming/other/1.part"), "half");
    Spool.open(folder, "node", LIMITS);
    assertTrue(Files.exists(half));
    Spool.open(folder, "other", LIMITS);
    assertFalse(Files.exists(half));
  }

  /** Each of them says success, so what each of them brought must be there; and what was there first stays. */
  @Test
  void ofDifferentObjectsWithOneUidThatComeToTwoNodesAtOnceTheFirstIsKeptAndTheOthersAside() throws Exception {
    List<Spool> nodes = List.of(Spool.open(folder, "a", LIMITS), Spool.open(folder, "b", LIMITS));
    int senders = 8;
    ExecutorService threads = Executors.newFixedThreadPool(senders);
    try {
      CyclicBarrier start = new CyclicBarrier(senders);
      for (int round = 0; round < 40; round++) {
        Dataset slice = Series.slice(Series.UID, round);
        List<Future<ObjectOutcome>> outcomes = new ArrayList<>();
        List<byte[]> contents = new ArrayList<>();
        for (int i = 0; i < senders; i++) {
          Spool node = nodes.get(i % 2);
          // Each content comes twice, once to each node.
          Dataset sent = slice.copy().putString(Tag.SeriesDescription, "variant " + i / 2);
          contents.add(Series.bytes(sent));
          outcomes.add(
              threads.submit(
                  () -> {
                    start.await();
                    return node.receive(Series.request(sent), Series.stream(sent)).outcome();
                  }));
        }
        Map<ObjectOutcome, Integer> counted = new EnumMap<>(ObjectOutcome.class);
        int first = -1;
        for (int i = 0; i < senders; i++) {
          ObjectOutcome outcome = outcomes.get(i).get(60, TimeUnit.SECONDS);
          counted.merge(outcome, 1, Integer::sum);
          first = outcome == ObjectOutcome.NEW ? i : first;
        }
        assertEquals(
            Map.of(ObjectOutcome.NEW, 1, ObjectOutcome.DUPLICATE, 1, ObjectOutcome.CONFLICT, senders - 2), counted);
        String name = DurableFiles.nameFor(slice.requireString(Tag.SOPInstanceUID)) + ".dcm";
        List<Path> all =
            files().stream().filter(file -> file.getFileName().toString().startsWith(name)).toList();
        assertEquals(senders / 2, all.size(), "each content once");
        assertArrayEquals(contents.get(first), tail(all.get(0), contents.get(first).length));
        assertTrue(all.get(0).endsWith(name), "what was first has the name");
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(40, nodes.get(0).objects(Series.UID).size());
    long used = nodes.stream().mapToLong(node -> node.space().used()).sum();
    nodes.get(0).recount();
    Path properties = files().stream().filter(file -> file.endsWith("series.properties")).findFirst().orElseThrow();
    assertEquals(nodes.get(0).space().used() - Files.size(properties), used, "each file is counted by one node");
  }

  private static byte[] tail(Path file, int length) throws IOException {
    byte[] all = Files.readAllBytes(file);
    return Arrays.copyOfRange(all, all.length - length, all.length);
  }

  /** What a power loss leaves at each step of an object's way to its name; none was acknowledged then. */
  @Test
  void wherePowerIsLostOnTheWayToTheNameTheObjectIsThereOnceOrNotAtAll() throws IOException {
    Dataset slice = Series.slice(Series.UID, 0);
    spool.receive(Series.request(slice), Series.stream(slice));
    Path named = spool.objects(Series.UID).get(0);
    long bytes = Files.size(named);
    Path temporary = folder.resolve("incoming/node/1.part");

    // Linked, and the temporary name not removed yet.
    Files.createLink(temporary, named);
    spool = Spool.open(folder, LIMITS);
    assertFalse(Files.exists(temporary));
    assertEquals(List.of(named), spool.objects(Series.UID));
    assertEquals(bytes, Files.size(named));
    assertEquals(ObjectOutcome.DUPLICATE, spool.receive(Series.request(slice), Series.stream(slice)).outcome());

    // Forced, and not linked: as if it had never come. The folder and its description may be there already.
    Files.move(named, temporary);
    spool = Spool.open(folder, LIMITS);
    assertFalse(Files.exists(temporary));
    assertEquals(List.of(), spool.series());
    assertEquals(ObjectOutcome.NEW, spool.receive(Series.request(slice), Series.stream(slice)).outcome());

    // Kept aside, and the sender not told: it sends it again, and it is kept once.
    Dataset other = slice.copy().putString(Tag.SeriesDescription, "another");
    spool.receive(Series.request(other), Series.stream(other));
    spool = Spool.open(folder, LIMITS);
    List<Path> before = files();
    assertEquals(ObjectOutcome.CONFLICT, spool.receive(Series.request(other), Series.stream(other)).outcome());
    assertEquals(before, files());
    assertEquals(3, files().size(), "the object, the one aside, the description");
  }

  private List<Path> files() {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
