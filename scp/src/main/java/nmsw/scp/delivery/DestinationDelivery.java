package nmsw.scp.delivery;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.net.AssociationRejected;
import nmsw.dicom.net.CommitmentReport;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.SopReference;
import nmsw.dicom.net.Status;
import nmsw.scp.events.NodeListener;
import nmsw.scp.events.Part;
import nmsw.scp.series.Stage;
import nmsw.scp.series.Timings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what the outbox has for one destination, all that is due over one association. Each object goes this way:
 *
 * <pre>
 * SEND   accepted                               -> out, or ASK where the destination is to commit itself
 *        refused, association lost              -> SEND, later
 * ASK    request taken                          -> AWAIT
 *        request refused, association lost      -> ASK, later
 * AWAIT  report: responsible                    -> out
 *        report: not responsible                -> SEND, later
 *        no report for a time                   -> ASK
 * </pre>
 *
 * "Later" is after a wait that doubles up to a limit ({@link Backoff}); the object then holds up nothing else: where it
 * costs the association, the rest goes over the next one. Where there is no association to be had, everything waits
 * together. There is no last try. Objects are sent by one thread; reports come on others.
 */
final class DestinationDelivery {
  private static final Logger LOG = LoggerFactory.getLogger(Deliverer.class);
  private static final Duration SLICE = Duration.ofMillis(200);

  /** Objects in one request for storage commitment. */
  private static final int MAX_ASKED = 1000;

  /** Statuses, and classes of them, that an object gets again. */
  private static final int NOT_AUTHORIZED = 0x0124;

  private static final int DATASET_MISMATCH = 0xA9;
  private static final int CANNOT_UNDERSTAND = 0xC;

  /**
   * @param failures in a row
   * @param refused whether the last was a refusal for good
   */
  private record Tries(int failures, Instant next, boolean refused, String cause) {
    static final Tries NONE = new Tries(0, Instant.MIN, false, "");
  }

  private final String name;
  private final Deliverer.Destination destination;
  private final Outbox outbox;
  private final Deliverer.Rules rules;
  private final InstantSource clock;
  private final NodeListener listener;
  private final Deliverer deliverer;
  private final Map<String, Tries> tries = new ConcurrentHashMap<>();

  /** Until something was answered: that it can be connected to does not say that it serves anybody. */
  private volatile Tries reaching = Tries.NONE;

  private Instant nextWarning = Instant.MIN;
  private volatile boolean stopped;

  DestinationDelivery(
      String name,
      Deliverer.Destination destination,
      Outbox outbox,
      Deliverer.Rules rules,
      InstantSource clock,
      NodeListener listener,
      Deliverer deliverer) {
    this.name = name;
    this.destination = destination;
    this.outbox = outbox;
    this.rules = rules;
    this.clock = clock;
    this.listener = listener;
    this.deliverer = deliverer;
  }

  /** What is under way ends at its next step. */
  void stop() {
    stopped = true;
  }

  Backlog backlog() {
    List<Outbox.Entry> entries = outbox.entries(name);
    Instant now = clock.instant();
    return new Backlog(
        entries.size(),
        entries.stream().filter(entry -> entry.step() != Outbox.Step.SEND).count(),
        entries.stream().filter(entry -> tries(entry).refused()).count(),
        entries.stream()
            .map(entry -> Duration.between(entry.since(), now))
            .reduce(Duration.ZERO, (a, b) -> a.compareTo(b) > 0 ? a : b));
  }

  /** Ends the waits of what is undelivered of a series, and that for the destination. */
  void dueNow(String seriesUid) {
    for (Outbox.Entry entry : outbox.entries(name)) {
      if (entry.seriesUid().equals(seriesUid)) {
        tries.remove(entry.id());
        reaching = Tries.NONE;
      }
    }
  }

  /** One try for everything that is due; where the association is lost, what comes after stays due. */
  void deliverDue() throws SQLException {
    warnOfAge();
    if (destination.commitment().isEmpty()) {
      takeOutAccepted();
    }
    List<Outbox.Entry> due = due();
    if (due.isEmpty() || stopped) {
      return;
    }
    Deliverer.Delivery delivery;
    try {
      delivery = destination.sender().open();
    } catch (IOException e) {
      unreachable(due, e);
      return;
    }
    try (delivery) {
      if (send(due, delivery) && destination.commitment().isPresent()) {
        ask(delivery, destination.commitment().get());
      }
    }
  }

  private List<Outbox.Entry> due() {
    Instant now = clock.instant();
    return now.isBefore(reaching.next())
        ? List.of()
        : outbox.entries(name).stream().filter(entry -> isDue(entry, now)).toList();
  }

  private boolean isDue(Outbox.Entry entry, Instant now) {
    return switch (entry.step()) {
      case SEND, ASK -> !now.isBefore(tries(entry).next());
      case AWAIT ->
          !now.isBefore(entry.asked().orElse(Instant.EPOCH).plus(destination.commitment().orElseThrow().patience()));
    };
  }

  private Tries tries(Outbox.Entry entry) {
    return tries.getOrDefault(entry.id(), Tries.NONE);
  }

  /** The configuration does not want a commitment any more that an earlier run waited for. */
  private void takeOutAccepted() throws SQLException {
    for (Outbox.Entry entry : outbox.entries(name)) {
      if (entry.step() != Outbox.Step.SEND) {
        try {
          delivered(entry, Timings.NONE);
        } catch (IOException e) {
          outboxFailed(entry, e);
        }
      }
    }
  }

  /** False if the association was lost. */
  private boolean send(List<Outbox.Entry> due, Deliverer.Delivery delivery) throws SQLException {
    for (Outbox.Entry entry : due) {
      if (entry.step() == Outbox.Step.SEND && (stopped || !send(entry, delivery))) {
        return false;
      }
    }
    return true;
  }

  private boolean send(Outbox.Entry entry, Deliverer.Delivery delivery) throws SQLException {
    Instant start = clock.instant();
    Status status;
    try {
      status = delivery.store(entry.file());
    } catch (AssociationRejected | DestinationUnavailable e) {
      unreachable(List.of(entry), e);
      return false;
    } catch (IOException e) {
      boolean ofObject = DicomClient.isOfObject(e);
      failed(entry, ofObject, inWords(e));
      return ofObject;
    }
    reaching = Tries.NONE;
    if (!status.isSuccess() && !status.isWarning()) {
      failed(entry, isForGood(status), "it answered " + status);
      return true;
    }
    try {
      LOG.info(
          "series {} {} {} accepted by {} ({}) with {}",
          entry.seriesUid(),
          entry.kind(),
          entry.sopInstanceUid(),
          name,
          destination.sender(),
          status);
      if (destination.commitment().isPresent()) {
        // Its failures still count: it may be accepted again and again, and never committed to.
        tries.computeIfPresent(entry.id(), (id, made) -> new Tries(made.failures(), made.next(), false, made.cause()));
        outbox.change(entry, entry.at(Outbox.Step.ASK));
        listener.moved(Part.DELIVERY, name);
      } else {
        delivered(entry, Timings.NONE.with(Stage.SEND, Duration.between(start, clock.instant())));
      }
    } catch (IOException e) {
      outboxFailed(entry, e);
    }
    return true;
  }

  /**
   * Whether the same object will be answered so again, unless the destination is changed: PS3.4 Table B.2-1, and PS3.18
   * §10.5.3 by the same codes.
   */
  static boolean isForGood(Status status) {
    int code = status.code();
    return code == Status.SOP_CLASS_NOT_SUPPORTED.code()
        || code == Status.INVALID_SOP_INSTANCE.code()
        || code == NOT_AUTHORIZED
        || code >> 8 == DATASET_MISMATCH
        || code >> 12 == CANNOT_UNDERSTAND;
  }

  private void ask(Deliverer.Delivery delivery, Deliverer.Commitment commitment) {
    if (stopped) {
      return;
    }
    String transaction = Uid.random();
    List<Outbox.Entry> asked = new ArrayList<>();
    List<SopReference> objects = new ArrayList<>();
    for (Outbox.Entry entry : due()) {
      if (entry.step() != Outbox.Step.SEND && asked.size() < MAX_ASKED) {
        Outbox.Entry asking = entry.asking(transaction, clock.instant());
        try {
          SopReference object = reference(entry);
          // Before the request: the report may be faster than the answer to it, and both than a power cut.
          if (outbox.change(entry, asking)) {
            asked.add(asking);
            objects.add(object);
          }
        } catch (IOException e) {
          outboxFailed(entry, e);
        }
      }
    }
    if (asked.isEmpty()) {
      return;
    }
    try {
      Status status = delivery.requestCommitment(transaction, objects);
      reaching = Tries.NONE;
      if (status.isSuccess() || status.isWarning()) {
        LOG.info("{} ({}) is asked to commit itself to {} objects, transaction {}", name, destination.sender(),
            objects.size(), transaction);
        linger(delivery, transaction, commitment.linger());
      } else {
        asked.forEach(entry -> notAsked(entry, "it answered " + status));
      }
    } catch (IOException e) {
      asked.forEach(entry -> notAsked(entry, inWords(e)));
    }
  }

  private static SopReference reference(Outbox.Entry entry) throws IOException {
    String sopClass =
        DicomReader.readUntil(entry.file(), Tag.SOPInstanceUID).dataset().requireString(Tag.SOPClassUID);
    return new SopReference(sopClass, entry.sopInstanceUid());
  }

  /** Some archives report on the association of the request if it is still there. */
  private void linger(Deliverer.Delivery delivery, String transaction, Duration time) {
    try {
      for (Duration left = time; !left.isNegative() && !left.isZero(); left = left.minus(SLICE)) {
        if (stopped || outbox.ofTransaction(transaction).isEmpty()) {
          return;
        }
        Optional<CommitmentReport> report = delivery.awaitCommitment(SLICE);
        if (report.isPresent()) {
          deliverer.reported(name, report.get());
          if (report.get().transactionUid().equals(transaction)) {
            return;
          }
        }
      }
    } catch (IOException e) {
      LOG.info("{} ({}) ended the association before its report on storage commitment: {}", name,
          destination.sender(), inWords(e));
    }
  }

  /**
   * Takes what a report says of an object. A success counts whichever request it answers, a failure only if it is the last.
   */
  void reported(Outbox.Entry entry, CommitmentReport report) throws IOException, SQLException {
    Optional<CommitmentReport.Failed> failure =
        report.failed().stream()
            .filter(failed -> failed.object().sopInstanceUid().equals(entry.sopInstanceUid()))
            .findFirst();
    boolean committed =
        report.committed().stream().anyMatch(object -> object.sopInstanceUid().equals(entry.sopInstanceUid()));
    if (committed && failure.isEmpty()) {
      LOG.info("series {} {} {} committed to by {}", entry.seriesUid(), entry.kind(), entry.sopInstanceUid(), name);
      delivered(entry, Timings.NONE);
    } else if (!entry.isLastTransaction(report.transactionUid())) {
      LOG.info("{} has not committed itself to {} by the late report on {}", name, entry.sopInstanceUid(),
          report.transactionUid());
    } else if (failure.isPresent()) {
      Status reason = new Status(failure.get().reason());
      if (outbox.change(entry, entry.anew())) {
        failed(entry, isForGood(reason), "it does not commit itself, " + reason + ", and is sent the object again");
      }
    } else {
      LOG.warn("{} does not say in {} whether it commits itself to {}", name, report.transactionUid(),
          entry.sopInstanceUid());
    }
  }

  private void delivered(Outbox.Entry entry, Timings sending) throws IOException, SQLException {
    String sopClass = sopClass(entry);
    if (outbox.remove(entry)) {
      tries.remove(entry.id());
      listener.delivered(entry.seriesUid(), name, sopClass);
      deliverer.settle(entry.seriesUid(), sending);
    }
  }

  /** Empty where the file cannot be read any more, which is no reason to keep it. */
  private static String sopClass(Outbox.Entry entry) {
    try {
      return reference(entry).sopClassUid();
    } catch (IOException e) {
      return "";
    }
  }

  private void notAsked(Outbox.Entry entry, String cause) {
    try {
      if (outbox.change(entry, entry.at(Outbox.Step.ASK))) {
        failed(entry, false, "storage commitment can't be asked for: " + cause);
      }
    } catch (IOException e) {
      outboxFailed(entry, e);
    }
  }

  private void outboxFailed(Outbox.Entry entry, IOException e) {
    failed(entry, false, "the outbox failed: " + inWords(e));
  }

  private void failed(Outbox.Entry entry, boolean refused, String cause) {
    Tries before = tries(entry);
    int failures = before.failures() + 1;
    Instant next = clock.instant().plus(rules.backoff().wait(failures, refused));
    tries.put(entry.id(), new Tries(failures, next, refused, cause));
    if (stopped) {
      return;
    }
    if (refused && !before.refused()) {
      LOG.error(
          "series {} {} {} REFUSED by {} ({}): {}; it stays in the outbox and is tried less and less often until the"
              + " destination is changed, or what it gets in the configuration",
          entry.seriesUid(),
          entry.kind(),
          entry.sopInstanceUid(),
          name,
          destination.sender(),
          cause);
    } else {
      LOG.warn(
          "series {} {} {} not accepted by {} ({}): {}; try {} at {}",
          entry.seriesUid(),
          entry.kind(),
          entry.sopInstanceUid(),
          name,
          destination.sender(),
          cause,
          failures + 1,
          next);
    }
    listener.deliveryFailed(entry.seriesUid(), name, cause);
  }

  private void unreachable(List<Outbox.Entry> due, IOException e) {
    int failures = reaching.failures() + 1;
    Instant next = clock.instant().plus(rules.backoff().wait(failures, false));
    reaching = new Tries(failures, next, false, inWords(e));
    if (!stopped) {
      LOG.warn(
          "{} ({}) takes nothing: {}; {} objects wait, try {} at {}",
          name,
          destination.sender(),
          reaching.cause(),
          outbox.entries(name).size(),
          failures + 1,
          next);
      due.forEach(entry -> listener.deliveryFailed(entry.seriesUid(), name, reaching.cause()));
    }
  }

  /** Once in a while, not for each object: they may be many, and have one cause. */
  private void warnOfAge() {
    Instant now = clock.instant();
    if (now.isBefore(nextWarning)) {
      return;
    }
    List<Outbox.Entry> old =
        outbox.entries(name).stream().filter(e -> !e.since().plus(rules.warnAfter()).isAfter(now)).toList();
    if (!old.isEmpty()) {
      Outbox.Entry oldest = old.stream().min((a, b) -> a.since().compareTo(b.since())).orElseThrow();
      String own = tries(oldest).cause();
      LOG.warn(
          "{} ({}) still lacks {} objects that are older than {}; the oldest is {} of series {}, since {}{}",
          name,
          destination.sender(),
          old.size(),
          rules.warnAfter(),
          oldest.kind(),
          oldest.seriesUid(),
          oldest.since(),
          own.isEmpty() && reaching.cause().isEmpty() ? "" : ": " + (own.isEmpty() ? reaching.cause() : own));
      nextWarning = now.plus(rules.warnAfter());
    }
  }

  private static String inWords(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
