package nmsw.scp.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.CommitmentProvider;
import nmsw.dicom.net.CommitmentReport;
import nmsw.dicom.net.CommitmentRequest;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.ServerHandlers;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreHandler;
import nmsw.scp.FakeClock;
import nmsw.scp.Series;
import nmsw.scp.delivery.PduProxy.Fate;
import nmsw.scp.series.SeriesState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Destinations that misbehave: whatever they do, every object is there in the end, and nothing else waits for it. */
@Timeout(120)
class FaultyDestinationTest {
  private static final int RESULTS = 4;
  private static final Duration FIRST_RETRY = Duration.ofSeconds(5);

  @TempDir Path folder;
  private final List<String> stored = new CopyOnWriteArrayList<>();
  private final Map<String, Status> answers = new HashMap<>();
  private final List<CommitmentRequest> requests = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  /** Each look at the client's clock finds it later by half a minute while this is so. */
  private final AtomicBoolean timeFlies = new AtomicBoolean();

  private final FakeClock clientClock = new FakeClock();
  private ReturningSeries series;
  private List<String> uids;
  private DicomServer pacs;

  @BeforeEach
  void start() throws Exception {
    series = new ReturningSeries(folder, RESULTS);
    uids = series.waiting();
    open.add(series);
    pacs = pacs(0);
  }

  @AfterEach
  void stop() throws Exception {
    Collections.reverse(open);
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private DicomServer pacs(int port) throws IOException {
    StoreHandler storage =
        (request, dataset) -> {
          dataset.readAllBytes();
          Status answer = answers.getOrDefault(request.sopInstanceUid(), Status.SUCCESS);
          if (!answer.isFailure()) {
            stored.add(request.sopInstanceUid());
          }
          return answer;
        };
    CommitmentProvider provider =
        request -> {
          requests.add(request);
          return CommitmentReport.of(request, object -> stored.contains(object.sopInstanceUid()));
        };
    ServerConfig config =
        ServerConfig.builder().bindAddress("127.0.0.1").port(port).closeTimeout(Duration.ZERO).build();
    DicomServer server =
        DicomServer.start(config, ServerHandlers.of(storage).withCommitmentProvider(provider));
    open.add(server);
    return server;
  }

  private PduProxy proxy(PduProxy.Script script) throws IOException {
    PduProxy proxy = new PduProxy(pacs.port(), script);
    open.add(proxy);
    return proxy;
  }

  private void deliverTo(int port, Optional<Duration> patience) throws IOException {
    ClientConfig defaults = ClientConfig.defaults();
    ClientConfig config =
        new ClientConfig(
            defaults.connectTimeout(),
            defaults.associateTimeout(),
            Duration.ofMinutes(1),
            defaults.releaseTimeout(),
            defaults.maxPduLength(),
            this::clientTime);
    series.deliverTo(
        ReturningSeries.at(
            port, config, patience.map(time -> new Deliverer.Commitment(time, Duration.ofSeconds(20)))));
  }

  private synchronized Instant clientTime() {
    if (timeFlies.get()) {
      clientClock.advance(Duration.ofSeconds(30));
    }
    return clientClock.instant();
  }

  private void deliverTo(int port) throws IOException {
    deliverTo(port, Optional.empty());
  }

  private void assertAllDelivered() throws Exception {
    assertEquals(uids.size(), stored.stream().distinct().count());
    assertEquals(List.of(), series.waiting());
    assertEquals(SeriesState.DONE, series.state());
  }

  @Test
  void downForAWhile() throws Exception {
    int port = pacs.port();
    pacs.close();
    deliverTo(port);
    series.deliver();
    series.deliverAfter(FIRST_RETRY);
    assertEquals(uids, series.waiting());
    assertTrue(series.failures.get(0).contains("no connection to PACS@127.0.0.1:" + port), series.failures.toString());
    pacs = pacs(port);
    series.deliver();
    assertEquals(List.of(), stored, "not due");
    uids = new ArrayList<>(uids);
    uids.add(series.put(99));
    series.deliver();
    assertEquals(List.of(), stored, "what is new waits with the others");
    series.deliverAfter(FIRST_RETRY.multipliedBy(2));
    assertAllDelivered();
  }

  /** The time for an answer runs out on the client's clock. */
  @Test
  void acceptsAndNeverAnswers() throws Exception {
    boolean[] mute = {true};
    PduProxy proxy =
        proxy(
            command -> {
              if (mute[0] && command == PduProxy.C_STORE_RSP) {
                timeFlies.set(true);
                return Fate.DROP;
              }
              return Fate.PASS;
            });
    deliverTo(proxy.port());
    for (int i = 0; i < RESULTS; i++) {
      series.deliver();
      timeFlies.set(false);
      assertEquals(i + 1, series.failures.size(), "one object waits by itself, the next has its turn");
    }
    assertEquals(uids, series.waiting());
    series.deliver();
    assertEquals(RESULTS, series.failures.size(), "nothing is due");
    mute[0] = false;
    series.deliverAfter(FIRST_RETRY);
    assertAllDelivered();
  }

  @Test
  void abortsAfterEverySecondObject() throws Exception {
    AtomicInteger answered = new AtomicInteger();
    PduProxy proxy =
        proxy(
            command ->
                command == PduProxy.C_STORE_RSP && answered.incrementAndGet() % 2 == 0 ? Fate.ABORT : Fate.PASS);
    deliverTo(proxy.port());
    series.deliver();
    assertEquals(uids.subList(1, 4), series.waiting(), "the second was stored, but that is not known");
    series.deliver();
    assertEquals(List.of(uids.get(1), uids.get(3)), series.waiting());
    series.deliver();
    assertEquals(2, series.waiting().size(), "neither is due");
    series.deliverAfter(FIRST_RETRY);
    assertEquals(1, series.waiting().size());
    series.deliverAfter(FIRST_RETRY.multipliedBy(2));
    assertAllDelivered();
  }

  /** What can pass is tried soon, what is refused for good less and less often; a warning is no failure. */
  @Test
  void answersFailuresAndWarnings() throws Exception {
    answers.put(uids.get(0), Status.OUT_OF_RESOURCES);
    answers.put(uids.get(1), new Status(0xB000));
    answers.put(uids.get(2), Status.CANNOT_UNDERSTAND);
    deliverTo(pacs.port());
    series.deliver();
    assertEquals(List.of(uids.get(0), uids.get(2)), series.waiting());
    assertEquals(List.of("it answered A700H out of resources", "it answered C000H cannot understand"), series.failures);
    assertEquals(new Backlog(2, 0, 1, Duration.ZERO), series.deliverer.backlog("pacs"));
    assertEquals(SeriesState.RETURNING, series.state());
    List<Integer> triedAt = new ArrayList<>();
    for (int second = 1; second <= 240; second++) {
      int before = (int) series.failures.stream().filter(cause -> cause.contains("C000H")).count();
      series.deliverAfter(Duration.ofSeconds(1));
      if (series.failures.stream().filter(cause -> cause.contains("C000H")).count() > before) {
        triedAt.add(second);
      }
    }
    // Doubling from 5 s to a minute, where others are tried every 15 s.
    assertEquals(List.of(5, 15, 35, 75, 135, 195), triedAt);
    assertEquals(18, series.failures.stream().filter(cause -> cause.contains("A700H")).count());
    answers.clear();
    series.deliverAfter(Duration.ofMinutes(1));
    assertAllDelivered();
  }

  @Test
  void closesAfterTheCommitmentRequest() throws Exception {
    boolean[] rude = {true};
    PduProxy proxy = proxy(command -> rude[0] && command == PduProxy.N_ACTION_RQ ? Fate.CLOSE : Fate.PASS);
    deliverTo(proxy.port(), Optional.of(Duration.ofHours(1)));
    series.deliver();
    assertEquals(uids, stored);
    assertEquals(Collections.nCopies(RESULTS, Outbox.Step.ASK), series.steps());
    series.deliver();
    assertEquals(1, Collections.frequency(proxy.commands, PduProxy.N_ACTION_RQ), "not due");
    rude[0] = false;
    series.deliverAfter(FIRST_RETRY);
    assertEquals(uids, stored, "none is sent twice");
    assertAllDelivered();
  }

  /** The request arrived: the archive works on it, but the answer is lost. */
  @Test
  void abortsInsteadOfAnsweringTheCommitmentRequest() throws Exception {
    boolean[] rude = {true};
    PduProxy proxy = proxy(command -> rude[0] && command == PduProxy.N_ACTION_RSP ? Fate.ABORT : Fate.PASS);
    deliverTo(proxy.port(), Optional.of(Duration.ofHours(1)));
    series.deliver();
    assertEquals(Collections.nCopies(RESULTS, Outbox.Step.ASK), series.steps());
    assertEquals(1, Collections.frequency(proxy.commands, PduProxy.N_ACTION_RQ));
    series.restart();
    rude[0] = false;
    series.deliver();
    assertEquals(2, Collections.frequency(proxy.commands, PduProxy.N_ACTION_RQ));
    assertAllDelivered();
  }

  @Test
  void oldObjectsAreWarnedOfOnceInAWhile() throws Exception {
    int port = pacs.port();
    pacs.close();
    deliverTo(port);
    try (LogLines log = new LogLines(Deliverer.class)) {
      series.deliver();
      series.deliverAfter(Duration.ofMinutes(59));
      assertEquals(0, log.count("still lacks"));
      series.deliverAfter(Duration.ofMinutes(1));
      series.deliverAfter(Duration.ofMinutes(1));
      assertEquals(1, log.count("still lacks 4 objects that are older than PT1H"), log.toString());
      assertEquals(1, log.count("series " + Series.UID + ", since 2026-03-01T12:00:00Z: no connection"), log.toString());
      series.deliverAfter(Duration.ofHours(1));
      assertEquals(2, log.count("still lacks"));
      assertEquals(Duration.ofHours(2).plusMinutes(1), series.deliverer.backlog("pacs").oldest());
      series.restart();
      series.deliver();
      assertEquals(3, log.count("still lacks"), "their age survives a restart");
    }
  }
}
