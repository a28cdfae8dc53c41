package nmsw.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.Status;

/** Everything that a node meets with in a day, again and again: what is good, what is bad and what breaks off. */
final class SoakTraffic implements AutoCloseable {
  /** What was done, and how often. */
  enum Event {
    /** A series was sent over one or two associations, and each object acknowledged. */
    SERIES,
    /** An object that the node had was sent again. */
    DUPLICATE,
    /** Another object under a UID that the node had was sent. */
    CONFLICT,
    /** An object that is none was sent and refused. */
    BROKEN,
    /** The connection was cut in the middle of an object. */
    ABORTED,
    /** C-ECHO was answered. */
    ECHO,
    /** A page for machines was answered. */
    WEB,
    /** Anything that did not go as it should. */
    UNEXPECTED
  }

  private interface Deed {
    void run() throws IOException, InterruptedException;
  }

  private final RemoteAe node;
  private final int webPort;
  private final List<Dataset> slices = new ArrayList<>();
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private final Map<Event, Integer> counts = new EnumMap<>(Event.class);
  private final Set<String> complaints = ConcurrentHashMap.newKeySet();
  private final CountDownLatch over = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();
  private final Random random = new Random(1);
  private int series;

  /**
   * @param files slices of one series, which is sent under ever new UIDs
   * @param every pause between two good series
   */
  SoakTraffic(int port, int webPort, List<Path> files, Duration every) throws IOException {
    this.node = new RemoteAe("NMSW", "127.0.0.1", port);
    this.webPort = webPort;
    for (Path file : files) {
      slices.add(DicomReader.read(file).dataset());
    }
    repeat("series", every, this::goodSeries);
    repeat("broken", Duration.ofSeconds(3), this::brokenObject);
    repeat("aborted", Duration.ofSeconds(2), this::abortedAssociation);
    repeat("echo", Duration.ofSeconds(1), this::echo);
    repeat("web", Duration.ofMillis(500), this::web);
  }

  synchronized Map<Event, Integer> counts() {
    return new EnumMap<>(counts);
  }

  /** What did not go as it should, each once. */
  Set<String> complaints() {
    return complaints;
  }

  /** The series that were sent. */
  synchronized int series() {
    return series;
  }

  private synchronized void count(Event event) {
    counts.merge(event, 1, Integer::sum);
  }

  private void repeat(String name, Duration pause, Deed deed) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (!over.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                  deed.run();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (IOException | RuntimeException e) {
                unexpected(name + " ended: " + e);
              }
            },
            "soak-" + name);
    thread.start();
    threads.add(thread);
  }

  private void unexpected(String what) {
    count(Event.UNEXPECTED);
    complaints.add(what);
  }

  private DicomClient connect(int port) throws IOException {
    return DicomClient.connect(
        new RemoteAe(node.aeTitle(), node.host(), port),
        "SOAK",
        List.of(ProposedContext.verification(), ProposedContext.of(Uid.CTImageStorage, TransferSyntax.EXPLICIT_LE)),
        ClientConfig.defaults());
  }

  private List<Dataset> renamed(String name) throws IOException {
    List<Dataset> copies = new ArrayList<>();
    for (Dataset slice : slices) {
      Dataset copy = slice.copy();
      for (int tag : new int[] {Tag.StudyInstanceUID, Tag.SeriesInstanceUID, Tag.SOPInstanceUID}) {
        copy.putString(tag, Uid.derived("soak", name, slice.requireString(tag)));
      }
      copies.add(copy);
    }
    return copies;
  }

  private void goodSeries() throws IOException {
    List<Dataset> objects = renamed("good " + series());
    int parts = series() % 3 == 0 ? 2 : 1;
    int each = objects.size() / parts;
    for (int part = 0; part < parts; part++) {
      try (DicomClient client = connect(node.port())) {
        for (Dataset object : objects.subList(part * each, part == parts - 1 ? objects.size() : (part + 1) * each)) {
          store(client, object);
        }
      }
    }
    try (DicomClient client = connect(node.port())) {
      for (Dataset object : objects.subList(0, objects.size() / 2)) {
        store(client, object);
        count(Event.DUPLICATE);
      }
      store(client, objects.get(0).copy().putString(Tag.SeriesDescription, "another"));
      count(Event.CONFLICT);
    }
    synchronized (this) {
      series++;
    }
    count(Event.SERIES);
  }

  private void store(DicomClient client, Dataset object) throws IOException {
    Status status = client.store(object, TransferSyntax.EXPLICIT_LE);
    if (!status.isSuccess()) {
      unexpected("a good object was answered with " + status);
    }
  }

  /** Without a series, or with the UID of another object. */
  private void brokenObject() throws IOException {
    Dataset object = renamed("broken").get(0);
    Dataset broken =
        random.nextBoolean()
            ? object.remove(Tag.SeriesInstanceUID)
            : object.putBytes(Tag.SeriesInstanceUID, VR.UI, new byte[] {'.', '.', '/', '.'});
    try (DicomClient client = connect(node.port())) {
      Status status = client.store(broken, TransferSyntax.EXPLICIT_LE);
      if (status.isFailure()) {
        count(Event.BROKEN);
      } else {
        unexpected("a broken object was answered with " + status);
      }
    }
  }

  private void abortedAssociation() throws IOException, InterruptedException {
    Dataset object = renamed("aborted").get(0);
    try (CuttingRelay relay = new CuttingRelay(node.port(), random.nextInt(12_000))) {
      try (DicomClient client = connect(relay.port())) {
        for (int i = 0; i < 10; i++) {
          client.store(object, TransferSyntax.EXPLICIT_LE);
        }
        unexpected("a connection was not cut");
      } catch (IOException cut) {
        count(Event.ABORTED);
      }
    }
  }

  private void echo() throws IOException {
    try (DicomClient client = connect(node.port())) {
      if (client.echo().isSuccess()) {
        count(Event.ECHO);
      }
    }
  }

  private void web() throws IOException, InterruptedException {
    for (String path : List.of("/metrics", "/health/ready", "/no/such/page")) {
      if (get(path).isPresent()) {
        count(Event.WEB);
      }
    }
  }

  /** A page; empty if it is not there. */
  private Optional<String> get(String path) throws IOException, InterruptedException {
    URI uri = URI.create(String.format(Locale.ROOT, "http://127.0.0.1:%d%s", webPort, path));
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(uri).timeout(Duration.ofMinutes(1)).build(), HttpResponse.BodyHandlers.ofString());
    return answer.statusCode() == 200 ? Optional.of(answer.body()) : Optional.empty();
  }

  /** The node's metrics just now. */
  String metrics() throws IOException, InterruptedException {
    return get("/metrics").orElseThrow(() -> new IOException("the node has no metrics"));
  }

  /** Ends the traffic when what is under way is done. */
  @Override
  public void close() throws InterruptedException {
    over.countDown();
    for (Thread thread : threads) {
      thread.join(TimeUnit.MINUTES.toMillis(2));
    }
  }
}
