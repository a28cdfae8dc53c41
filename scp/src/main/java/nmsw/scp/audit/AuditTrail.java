package nmsw.scp.audit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.net.AssociationInfo;
import nmsw.dicom.net.TlsCredentials;
import nmsw.scp.audit.AuditMessages.Instances;
import nmsw.scp.audit.AuditMessages.Peer;
import nmsw.scp.config.AuditConfig;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.events.NodeListener;
import nmsw.scp.spool.ObjectOutcome;
import nmsw.scp.spool.Spool;
import nmsw.scp.spool.StoredObject;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the audit repository what happens in a node (PS3.15 §A.5): its start and stop, objects that came and went, peers
 * that were not let in. A message on objects is about one study and one patient, who is named by the Patient ID that the
 * standard demands, and by nothing else.
 */
public final class AuditTrail implements NodeListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditTrail.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofSeconds(10);
  private static final Duration CLOSING = Duration.ofSeconds(3);

  /** Series on one association before a message tells of them, be it over or not. */
  private static final int MAX_SERIES = 200;

  private final AuditSender sender;
  private final AuditMessages messages;
  private final Spool spool;
  private final Supplier<NodeConfig> settings;
  private final AlertLimit rejections;
  private final AlertLimit handshakes;
  private final Map<Long, Map<String, Came>> open = new ConcurrentHashMap<>();
  private boolean started;

  /** The objects of one series that came on one association. */
  private static final class Came {
    final Map<String, Integer> instances = new TreeMap<>();
    boolean known = true;

    void add(StoredObject object) {
      instances.merge(object.sopClassUid(), 1, Integer::sum);
      known &= object.outcome() == ObjectOutcome.DUPLICATE;
    }

    void add(Came other) {
      other.instances.forEach((uid, count) -> instances.merge(uid, count, Integer::sum));
      known &= other.known;
    }
  }

  private record Study(String studyUid, String patientId) {}

  AuditTrail(
      AuditSender sender,
      AuditMessages messages,
      Spool spool,
      Supplier<NodeConfig> settings,
      InstantSource clock) {
    this.rejections = new AlertLimit(clock);
    this.handshakes = new AlertLimit(clock);
    this.sender = sender;
    this.messages = messages;
    this.spool = spool;
    this.settings = settings;
  }

  /**
   * @param network material of {@code network.tls}
   */
  public static AuditTrail open(
      AuditConfig config,
      Supplier<NodeConfig> settings,
      Optional<TlsCredentials> network,
      Spool spool,
      InstantSource clock)
      throws IOException {
    NodeConfig node = settings.get();
    String host = hostName();
    AuditSender sender =
        new AuditSender(
            node.dataDirectory().resolve("audit"), config.maxWaiting(), transport(config, network), host, RETRY, CLOSING);
    String process = ProcessHandle.current().pid() + "@" + host;
    AuditMessages messages =
        new AuditMessages(new AuditMessage.Source(config.site(), node.name()), process, node.aeTitles(), clock);
    return new AuditTrail(sender, messages, spool, settings, clock);
  }

  private static AuditTransport transport(AuditConfig config, Optional<TlsCredentials> network) throws IOException {
    String host = config.repository().getHost().replaceAll("^\\[|]$", "");
    int port = config.repository().getPort();
    if (!config.isTls()) {
      return new SyslogUdp(host, port);
    }
    TlsCredentials credentials =
        config.tls().isPresent() ? TlsCredentials.open(config.tls().get()) : network.orElseThrow();
    return new SyslogTls(host, port, credentials, TIMEOUT);
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "-";
    }
  }

  public AuditSender sender() {
    return sender;
  }

  public void started() {
    started = true;
    sender.add(messages.started());
  }

  @Override
  public void objectStored(StoredObject object) {
    long id = object.association().id();
    // Calls for one association come one after another.
    Map<String, Came> series = open.computeIfAbsent(id, key -> new HashMap<>());
    series.computeIfAbsent(object.seriesUid(), uid -> new Came()).add(object);
    if (series.size() >= MAX_SERIES) {
      open.remove(id);
      tell(object.association(), series, true);
    }
  }

  @Override
  public void associationClosed(AssociationInfo association, boolean released) {
    Map<String, Came> series = open.remove(association.id());
    if (series != null) {
      tell(association, series, released);
    }
  }

  private void tell(AssociationInfo association, Map<String, Came> series, boolean complete) {
    Map<Study, Came> studies = new HashMap<>();
    series.forEach((uid, came) -> studies.computeIfAbsent(study(uid), study -> new Came()).add(came));
    studies.forEach(
        (study, came) ->
            sender.add(
                messages.received(
                    peer(association),
                    new Instances(study.studyUid, study.patientId, came.instances),
                    complete,
                    came.known)));
  }

  @Override
  public void associationRejected(AssociationInfo association, String why) {
    rejections.admit().ifPresent(leftOut -> sender.add(messages.rejected(peer(association), why, leftOut)));
  }

  @Override
  public void handshakeFailed(String remoteAddress, String why) {
    handshakes
        .admit()
        .ifPresent(leftOut -> sender.add(messages.handshakeFailed(withoutPort(remoteAddress), why, leftOut)));
  }

  @Override
  public void delivered(String seriesUid, String destination, String sopClassUid) {
    // By its name alone where a reload has just removed it.
    Peer peer =
        Optional.ofNullable(settings.get().destinations().get(destination))
            .map(known -> new Peer(known.address().title(), known.address().host()))
            .orElse(new Peer(destination, ""));
    Study study = study(seriesUid);
    sender.add(messages.sent(peer, new Instances(study.studyUid, study.patientId, Map.of(sopClassUid, 1))));
  }

  private static Peer peer(AssociationInfo association) {
    return new Peer(association.callingAeTitle(), withoutPort(association.remoteAddress()));
  }

  private static String withoutPort(String address) {
    return address.substring(0, address.lastIndexOf(':'));
  }

  /** Of whom and what a series is, by its first object; empty texts where that cannot be told. */
  private Study study(String seriesUid) {
    try {
      List<Path> objects = spool.objects(seriesUid);
      if (!objects.isEmpty()) {
        Dataset header = DicomReader.readUntil(objects.get(0), Tag.StudyInstanceUID + 1).dataset();
        return new Study(
            header.string(Tag.StudyInstanceUID).orElse(""), header.string(Tag.PatientID).orElse("").strip());
      }
    } catch (IOException e) {
      LOG.warn("series {} is told of in the audit trail without its study: {}", seriesUid, e.getMessage());
    }
    return new Study("", "");
  }

  @Override
  public void close() {
    if (started) {
      sender.add(messages.stopped());
    }
    sender.close();
  }
}
