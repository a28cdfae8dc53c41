package nmsw.scp;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DatasetDump;
import nmsw.dicom.PixelEncoder;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.AssociationRejected;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.ClientTls;
import nmsw.dicom.net.CommitmentProvider;
import nmsw.dicom.net.CommitmentReport;
import nmsw.dicom.net.CommitmentRequest;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.ServerHandlers;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.TlsCredentials;
import nmsw.dicom.net.TlsFiles;
import nmsw.scp.config.ConfigException;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.events.NodeListener;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.scp.series.SeriesRecord;
import nmsw.scp.series.SeriesState;
import nmsw.scp.series.Stage;
import nmsw.seg.Segmentation;
import nmsw.seg.SegmentationReader;
import nmsw.segmentation.Deadline;
import nmsw.segmentation.DeviceLost;
import nmsw.volume.Volume;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The whole node with our own client and server as its peers; the network is replaced by a threshold. */
@Timeout(180)
class NodeTest {
  private static final Predicate<SeriesRecord> FINAL = series -> series.state().isFinal();
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final BlockingQueue<Dataset> received = new LinkedBlockingQueue<>();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private VolumeSegmenter.Loader loader = bundle -> new Threshold(bundle.getFileName().toString());
  private DicomServer pacs;
  private Node node;

  @BeforeEach
  void start() throws Exception {
    log.start();
    ((Logger) LoggerFactory.getLogger("nmsw.scp")).addAppender(log);
    Path model = Files.createDirectories(folder.resolve("models").resolve("test"));
    Files.writeString(model.resolve("current"), "1\n");
    pacs =
        DicomServer.start(
            ServerConfig.builder().bindAddress("127.0.0.1").port(0).build(), new Receiver(received));
    node = start("");
  }

  @AfterEach
  void stop() {
    node.close();
    pacs.close();
    ((Logger) LoggerFactory.getLogger("nmsw.scp")).detachAppender(log);
  }

  private Node start(String more, NodeListener... listeners) throws IOException, ConfigException {
    return start(Map.of("pacs", "PACS@127.0.0.1:" + pacs.port()), more, listeners);
  }

  /**
   * A node with one route that gives to all destinations.
   *
   * @param destinations what the configuration says of each, by its name
   */
  private Node start(Map<String, String> destinations, String more, NodeListener... listeners)
      throws IOException, ConfigException {
    return start(destinations, more, yaml -> yaml, listeners);
  }

  private Node start(
      Map<String, String> destinations, String more, UnaryOperator<String> change, NodeListener... listeners)
      throws IOException, ConfigException {
    String described =
        destinations.entrySet().stream().map(d -> d.getKey() + ": " + d.getValue()).collect(joining(", "));
    String yaml =
        """
        aeTitles: [NMSW]
        callingAeTitles: [CT1]
        bind: 127.0.0.1
        port: 0
        dataDirectory: data
        modelsDirectory: models
        destinations: {%s}
        routes:
          - {model: test, destinations: [%s]}
        series: {quiet: 50ms, maxWait: 1s, minSlices: 5}
        storage: {diskReserve: 1MiB}
        delivery: {firstRetry: 100ms, maxRetry: 200ms}
        """
            .formatted(described, String.join(", ", destinations.keySet()));
    return Node.start(
        NodeConfig.parse(change.apply(yaml) + more, "test", folder), Clock.systemUTC(), loader, listeners);
  }

  @Test
  void answersASeriesWithASegmentation() throws Exception {
    List<Dataset> slices = Series.ct(12);
    Collections.reverse(slices);
    send(slices);

    SeriesRecord done = node.await(Series.UID, FINAL, LIMIT);
    assertEquals(SeriesState.DONE, done.state(), done.cause());
    Dataset result = received.take();
    assertEquals(slices.get(0).string(Tag.StudyInstanceUID), result.string(Tag.StudyInstanceUID));
    Segmentation segmentation = SegmentationReader.read(result);
    // 8 columns x 5 rows x 6 slices
    assertEquals(240, segmentation.pixelCount(1));
    assertEquals(EnumSet.allOf(Stage.class), EnumSet.copyOf(done.timings().stages().keySet()));
    assertEquals(12, done.objects());
    assertLogged("series " + Series.UID + " volumes in ml box=9.0");
    assertLogged("series " + Series.UID + " DONE");
    assertTrue(log.list.stream().noneMatch(e -> e.getFormattedMessage().contains("Secret")));
  }

  @Test
  void anUrgentSeriesIsTakenBeforeTheRoutineOnesThatWait() throws Exception {
    node.close();
    CountDownLatch go = new CountDownLatch(1);
    List<String> taken = Collections.synchronizedList(new ArrayList<>());
    loader =
        bundle ->
            new Threshold("1") {
              @Override
              public Result segment(Volume volume, Progress progress) {
                try {
                  go.await();
                } catch (InterruptedException e) {
                  throw new CancellationException();
                }
                return super.segment(volume, progress);
              }
            };
    String urgent = "- {model: test, bodyPart: 'HEAD*', priority: urgent, destinations: [pacs]}\n  - {model: test,";
    node =
        start(
            Map.of("pacs", "PACS@127.0.0.1:" + pacs.port()),
            "",
            yaml -> yaml.replace("- {model: test,", urgent),
            new NodeListener() {
              @Override
              public void seriesChanged(SeriesRecord series) {
                if (series.state() == SeriesState.SEGMENTING) {
                  taken.add(series.seriesUid());
                }
              }
            });
    for (String uid : List.of("1.2.3.1", "1.2.3.2", "1.2.3.3")) {
      sendAs(uid, "ABDOMEN");
      node.await(uid, series -> series.state() != SeriesState.RECEIVING, LIMIT);
    }
    sendAs("1.2.3.4", "HEADNECK");
    node.await("1.2.3.4", series -> series.state() != SeriesState.RECEIVING, LIMIT);
    go.countDown();
    for (String uid : List.of("1.2.3.1", "1.2.3.2", "1.2.3.3", "1.2.3.4")) {
      assertEquals(SeriesState.DONE, node.await(uid, FINAL, LIMIT).state());
    }
    assertEquals(List.of("1.2.3.1", "1.2.3.4", "1.2.3.2", "1.2.3.3"), taken);
  }

  /** The file is that which another node on the same data directory makes and removes when it is told to. */
  @Test
  void aQueueThatIsHeldAtAnotherNodeIsHeldHereUntilItGoesOn() throws Exception {
    Path held = Files.createFile(folder.resolve("data").resolve("queue-held"));
    awaitLogged("the queue is held");
    send(Series.ct(12));
    node.await(Series.UID, series -> series.state() == SeriesState.READY, LIMIT);
    Files.delete(held);
    assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
    List<String> lines = List.copyOf(log.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
    int goesOn = lines.indexOf("the queue goes on");
    int segmented = lines.stream().filter(line -> line.startsWith("series " + Series.UID + " SEGMENTING")).findFirst()
        .map(lines::indexOf).orElse(-1);
    assertTrue(goesOn >= 0 && segmented > goesOn, () -> String.join("\n", lines));
  }

  private void awaitLogged(String text) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (List.copyOf(log.list).stream().noneMatch(event -> event.getFormattedMessage().contains(text))) {
      assertTrue(System.nanoTime() < deadline, text);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  private void sendAs(String seriesUid, String bodyPart) throws IOException {
    List<Dataset> slices = Series.ct(seriesUid, 12);
    slices.forEach(slice -> slice.putString(Tag.BodyPartExamined, bodyPart));
    send(slices);
  }

  @Test
  void countsWhatItDoesAndTellsWhetherItIsReady() throws Exception {
    node.close();
    node = start("web: {port: 0}\n");
    send(Series.ct(12));
    node.await(Series.UID, FINAL, LIMIT);
    send(Series.ct(2));

    assertEquals("live\n", get("/health/live").body());
    HttpResponse<String> ready = get("/health/ready");
    assertEquals(200, ready.statusCode(), ready.body());
    String metrics = get("/metrics").body();
    for (String line :
        List.of(
            "nmsw_objects_total{outcome=\"new\"} 12.0",
            "nmsw_objects_total{outcome=\"duplicate\"} 2.0",
            "nmsw_series{state=\"done\"} 1.0",
            "nmsw_series{state=\"receiving\"} 0.0",
            "nmsw_series_done_total 1.0",
            "nmsw_stage_seconds_count{stage=\"fuse\"} 1",
            "nmsw_deliveries_total{destination=\"pacs\",outcome=\"accepted\"} 1.0",
            "nmsw_outbox{destination=\"pacs\"} 0.0",
            "nmsw_spool_reserve_bytes 1048576.0")) {
      assertTrue(metrics.lines().anyMatch(line::equals), line + " in\n" + metrics);
    }
    assertTrue(metrics.contains("\nnmsw_spool_free_bytes "), metrics);
    assertTrue(metrics.contains("\nprocess_files_open_files "), metrics);
    assertFalse(metrics.contains("Secret") || metrics.contains(Series.UID), metrics);
  }

  @Test
  void saysWhyItIsNotReadyAndCountsWhatItRefuses() throws Exception {
    node.close();
    UnaryOperator<String> full = yaml -> yaml.replace("diskReserve: 1MiB", "diskReserve: 1000TiB");
    node = start(Map.of("pacs", "PACS@127.0.0.1:" + pacs.port()), "web: {port: 0}\n", full);
    try (DicomClient client = connect("CT1", "NMSW")) {
      assertEquals(Status.OUT_OF_RESOURCES, client.store(Series.ct(1).get(0), TransferSyntax.EXPLICIT_LE));
    }
    HttpResponse<String> ready = get("/health/ready");
    assertEquals(503, ready.statusCode());
    assertTrue(ready.body().contains("storage.diskReserve"), ready.body());
    String metrics = get("/metrics").body();
    assertTrue(metrics.lines().anyMatch("nmsw_objects_refused_total{status=\"A700\"} 1.0"::equals), metrics);
  }

  private HttpResponse<String> get(String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + node.webPort().orElseThrow() + path);
    return HttpClient.newHttpClient().send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aCompressedSeriesIsAnsweredAsTheUncompressedOne() throws Exception {
    send(Series.ct(12));
    assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
    Segmentation expected = SegmentationReader.read(received.take());
    String uid = Series.UID + ".1";
    ProposedContext rle = ProposedContext.of(Uid.CTImageStorage, TransferSyntax.RLE_LOSSLESS);
    try (DicomClient client =
        DicomClient.connect(
            new RemoteAe("NMSW", "127.0.0.1", node.port()), "CT1", List.of(rle), ClientConfig.defaults())) {
      for (Dataset slice : Series.ct(12)) {
        slice.putString(Tag.SeriesInstanceUID, uid);
        slice.putString(Tag.SOPInstanceUID, slice.requireString(Tag.SOPInstanceUID) + ".1");
        slice.put(PixelEncoder.rle(slice));
        assertEquals(Status.SUCCESS, client.store(slice, TransferSyntax.RLE_LOSSLESS));
      }
    }
    SeriesRecord done = node.await(uid, FINAL, LIMIT);
    assertEquals(SeriesState.DONE, done.state(), done.cause());
    assertEquals(expected.pixelCount(1), SegmentationReader.read(received.take()).pixelCount(1));
  }

  @Test
  void everyDestinationGetsWhatItIsConfiguredFor() throws Exception {
    BlockingQueue<Dataset> atVna = new LinkedBlockingQueue<>();
    List<TransferSyntax> syntaxes = List.of(TransferSyntax.DEFLATED_LE, TransferSyntax.EXPLICIT_LE);
    try (DicomServer vna = DicomServer.start(archive(syntaxes), new Receiver(atVna))) {
      Map<String, String> destinations =
          Map.of(
              "pacs",
              "PACS@127.0.0.1:" + pacs.port(),
              "vna",
              "{address: 'VNA@127.0.0.1:" + vna.port() + "', objects: [seg, sr, preview], segmentation: labelmap,"
                  + " compression: deflated}");
      node.close();
      node = start(destinations, "");
      send(Series.ct(12));
      assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
      Dataset binary = received.take();
      assertEquals(0, received.size());
      Map<String, Dataset> objects = byModality(atVna);
      assertEquals(Set.of("SEG", "SR", "OT"), objects.keySet());

      assertEquals("BINARY", binary.requireString(Tag.SegmentationType));
      assertEquals(240, SegmentationReader.read(binary).pixelCount(1));
      Dataset labelmap = objects.get("SEG");
      assertEquals("LABELMAP", labelmap.requireString(Tag.SegmentationType));
      assertEquals(240, SegmentationReader.read(labelmap).pixelCount(1));
      Set<String> referenced = referenced(objects.get("SR"));
      assertTrue(referenced.contains(labelmap.requireString(Tag.SOPInstanceUID)));
      assertFalse(referenced.contains(binary.requireString(Tag.SOPInstanceUID)));
      // 240 pixels of 2.5 x 3 mm in slabs of 5 mm
      String report = DatasetDump.of(objects.get("SR"), 200);
      assertTrue(report.contains("DS [9]"), report);
      assertEquals(Uid.SecondaryCaptureImageStorage, objects.get("OT").requireString(Tag.SOPClassUID));
      Set<String> series = new HashSet<>(Set.of(binary.requireString(Tag.SeriesInstanceUID)));
      objects.values().forEach(d -> series.add(d.string(Tag.SeriesInstanceUID).orElseThrow()));
      assertEquals(4, series.size(), "a series for each kind");

      node.close();
      Files.delete(folder.resolve("data").resolve("nmsw.mv.db"));
      node = start(destinations, "");
      assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
      assertArrayEquals(Series.bytes(binary), Series.bytes(received.take()));
      for (Map.Entry<String, Dataset> again : byModality(atVna).entrySet()) {
        assertArrayEquals(
            Series.bytes(objects.get(again.getKey())), Series.bytes(again.getValue()), again.getKey());
      }
    }
  }

  /** It reports on an association of its own, and neither AE title of that is among those configured for senders. */
  @Test
  void doneWhenTheArchiveHasCommittedItself() throws Exception {
    node.close();
    List<CommitmentRequest> requests = new CopyOnWriteArrayList<>();
    CommitmentProvider provider =
        new CommitmentProvider() {
          @Override
          public CommitmentReport commit(CommitmentRequest request) {
            requests.add(request);
            return CommitmentReport.of(request, object -> true);
          }

          @Override
          public Optional<Destination> reportTo(CommitmentRequest request) {
            return Optional.of(
                new Destination(new RemoteAe("SEG9", "127.0.0.1", node.port()), ClientConfig.defaults()));
          }
        };
    ServerHandlers handlers = ServerHandlers.of(new Receiver(received)).withCommitmentProvider(provider);
    try (DicomServer vna = DicomServer.start(archive(List.of(TransferSyntax.EXPLICIT_LE)), handlers)) {
      String destination =
          "{address: 'VNA@127.0.0.1:" + vna.port() + "', objects: [seg, sr, preview], commitment: true, callingAe: SEG9}";
      node = start(Map.of("vna", destination), "");
      send(Series.ct(12));
      assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
      assertEquals("SEG9", requests.get(0).association().callingAeTitle());
      assertEquals(3, requests.stream().flatMap(request -> request.references().stream()).distinct().count());
      assertThrows(AssociationRejected.class, () -> connect("VNB", "NMSW").close());
    }
  }

  /** One of them lacks a character of the name, and a name with gaps would be another name. */
  @Test
  void eachDestinationHasItsCharacterSet() throws Exception {
    BlockingQueue<Dataset> cyrillic = new LinkedBlockingQueue<>();
    try (DicomServer vna = DicomServer.start(archive(List.of(TransferSyntax.EXPLICIT_LE)), new Receiver(cyrillic))) {
      node.close();
      node =
          start(
              Map.of(
                  "pacs",
                  "{address: 'PACS@127.0.0.1:" + pacs.port() + "', characterSet: ISO_IR 100}",
                  "vna",
                  "{address: 'VNA@127.0.0.1:" + vna.port() + "', characterSet: ISO_IR 144}"),
              "");
      List<Dataset> slices = Series.ct(12);
      for (Dataset slice : slices) {
        slice.putString(Tag.SpecificCharacterSet, "ISO_IR 192").putString(Tag.PatientName, "Müller^Jürgen");
      }
      send(slices);
      assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
      Dataset latin = received.take();
      assertEquals("ISO_IR 100", latin.requireString(Tag.SpecificCharacterSet));
      assertEquals("Müller^Jürgen", latin.requireString(Tag.PatientName));
      assertEquals(14, latin.bytes(Tag.PatientName).length, "a byte for each character, and a blank");
      Dataset kept = cyrillic.take();
      assertEquals("ISO_IR 192", kept.requireString(Tag.SpecificCharacterSet));
      assertEquals("Müller^Jürgen", kept.requireString(Tag.PatientName));
      assertLogged("series " + Series.UID + " keeps its character set for vna: ");
      assertTrue(log.list.stream().noneMatch(e -> e.getFormattedMessage().contains("rgen")));
    }
  }

  private static Map<String, Dataset> byModality(BlockingQueue<Dataset> received) {
    List<Dataset> objects = new ArrayList<>();
    assertEquals(3, received.drainTo(objects));
    return objects.stream().collect(toMap(d -> d.string(Tag.Modality).orElseThrow(), d -> d));
  }

  /** A pixel of all frames, which follow each other; beyond the last it is 0. */
  private static int valueAt(Dataset image, int pixel) {
    byte[] pixels = image.bytes(Tag.PixelData);
    return pixel < pixels.length ? pixels[pixel] & 0xFF : 0;
  }

  /** Takes all that a node sends. */
  private static ServerConfig archive(List<TransferSyntax> syntaxes) {
    Set<String> classes =
        Set.of(
            Uid.SegmentationStorage,
            Uid.LabelMapSegmentationStorage,
            Uid.Comprehensive3DSRStorage,
            Uid.SecondaryCaptureImageStorage);
    return ServerConfig.builder()
        .bindAddress("127.0.0.1")
        .port(0)
        .storageSopClasses(classes)
        .transferSyntaxes(syntaxes)
        .build();
  }

  private static Set<String> referenced(Dataset item) {
    Set<String> uids = new HashSet<>();
    item.items(Tag.ReferencedSOPSequence)
        .forEach(reference -> uids.add(reference.string(Tag.ReferencedSOPInstanceUID).orElseThrow()));
    item.items(Tag.ContentSequence).forEach(child -> uids.addAll(referenced(child)));
    return uids;
  }

  @Test
  void aDestinationThatTakesNoCompressedFormIsSentTheObjectWithoutIt() throws Exception {
    node.close();
    pacs.close();
    pacs = DicomServer.start(archive(List.of(TransferSyntax.IMPLICIT_LE)), new Receiver(received));
    String form = "segmentation: fractional, compression: deflated";
    node = start(Map.of("pacs", "{address: 'PACS@127.0.0.1:" + pacs.port() + "', " + form + "}"), "");
    send(Series.ct(12));
    assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
    Dataset fractional = received.take();
    assertEquals("FRACTIONAL", fractional.requireString(Tag.SegmentationType));
    assertEquals(240, IntStream.range(0, 12 * 480).filter(i -> valueAt(fractional, i) > 127).count());
  }

  @Test
  void aReportSaysThatNothingWasFound() throws Exception {
    node.close();
    pacs.close();
    pacs = DicomServer.start(archive(List.of(TransferSyntax.EXPLICIT_LE)), new Receiver(received));
    node = start(Map.of("pacs", "{address: 'PACS@127.0.0.1:" + pacs.port() + "', objects: [seg, sr]}"), "");
    List<Dataset> empty = Series.ct(12);
    empty.forEach(d -> d.putNumber(Tag.RescaleIntercept, -2000));
    send(empty);
    assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
    Dataset report = received.take();
    assertEquals("SR", report.requireString(Tag.Modality));
    assertTrue(DatasetDump.of(report, 200).contains("Not detected"));
    assertEquals(0, received.size());
    assertLogged("series " + Series.UID + " has no seg for pacs: no organ was found");
  }

  @Test
  void theSameSeriesAgainChangesNothingAndAChangedOneIsANewResult() throws Exception {
    send(Series.ct(12));
    node.await(Series.UID, FINAL, LIMIT);
    Dataset first = received.take();

    send(Series.ct(12));
    assertEquals(1, node.series(Series.UID).orElseThrow().revision());

    send(Series.ct(13));
    SeriesRecord second =
        node.await(Series.UID, FINAL.and(series -> series.revision() == 2), LIMIT);
    assertEquals(SeriesState.DONE, second.state());
    Dataset replacement = received.take();
    assertFalse(first.string(Tag.SOPInstanceUID).equals(replacement.string(Tag.SOPInstanceUID)));
    assertFalse(first.requireString(Tag.SeriesDescription).contains("replaces"));
    assertTrue(replacement.requireString(Tag.SeriesDescription).endsWith(" (replaces one of 12 images)"));

    node.close();
    Files.delete(folder.resolve("data").resolve("nmsw.mv.db"));
    node = start("");
    assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
    assertArrayEquals(Series.bytes(replacement), Series.bytes(received.take()));
  }

  @Test
  void badSeriesAreRefusedByCodeAndTheNodeGoesOn() throws Exception {
    List<Dataset> gap = Series.ct("1.2.3.1", 12);
    gap.remove(6);
    assertRefused("1.2.3.1", "MISSING_SLICES", gap);
    assertRefused("1.2.3.2", "TOO_FEW_SLICES", Series.ct("1.2.3.2", 3));
    List<Dataset> mr = Series.ct("1.2.3.3", 12);
    mr.forEach(d -> d.putString(Tag.SOPClassUID, Uid.MRImageStorage).putString(Tag.Modality, "MR"));
    assertRefused("1.2.3.3", "NOT_CT", mr);
    List<Dataset> localizers = Series.ct("1.2.3.4", 2);
    localizers.forEach(d -> d.putString(Tag.ImageType, "ORIGINAL", "PRIMARY", "LOCALIZER"));
    assertRefused("1.2.3.4", "LOCALIZER", localizers);

    send(Series.ct(12));
    assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
  }

  @Test
  void anMrAndALocalizerAmongTheCtAreLeftOutAndNamed() throws Exception {
    List<Dataset> slices = new ArrayList<>(Series.ct(24));
    Dataset mr = Series.slice(Series.UID, 30).putString(Tag.SOPClassUID, Uid.MRImageStorage);
    Dataset localizer =
        Series.slice(Series.UID, 31).putString(Tag.ImageType, "ORIGINAL", "PRIMARY", "LOCALIZER");
    slices.add(3, mr.putString(Tag.Modality, "MR"));
    slices.add(localizer);
    send(slices);

    assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
    assertLogged("object " + mr.requireString(Tag.SOPInstanceUID) + " left out NOT_CT");
    assertLogged("object " + localizer.requireString(Tag.SOPInstanceUID) + " left out LOCALIZER");
  }

  @Test
  void speaksTlsWhereItIsConfigured() throws Exception {
    Path store = folder.resolve("node.p12");
    List<String> keytool =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair", "-alias", "node", "-keyalg", "EC", "-dname", "CN=node", "-ext", "san=ip:127.0.0.1",
            "-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", "changeit");
    assertEquals(0, new ProcessBuilder(keytool).start().waitFor());
    node.close();
    node = start("network: {tls: {certificate: node.p12, trusted: node.p12, password: changeit}}\n");
    RemoteAe remote = new RemoteAe("NMSW", "127.0.0.1", node.port());
    List<ProposedContext> contexts = List.of(ProposedContext.verification());
    TlsCredentials credentials = TlsCredentials.open(TlsFiles.pkcs12(store, "changeit", store));
    ClientConfig secured = ClientConfig.defaults().withTls(new ClientTls(credentials, true));
    try (DicomClient client = DicomClient.connect(remote, "CT1", contexts, secured)) {
      assertTrue(client.echo().isSuccess());
    }
    String metrics = node.metrics().scrape();
    double days =
        metrics.lines()
            .filter(line -> line.startsWith("nmsw_certificate_remaining_seconds "))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))) / 86_400)
            .findFirst()
            .orElseThrow(() -> new AssertionError(metrics));
    assertEquals(90, days, 1, "keytool's own number of days");
    assertThrows(IOException.class, () -> DicomClient.connect(remote, "CT1", contexts, ClientConfig.defaults()));
    node.close();
    IOException missing =
        assertThrows(IOException.class, () -> start("network: {tls: {certificate: none.p12, trusted: none.p12}}\n"));
    assertTrue(missing.getMessage().contains("none.p12"), missing.getMessage());
  }

  @Test
  void aSeriesInWhichNothingIsFoundFailsInWords() throws Exception {
    List<Dataset> empty = Series.ct(12);
    empty.forEach(d -> d.putNumber(Tag.RescaleIntercept, -2000));
    send(empty);
    SeriesRecord failed = node.await(Series.UID, FINAL, LIMIT);
    assertEquals(SeriesState.FAILED, failed.state());
    assertEquals("NOTHING_FOUND", failed.code());
  }

  @Test
  void aModelThatCannotBeLoadedFailsTheSeriesAndTheNextVersionIsTakenUp() throws Exception {
    Path current = folder.resolve("models").resolve("test").resolve("current");
    Files.writeString(current, "../../etc");
    send(Series.ct(12));
    SeriesRecord failed = node.await(Series.UID, FINAL, LIMIT);
    assertEquals(SeriesState.FAILED, failed.state());

    Files.writeString(current, "2");
    send(Series.ct("1.2.3.9", 12));
    assertEquals(SeriesState.DONE, node.await("1.2.3.9", FINAL, LIMIT).state());
    assertLogged("model test version 2 is live");
  }

  @Test
  void unknownTitlesAreRejected() {
    assertEquals(7, assertThrows(AssociationRejected.class, () -> connect("CT1", "OTHER")).reason());
    assertEquals(3, assertThrows(AssociationRejected.class, () -> connect("CT2", "NMSW")).reason());
  }

  @Test
  void aNodeThatStopsWhileItSegmentsTakesTheSeriesUpAgain() throws Exception {
    node.close();
    CountDownLatch working = new CountDownLatch(1);
    CountDownLatch stopping = new CountDownLatch(1);
    loader =
        bundle ->
            new Threshold("1") {
              @Override
              public Result segment(Volume volume, Progress progress) {
                working.countDown();
                waitFor(stopping);
                progress.at(Stage.LOCAL, 0.5);
                return super.segment(volume, progress);
              }
            };
    node =
        start(
            "",
            new NodeListener() {
              @Override
              public void stopping() {
                stopping.countDown();
              }
            });
    send(Series.ct(12));
    waitFor(working);
    node.close();
    assertLogged("series " + Series.UID + " interrupted");

    loader = bundle -> new Threshold("1");
    node = start("");
    assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
    assertEquals(1, received.size());
    assertLogged("series " + Series.UID + " READY was interrupted, queued again");
  }

  @Test
  void whatCanPassIsTriedAgainAndWhatAlwaysFailsIsParked() throws Exception {
    node.close();
    AtomicInteger failures = new AtomicInteger(1);
    loader =
        bundle ->
            new Threshold("1") {
              @Override
              public Result segment(Volume volume, Deadline deadline, Progress progress) throws IOException {
                if (failures.getAndDecrement() > 0) {
                  throw new IOException("Stale file handle");
                }
                return segment(volume, progress);
              }
            };
    node = start("web: {port: 0}\nwork: {attempts: 2, firstRetry: 10ms, maxRetry: 10ms}\n");
    send(Series.ct(12));
    SeriesRecord done = node.await(Series.UID, FINAL, LIMIT);
    assertEquals(SeriesState.DONE, done.state(), done.cause());
    assertEquals(2, done.attempts());
    assertLogged("series " + Series.UID + " READY IO_ERROR: Stale file handle; attempt 2 of 2 at ");

    failures.set(Integer.MAX_VALUE);
    send(Series.ct("1.2.3.11", 12));
    SeriesRecord parked = node.await("1.2.3.11", FINAL, LIMIT);
    assertEquals(SeriesState.PARKED, parked.state());
    assertEquals("IO_ERROR", parked.code());
    failures.set(0);
    send(Series.ct("1.2.3.12", 12));
    assertEquals(SeriesState.DONE, node.await("1.2.3.12", FINAL, LIMIT).state());
    String metrics = get("/metrics").body();
    for (String line :
        List.of(
            "nmsw_series{state=\"parked\"} 1.0",
            "nmsw_series_retries_total{code=\"IO_ERROR\"} 2.0",
            "nmsw_series_unanswered_total{code=\"IO_ERROR\",state=\"parked\"} 1.0")) {
      assertTrue(metrics.lines().anyMatch(line::equals), line + " in\n" + metrics);
    }
  }

  @Test
  void aLostGpuEndsTheNodeAndTheSeriesIsSegmentedInTheNextProcess() throws Exception {
    node.close();
    AtomicInteger closed = new AtomicInteger();
    loader =
        bundle ->
            new Threshold("1") {
              @Override
              public Result segment(Volume volume, Progress progress) {
                throw new DeviceLost("CUDA error: an illegal memory access was encountered", null);
              }

              @Override
              public void close() {
                closed.incrementAndGet();
              }
            };
    String retries = "work: {firstRetry: 10ms, maxRetry: 10ms}\n";
    node = start(retries);
    send(Series.ct(12));
    send(Series.ct("1.2.3.13", 12));
    assertEquals(Node.Ending.DEVICE_LOST, node.awaitEnding());
    SeriesRecord waiting = node.series(Series.UID).orElseThrow();
    assertEquals("DEVICE_LOST", waiting.code());
    assertEquals(SeriesState.READY, waiting.state());
    node.close();
    assertEquals(0, closed.get(), "a model on a lost GPU must not be touched again");

    loader = bundle -> new Threshold("1");
    node = start(retries);
    SeriesRecord done = node.await(Series.UID, FINAL, LIMIT);
    assertEquals(SeriesState.DONE, done.state());
    assertEquals(2, done.attempts());
    assertEquals(1, node.await("1.2.3.13", FINAL, LIMIT).attempts(), "it was begun on a lost GPU");
    assertEquals(2, received.size());
  }

  /** The engine refuses to go on when the process ends, which may be before the node is told. */
  @Test
  void aSeriesThatTheEndOfTheProcessCutsOffIsTakenUpAgain() throws Exception {
    node.close();
    CountDownLatch working = new CountDownLatch(1);
    loader =
        bundle ->
            new Threshold("1") {
              @Override
              public Result segment(Volume volume, Progress progress) {
                boolean first = working.getCount() > 0;
                working.countDown();
                if (first) {
                  throw new CancellationException("the process ends");
                }
                return super.segment(volume, progress);
              }
            };
    node = start("");
    send(Series.ct(12));
    waitFor(working);
    send(Series.ct("1.2.3.10", 12));
    assertEquals(SeriesState.DONE, node.await("1.2.3.10", FINAL, LIMIT).state());
    assertEquals(SeriesState.SEGMENTING, node.series(Series.UID).orElseThrow().state());
    node.close();
    node = start("");
    assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      assertTrue(latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aLostDatabaseLosesNothing() throws Exception {
    send(Series.ct(12));
    node.await(Series.UID, FINAL, LIMIT);
    Dataset first = received.take();
    node.close();
    Files.delete(folder.resolve("data").resolve("nmsw.mv.db"));

    node = start("");
    assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
    assertEquals(first.string(Tag.SOPInstanceUID), received.take().string(Tag.SOPInstanceUID));
  }

  @Test
  void aDestinationThatIsDownGetsTheResultWhenItIsBack() throws Exception {
    int port = pacs.port();
    pacs.close();
    CountDownLatch failed = new CountDownLatch(2);
    node.close();
    node =
        start(
            "",
            new NodeListener() {
              @Override
              public void deliveryFailed(String seriesUid, String destination, String cause) {
                failed.countDown();
              }
            });
    send(Series.ct(12));
    waitFor(failed);
    assertEquals(SeriesState.RETURNING, node.series(Series.UID).orElseThrow().state());
    node.close();

    pacs =
        DicomServer.start(
            ServerConfig.builder().bindAddress("127.0.0.1").port(port).build(), new Receiver(received));
    node = start("");
    assertEquals(SeriesState.DONE, node.await(Series.UID, FINAL, LIMIT).state());
    assertEquals(1, received.size());
  }

  private void assertRefused(String seriesUid, String code, List<Dataset> objects) throws Exception {
    send(objects);
    SeriesRecord series = node.await(seriesUid, FINAL, LIMIT);
    assertEquals(SeriesState.REFUSED, series.state(), series.cause());
    assertEquals(code, series.code());
    assertLogged("series " + seriesUid + " REFUSED " + code + ": ");
  }

  private void assertLogged(String text) {
    List<String> lines = List.copyOf(log.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
    assertTrue(
        lines.stream().anyMatch(line -> line.contains(text)),
        () -> text + "\nnot in\n" + String.join("\n", lines));
  }

  private void send(List<Dataset> objects) throws IOException {
    try (DicomClient client = connect("CT1", "NMSW")) {
      for (Dataset object : objects) {
        assertEquals(Status.SUCCESS, client.store(object, TransferSyntax.EXPLICIT_LE));
      }
    }
  }

  private DicomClient connect(String calling, String called) throws IOException {
    return DicomClient.connect(
        new RemoteAe(called, "127.0.0.1", node.port()),
        calling,
        List.of(
            ProposedContext.uncompressed(Uid.CTImageStorage),
            ProposedContext.uncompressed(Uid.MRImageStorage)),
        ClientConfig.defaults());
  }
}
