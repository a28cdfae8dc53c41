package nmsw.scp.audit;

import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * One audit message (PS3.15 §A.5.1). Texts from outside are cut to a sane length, and characters that XML cannot hold are
 * replaced.
 *
 * @param time of the event
 * @param source who tells of it
 */
public record AuditMessage(
    Code event,
    Optional<Code> type,
    Action action,
    Outcome outcome,
    Instant time,
    List<Participant> participants,
    Source source,
    List<Subject> subjects) {
  private static final int LONGEST = 256;

  /** A coded value: its code, the coding scheme, the meaning. */
  record Code(String value, String scheme, String meaning) {
    static Code dcm(String value, String meaning) {
      return new Code(value, "DCM", meaning);
    }
  }

  enum Action {
    CREATE("C"),
    READ("R"),
    UPDATE("U"),
    EXECUTE("E");

    private final String code;

    Action(String code) {
      this.code = code;
    }
  }

  enum Outcome {
    SUCCESS(0),
    MINOR_FAILURE(4);

    private final int code;

    Outcome(int code) {
      this.code = code;
    }
  }

  /**
   * A process or machine that takes part.
   *
   * @param alternativeId the AE titles of a process, as {@code AETITLES=...}
   * @param requestor whether it began what happened
   * @param address numeric, or a host name; empty if it is not known
   */
  record Participant(
      String userId, Optional<String> alternativeId, boolean requestor, Code role, Optional<String> address) {}

  /**
   * Who tells.
   *
   * @param site of the enterprise; may be empty
   * @param id of the source within it
   */
  public record Source(Optional<String> site, String id) {}

  /**
   * What the event is about. Its name, which the schema demands, is left empty: it would be a patient's.
   *
   * @param type 1 person, 2 system object
   * @param role 1 patient, 3 report, 13 security resource
   * @param details texts by their kind
   * @param sopClasses number of instances by SOP Class UID; the empty UID where it is not known
   */
  record Subject(
      String id, int type, int role, Code idType, Map<String, String> details, Map<String, Integer> sopClasses) {}

  public AuditMessage {
    participants = List.copyOf(participants);
    subjects = List.copyOf(subjects);
  }

  /** As XML, UTF-8, in one line. */
  public String xml() {
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeStartElement("AuditMessage");
      write(xml);
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("an audit message could not be written into memory", e);
    }
    return text.toString();
  }

  private void write(XMLStreamWriter xml) throws XMLStreamException {
    xml.writeStartElement("EventIdentification");
    attribute(xml, "EventActionCode", action.code);
    attribute(xml, "EventDateTime", time.toString());
    attribute(xml, "EventOutcomeIndicator", Integer.toString(outcome.code));
    code(xml, "EventID", event);
    if (type.isPresent()) {
      code(xml, "EventTypeCode", type.get());
    }
    xml.writeEndElement();
    for (Participant participant : participants) {
      write(xml, participant);
    }
    xml.writeStartElement("AuditSourceIdentification");
    if (source.site.isPresent()) {
      attribute(xml, "AuditEnterpriseSiteID", source.site.get());
    }
    attribute(xml, "AuditSourceID", source.id);
    xml.writeEmptyElement("AuditSourceTypeCode");
    // Application server process or thread.
    attribute(xml, "csd-code", "4");
    xml.writeEndElement();
    for (Subject subject : subjects) {
      write(xml, subject);
    }
  }

  private static void write(XMLStreamWriter xml, Participant participant) throws XMLStreamException {
    xml.writeStartElement("ActiveParticipant");
    attribute(xml, "UserID", participant.userId);
    if (participant.alternativeId.isPresent()) {
      attribute(xml, "AlternativeUserID", participant.alternativeId.get());
    }
    attribute(xml, "UserIsRequestor", Boolean.toString(participant.requestor));
    if (participant.address.isPresent()) {
      String address = participant.address.get();
      attribute(xml, "NetworkAccessPointID", address);
      attribute(xml, "NetworkAccessPointTypeCode", isNumeric(address) ? "2" : "1");
    }
    code(xml, "RoleIDCode", participant.role);
    xml.writeEndElement();
  }

  private static boolean isNumeric(String address) {
    return address.contains(":") || address.matches("[0-9.]+");
  }

  private static void write(XMLStreamWriter xml, Subject subject) throws XMLStreamException {
    xml.writeStartElement("ParticipantObjectIdentification");
    attribute(xml, "ParticipantObjectID", subject.id);
    attribute(xml, "ParticipantObjectTypeCode", Integer.toString(subject.type));
    attribute(xml, "ParticipantObjectTypeCodeRole", Integer.toString(subject.role));
    code(xml, "ParticipantObjectIDTypeCode", subject.idType);
    xml.writeEmptyElement("ParticipantObjectName");
    for (Map.Entry<String, String> detail : subject.details.entrySet()) {
      xml.writeEmptyElement("ParticipantObjectDetail");
      attribute(xml, "type", detail.getKey());
      byte[] value = clean(detail.getValue()).getBytes(StandardCharsets.UTF_8);
      xml.writeAttribute("value", Base64.getEncoder().encodeToString(value));
    }
    if (!subject.sopClasses.isEmpty()) {
      xml.writeStartElement("ParticipantObjectDescription");
      for (Map.Entry<String, Integer> sopClass : subject.sopClasses.entrySet()) {
        xml.writeEmptyElement("SOPClass");
        if (!sopClass.getKey().isEmpty()) {
          attribute(xml, "UID", sopClass.getKey());
        }
        attribute(xml, "NumberOfInstances", sopClass.getValue().toString());
      }
      xml.writeEndElement();
    }
    xml.writeEndElement();
  }

  private static void code(XMLStreamWriter xml, String element, Code code) throws XMLStreamException {
    xml.writeEmptyElement(element);
    attribute(xml, "csd-code", code.value);
    attribute(xml, "codeSystemName", code.scheme);
    attribute(xml, "originalText", code.meaning);
  }

  private static void attribute(XMLStreamWriter xml, String name, String value) throws XMLStreamException {
    xml.writeAttribute(name, clean(value));
  }

  /** What XML 1.0 can hold (its production Char), without line breaks. */
  private static String clean(String text) {
    StringBuilder clean = new StringBuilder();
    text.codePoints()
        .limit(LONGEST)
        .map(c -> c >= 0x20 && c < 0xD800 || c >= 0xE000 && c <= 0xFFFD || c >= 0x10000 ? c : '?')
        .forEach(clean::appendCodePoint);
    return clean.toString();
  }
}
