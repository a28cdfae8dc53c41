package nmsw.scp.audit;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.scp.audit.AuditMessage.Action;
import nmsw.scp.audit.AuditMessage.Code;
import nmsw.scp.audit.AuditMessage.Outcome;
import nmsw.scp.audit.AuditMessage.Participant;
import nmsw.scp.audit.AuditMessage.Source;
import nmsw.scp.audit.AuditMessage.Subject;

/** The messages that a node has reason for (PS3.15 §A.5.3), with the codes of that section. */
public final class AuditMessages {
  private static final Code ACTIVITY = Code.dcm("110100", "Application Activity");
  private static final Code START = Code.dcm("110120", "Application Start");
  private static final Code STOP = Code.dcm("110121", "Application Stop");
  private static final Code TRANSFERRED = Code.dcm("110104", "DICOM Instances Transferred");
  private static final Code ALERT = Code.dcm("110113", "Security Alert");
  private static final Code NODE_AUTHENTICATION = Code.dcm("110126", "Node Authentication");
  private static final Code APPLICATION = Code.dcm("110150", "Application");
  private static final Code DESTINATION = Code.dcm("110152", "Destination Role ID");
  private static final Code SOURCE = Code.dcm("110153", "Source Role ID");
  private static final Code STUDY_UID = Code.dcm("110180", "Study Instance UID");
  private static final Code NODE_ID = Code.dcm("110182", "Node ID");
  private static final Code PATIENT_NUMBER = new Code("2", "RFC-3881", "Patient Number");

  private final Source source;
  private final String process;
  private final String aeTitles;
  private final InstantSource clock;

  /** Somebody at the other end of an association: its AE title and its address. */
  public record Peer(String aeTitle, String address) {}

  /**
   * What was transferred, all of one study.
   *
   * @param studyUid Study Instance UID
   * @param patientId as the objects have it; empty if they have none
   * @param instances number of them by SOP Class UID
   */
  public record Instances(String studyUid, String patientId, Map<String, Integer> instances) {}

  /**
   * @param process what identifies this process on its machine
   * @param aeTitles that it answers to
   */
  public AuditMessages(Source source, String process, List<String> aeTitles, InstantSource clock) {
    this.source = source;
    this.process = process;
    this.aeTitles = "AETITLES=" + String.join(";", aeTitles);
    this.clock = clock;
  }

  /** Application Activity (§A.5.3.1). */
  public AuditMessage started() {
    return activity(START);
  }

  /** Application Activity (§A.5.3.1). */
  public AuditMessage stopped() {
    return activity(STOP);
  }

  private AuditMessage activity(Code type) {
    return message(ACTIVITY, Optional.of(type), Action.EXECUTE, Outcome.SUCCESS, List.of(self(false, APPLICATION)), List.of());
  }

  /**
   * DICOM Instances Transferred (§A.5.3.7), to us.
   *
   * @param complete whether the sender released the association
   * @param known whether we had all of them before
   */
  public AuditMessage received(Peer from, Instances what, boolean complete, boolean known) {
    return transferred(
        List.of(peer(from, true, SOURCE), self(false, DESTINATION)),
        what,
        known ? Action.READ : Action.CREATE,
        complete ? Outcome.SUCCESS : Outcome.MINOR_FAILURE);
  }

  /** DICOM Instances Transferred (§A.5.3.7), by us. What the receiver had before, we cannot know. */
  public AuditMessage sent(Peer to, Instances what) {
    return transferred(
        List.of(self(true, SOURCE), peer(to, false, DESTINATION)), what, Action.READ, Outcome.SUCCESS);
  }

  private AuditMessage transferred(
      List<Participant> participants, Instances what, Action action, Outcome outcome) {
    Subject study = new Subject(what.studyUid, 2, 3, STUDY_UID, Map.of(), what.instances);
    Subject patient = new Subject(what.patientId, 1, 1, PATIENT_NUMBER, Map.of(), Map.of());
    return message(TRANSFERRED, Optional.empty(), action, outcome, participants, List.of(study, patient));
  }

  /**
   * Security Alert (§A.5.3.10): somebody was not let in.
   *
   * @param why in words
   * @param leftOut how many more there were since the last of these messages
   */
  public AuditMessage rejected(Peer who, String why, long leftOut) {
    Subject node =
        new Subject(who.aeTitle, 2, 13, NODE_ID, Map.of("Alert Description", why + leftOut(leftOut)), Map.of());
    return message(
        ALERT,
        Optional.of(NODE_AUTHENTICATION),
        Action.EXECUTE,
        Outcome.MINOR_FAILURE,
        List.of(self(false, APPLICATION), peer(who, true, SOURCE)),
        List.of(node));
  }

  private static String leftOut(long count) {
    return count > 0 ? "; and " + count + " more before it" : "";
  }

  /**
   * Security Alert (§A.5.3.10): a connection came to no association, for its TLS handshake failed; nobody has said an AE title.
   *
   * @param address that it came from
   * @param why in words
   * @param leftOut how many more there were since the last of these messages
   */
  public AuditMessage handshakeFailed(String address, String why, long leftOut) {
    Subject node =
        new Subject(address, 2, 13, NODE_ID, Map.of("Alert Description", "TLS: " + why + leftOut(leftOut)), Map.of());
    return message(
        ALERT,
        Optional.of(NODE_AUTHENTICATION),
        Action.EXECUTE,
        Outcome.MINOR_FAILURE,
        List.of(
            self(false, APPLICATION), new Participant(address, Optional.empty(), true, SOURCE, Optional.of(address))),
        List.of(node));
  }

  private AuditMessage message(
      Code event,
      Optional<Code> type,
      Action action,
      Outcome outcome,
      List<Participant> participants,
      List<Subject> subjects) {
    Instant now = clock.instant();
    return new AuditMessage(event, type, action, outcome, now, participants, source, subjects);
  }

  private Participant self(boolean requestor, Code role) {
    return new Participant(process, Optional.of(aeTitles), requestor, role, Optional.empty());
  }

  private static Participant peer(Peer peer, boolean requestor, Code role) {
    return new Participant(
        peer.aeTitle, Optional.of("AETITLES=" + peer.aeTitle), requestor, role, Optional.of(peer.address));
  }
}
