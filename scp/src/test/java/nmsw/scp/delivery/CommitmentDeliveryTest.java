package nmsw.scp.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.CommitmentProvider;
import nmsw.dicom.net.CommitmentReport;
import nmsw.dicom.net.CommitmentReport.Failed;
import nmsw.dicom.net.CommitmentRequest;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.ServerHandlers;
import nmsw.dicom.net.SopReference;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreHandler;
import nmsw.scp.series.SeriesState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Storage commitment of results, with our own server as the archive. */
@Timeout(120)
class CommitmentDeliveryTest {
  private static final Duration PATIENCE = Duration.ofHours(1);
  private static final Duration FIRST_RETRY = Duration.ofSeconds(5);

  @TempDir Path folder;
  private final List<String> stored = new CopyOnWriteArrayList<>();
  private final List<CommitmentRequest> requests = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private ReturningSeries series;

  /** How the archive answers a request, on its association unless told otherwise. */
  private Function<CommitmentRequest, CommitmentReport> archive =
      request -> CommitmentReport.of(request, object -> stored.contains(object.sopInstanceUid()));

  private Optional<CommitmentProvider.Destination> reportTo = Optional.empty();

  @BeforeEach
  void start() throws Exception {
    series = new ReturningSeries(folder, 3);
    open.add(series);
  }

  @AfterEach
  void stop() throws Exception {
    Collections.reverse(open);
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private DicomServer server(ServerHandlers handlers) throws IOException {
    ServerConfig config =
        ServerConfig.builder()
            .bindAddress("127.0.0.1")
            .port(0)
            .closeTimeout(Duration.ZERO)
            .reportRetries(List.of(Duration.ofMillis(10)))
            .build();
    DicomServer server = DicomServer.start(config, handlers);
    open.add(server);
    return server;
  }

  private StoreHandler storage() {
    return (request, dataset) -> {
      dataset.readAllBytes();
      stored.add(request.sopInstanceUid());
      return Status.SUCCESS;
    };
  }

  private ServerHandlers committing() {
    CommitmentProvider provider =
        new CommitmentProvider() {
          @Override
          public CommitmentReport commit(CommitmentRequest request) {
            requests.add(request);
            return archive.apply(request);
          }

          @Override
          public Optional<Destination> reportTo(CommitmentRequest request) {
            return reportTo;
          }
        };
    return ServerHandlers.of(storage()).withCommitmentProvider(provider);
  }

  private void deliverTo(DicomServer server) throws IOException {
    deliverTo(server, Duration.ofSeconds(20));
  }

  private void deliverTo(DicomServer server, Duration linger) throws IOException {
    series.deliverTo(
        ReturningSeries.at(
            server.port(), ClientConfig.defaults(), Optional.of(new Deliverer.Commitment(PATIENCE, linger))));
  }

  /** An archive that says nothing of what it is asked for, so that nobody needs to wait for it. */
  private void deliverToASilentOne() throws IOException {
    archive = request -> new CommitmentReport(Uid.random(), request.references(), List.of());
    deliverTo(server(committing()), Duration.ZERO);
  }

  private CommitmentReport success(CommitmentRequest request) {
    return new CommitmentReport(request.transactionUid(), request.references(), List.of());
  }

  @Test
  void doneOnceTheArchiveHasTakenTheResponsibility() throws Exception {
    List<SeriesState> before = new ArrayList<>();
    Function<CommitmentRequest, CommitmentReport> plain = archive;
    archive =
        request -> {
          before.add(state());
          return plain.apply(request);
        };
    deliverTo(server(committing()));
    List<String> sent = series.waiting();
    series.deliver();
    assertEquals(sent, stored);
    assertEquals(List.of(SeriesState.RETURNING), before, "accepted is not enough");
    assertEquals(1, requests.size(), "one request for all");
    assertEquals(
        sent.stream().map(uid -> new SopReference(Uid.SegmentationStorage, uid)).toList(), requests.get(0).references());
    assertEquals(List.of(), series.waiting());
    assertEquals(SeriesState.DONE, series.state());
  }

  private SeriesState state() {
    try {
      return series.state();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theReportMayComeOnAnAssociationThatTheArchiveOpens() throws Exception {
    DicomServer ours =
        server(
            ServerHandlers.of(storage())
                .withCommitmentListener((association, report) -> series.deliverer.reported(association, report)));
    reportTo =
        Optional.of(
            new CommitmentProvider.Destination(
                new RemoteAe("NMSW", "127.0.0.1", ours.port()), ClientConfig.defaults()));
    deliverTo(server(committing()));
    series.deliver();
    assertEquals(SeriesState.DONE, series.state());
    assertEquals(List.of(), series.waiting());
  }

  @Test
  void whatIsPendingSurvivesARestartAndIsNotSentAgain() throws Exception {
    deliverToASilentOne();
    series.deliver();
    assertEquals(Collections.nCopies(3, Outbox.Step.AWAIT), series.steps());
    series.restart();
    series.deliver();
    assertEquals(3, stored.size());
    assertEquals(1, requests.size(), "the report may still come");
    CommitmentReport late = success(requests.get(0));
    assertEquals(Status.SUCCESS, series.deliverer.reported(ReturningSeries.FROM_PACS, late));
    assertEquals(SeriesState.DONE, series.state());
    assertEquals(Status.SUCCESS, series.deliverer.reported(ReturningSeries.FROM_PACS, late), "reported twice");
    assertEquals(
        Status.PROCESSING_FAILURE,
        series.deliverer.reported(
            ReturningSeries.FROM_PACS, new CommitmentReport("2.25.1", late.committed(), List.of())),
        "nobody asked for that");
  }

  @Test
  void whatTheArchiveDoesNotCommitToIsSentAgainLaterAndLater() throws Exception {
    Set<String> lost = new HashSet<>();
    archive =
        request -> CommitmentReport.of(request, object -> !lost.contains(object.sopInstanceUid()));
    lost.add(series.waiting().get(1));
    deliverTo(server(committing()));
    series.deliver();
    assertEquals(List.copyOf(lost), series.waiting(), "the others are done");
    assertEquals(List.of(Outbox.Step.SEND), series.steps());
    assertTrue(series.failures.get(0).contains("0112H no such SOP instance"), series.failures.toString());
    series.deliver();
    assertEquals(3, stored.size(), "not due");
    series.deliverAfter(FIRST_RETRY);
    assertEquals(4, stored.size());
    series.deliverAfter(FIRST_RETRY);
    assertEquals(4, stored.size(), "its wait has doubled");
    lost.clear();
    series.deliverAfter(FIRST_RETRY);
    assertEquals(5, stored.size());
    assertEquals(SeriesState.DONE, series.state());
    assertEquals(3, requests.stream().map(CommitmentRequest::transactionUid).distinct().count());
  }

  @Test
  void withoutAReportItIsAskedAgainAndALateOneStillCounts() throws Exception {
    deliverToASilentOne();
    series.deliver();
    series.deliverAfter(PATIENCE.minusSeconds(1));
    assertEquals(1, requests.size());
    series.deliverAfter(Duration.ofSeconds(1));
    assertEquals(2, requests.size());
    assertNotEquals(requests.get(0).transactionUid(), requests.get(1).transactionUid());
    assertEquals(3, stored.size(), "the objects are not sent again");
    SopReference one = requests.get(0).references().get(0);
    CommitmentReport lateFailure =
        new CommitmentReport(
            requests.get(0).transactionUid(), List.of(), List.of(new Failed(one, Failed.PROCESSING_FAILURE)));
    series.deliverer.reported(ReturningSeries.FROM_PACS, lateFailure);
    assertEquals(Collections.nCopies(3, Outbox.Step.AWAIT), series.steps(), "the second request stands");
    series.deliverer.reported(ReturningSeries.FROM_PACS, success(requests.get(0)));
    assertEquals(SeriesState.DONE, series.state());
  }

  @Test
  void aReportThatForgetsAnObjectLeavesItToTheNextRequest() throws Exception {
    archive =
        request ->
            new CommitmentReport(
                request.transactionUid(), request.references().subList(0, requests.size() == 1 ? 2 : 1), List.of());
    deliverTo(server(committing()));
    series.deliver();
    assertEquals(List.of(Outbox.Step.AWAIT), series.steps());
    series.deliverAfter(PATIENCE);
    assertEquals(SeriesState.DONE, series.state());
  }

  @Test
  void anArchiveWithoutStorageCommitmentKeepsTheSeriesReturning() throws Exception {
    deliverTo(server(ServerHandlers.of(storage())));
    series.deliver();
    assertEquals(3, stored.size());
    assertEquals(Collections.nCopies(3, Outbox.Step.ASK), series.steps());
    assertEquals(SeriesState.RETURNING, series.state());
    assertTrue(
        series.failures.get(0).contains("did not accept the SOP class Storage Commitment Push Model"),
        series.failures.toString());
    assertEquals(new Backlog(3, 3, 0, Duration.ZERO), series.deliverer.backlog("pacs"));
    series.deliverAfter(FIRST_RETRY);
    assertEquals(3, stored.size(), "it has them");

    series.deliverTo(new Deliverer.Destination(null, Optional.empty()));
    series.deliver();
    assertEquals(SeriesState.DONE, series.state(), "the configuration asks for no commitment any more");
  }
}
