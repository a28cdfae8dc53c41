package nmsw.scp.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.scp.audit.AuditMessages.Instances;
import nmsw.scp.audit.AuditMessages.Peer;
import org.junit.jupiter.api.Test;
import org.xml.sax.SAXException;

class AuditMessageTest {
  private static final Instant NOW = Instant.parse("2026-11-27T01:02:03.456Z");
  private static final Peer CT = new Peer("CT1", "10.0.0.7");
  private final AuditMessages messages =
      new AuditMessages(
          new AuditMessage.Source(Optional.of("ward 3"), "nmsw-1"), "4711@node", List.of("NMSW", "SEG"), () -> NOW);

  @Test
  void everyMessageIsValid() throws Exception {
    AuditSchema schema = new AuditSchema();
    Instances two = new Instances("1.2.3", "P1", Map.of("1.2.840.10008.5.1.4.1.1.2", 2, "", 1));
    for (AuditMessage message :
        List.of(
            messages.started(),
            messages.stopped(),
            messages.received(CT, two, true, false),
            messages.received(new Peer("CT1", "fe80:0:0:0:0:0:0:1"), new Instances("", "", Map.of()), false, true),
            messages.sent(new Peer("PACS", "pacs.example"), two),
            messages.rejected(CT, "the calling AE title is not let in", 0),
            messages.handshakeFailed("fe80:0:0:0:0:0:0:1", "no cipher suites in common", 3))) {
      schema.validate(message.xml());
    }
    assertThrows(
        SAXException.class, () -> schema.validate(messages.started().xml().replace("EventDateTime", "Time")));
  }

  @Test
  void aTransferTellsWhoWhatAndWhose() {
    String xml =
        messages.received(CT, new Instances("1.2.3", "P1", Map.of("1.2.840.10008.5.1.4.1.1.2", 20)), true, false).xml();
    assertEquals(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><AuditMessage>"
            + "<EventIdentification EventActionCode=\"C\" EventDateTime=\"2026-11-27T01:02:03.456Z\" EventOutcomeIndicator=\"0\">"
            + "<EventID csd-code=\"110104\" codeSystemName=\"DCM\" originalText=\"DICOM Instances Transferred\"/>"
            + "</EventIdentification>"
            + "<ActiveParticipant UserID=\"CT1\" AlternativeUserID=\"AETITLES=CT1\" UserIsRequestor=\"true\""
            + " NetworkAccessPointID=\"10.0.0.7\" NetworkAccessPointTypeCode=\"2\">"
            + "<RoleIDCode csd-code=\"110153\" codeSystemName=\"DCM\" originalText=\"Source Role ID\"/></ActiveParticipant>"
            + "<ActiveParticipant UserID=\"4711@node\" AlternativeUserID=\"AETITLES=NMSW;SEG\" UserIsRequestor=\"false\">"
            + "<RoleIDCode csd-code=\"110152\" codeSystemName=\"DCM\" originalText=\"Destination Role ID\"/></ActiveParticipant>"
            + "<AuditSourceIdentification AuditEnterpriseSiteID=\"ward 3\" AuditSourceID=\"nmsw-1\">"
            + "<AuditSourceTypeCode csd-code=\"4\"/></AuditSourceIdentification>"
            + "<ParticipantObjectIdentification ParticipantObjectID=\"1.2.3\" ParticipantObjectTypeCode=\"2\""
            + " ParticipantObjectTypeCodeRole=\"3\">"
            + "<ParticipantObjectIDTypeCode csd-code=\"110180\" codeSystemName=\"DCM\" originalText=\"Study Instance UID\"/>"
            + "<ParticipantObjectName/><ParticipantObjectDescription>"
            + "<SOPClass UID=\"1.2.840.10008.5.1.4.1.1.2\" NumberOfInstances=\"20\"/>"
            + "</ParticipantObjectDescription></ParticipantObjectIdentification>"
            + "<ParticipantObjectIdentification ParticipantObjectID=\"P1\" ParticipantObjectTypeCode=\"1\""
            + " ParticipantObjectTypeCodeRole=\"1\">"
            + "<ParticipantObjectIDTypeCode csd-code=\"2\" codeSystemName=\"RFC-3881\" originalText=\"Patient Number\"/>"
            + "<ParticipantObjectName/></ParticipantObjectIdentification></AuditMessage>",
        xml);
  }

  @Test
  void hostileTextsStayTexts() throws Exception {
    String hostile = "\"/><x>\u0000\n\uD800&amp;" + "y".repeat(5000);
    AuditMessage message = messages.received(new Peer("CT1", "h"), new Instances("1.2", hostile, Map.of()), true, true);
    new AuditSchema().validate(message.xml());
    assertTrue(message.xml().length() < 3000, message.xml());
    String alert = messages.rejected(CT, "no\u0001 way", 0).xml();
    assertTrue(
        alert.contains(Base64.getEncoder().encodeToString("no? way".getBytes(StandardCharsets.UTF_8))), alert);
  }

  /** Nobody has said an AE title: who it was is the address, and what it was about. */
  @Test
  void anAlertOnAHandshakeNamesTheAddressAndHowManyMoreThereWere() {
    String xml = messages.handshakeFailed("10.0.0.9", "no cipher suites in common", 3).xml();
    assertTrue(
        xml.contains("<EventID csd-code=\"110113\" codeSystemName=\"DCM\" originalText=\"Security Alert\"/>"
            + "<EventTypeCode csd-code=\"110126\" codeSystemName=\"DCM\" originalText=\"Node Authentication\"/>"),
        xml);
    assertTrue(
        xml.contains("<ActiveParticipant UserID=\"10.0.0.9\" UserIsRequestor=\"true\" NetworkAccessPointID=\"10.0.0.9\""
            + " NetworkAccessPointTypeCode=\"2\">"),
        xml);
    String said = "TLS: no cipher suites in common; and 3 more before it";
    assertTrue(
        xml.contains("type=\"Alert Description\" value=\""
            + Base64.getEncoder().encodeToString(said.getBytes(StandardCharsets.UTF_8))),
        xml);
  }

  @Test
  void syslogHasTheHeaderOfTheStandard() {
    byte[] bytes = new SyslogMessage("no de\u00e4", "4711").of(NOW, "<x/>");
    assertEquals(
        "<85>1 2026-11-27T01:02:03.456Z node nmsw-node 4711 DICOM+RFC3881 - \uFEFF<x/>",
        new String(bytes, StandardCharsets.UTF_8));
  }
}
