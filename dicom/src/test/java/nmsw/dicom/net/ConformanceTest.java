package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import nmsw.dicom.Implementation;
import nmsw.dicom.PixelDecoder;
import org.junit.jupiter.api.Test;

/** The conformance statement says what the code does. */
class ConformanceTest {
  private final String statement;

  ConformanceTest() throws IOException {
    statement = Files.readString(Path.of(System.getProperty("nmsw.root"), "docs", "CONFORMANCE.md"));
  }

  /** The row of a table that begins so. */
  private String row(String beginning) {
    return statement
        .lines()
        .filter(line -> line.startsWith("| " + beginning))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no row '" + beginning + "'"));
  }

  private void says(String beginning, Pdu.AssociateRj rejection) {
    String codes = rejection.result() + ", " + rejection.source() + ", " + rejection.reason() + " |";
    assertTrue(row(beginning).endsWith(codes), row(beginning) + " is " + codes);
  }

  @Test
  void cipherSuites() {
    List<String> told =
        Stream.of(statement.split("\n"))
            .filter(line -> line.startsWith("| TLS_"))
            .map(line -> line.substring(2, line.length() - 2))
            .toList();
    assertEquals(TlsCredentials.CIPHER_SUITES, told);
  }

  @Test
  void transferSyntaxes() {
    List<String> told =
        Stream.of(statement.split("\n"))
            .filter(line -> line.matches("\\| [^|]+ \\| 1\\.2\\.840\\.10008\\.1\\.2(\\.[.\\d]+)? \\| .*"))
            .map(line -> line.split("\\|"))
            .map(cells -> cells[2].strip() + " " + cells[3].strip())
            .toList();
    List<String> accepted =
        PixelDecoder.transferSyntaxes().stream()
            .map(syntax -> syntax.uid() + " " + (!syntax.encapsulated() ? "any" : syntax.mayBeLossy() ? "`all`" : "`all`, `lossless`"))
            .toList();
    assertEquals(accepted, told);
  }

  @Test
  void names() {
    assertTrue(row("Application Context").endsWith("| " + Pdu.APPLICATION_CONTEXT + " |"));
    assertTrue(row("Implementation Class").endsWith("| " + Implementation.CLASS_UID + " |"));
    assertTrue(row("Implementation Version").endsWith("| " + Implementation.VERSION_NAME + " |"));
  }

  @Test
  void rejections() {
    says("application context", Pdu.AssociateRj.APPLICATION_CONTEXT_NOT_SUPPORTED);
    says("calling AE title", Pdu.AssociateRj.CALLING_AE_NOT_RECOGNIZED);
    says("called AE title", Pdu.AssociateRj.CALLED_AE_NOT_RECOGNIZED);
    says("user identity not", Pdu.AssociateRj.NO_REASON_GIVEN);
    says("protocol version", Pdu.AssociateRj.PROTOCOL_VERSION_NOT_SUPPORTED);
    says("memory for", Pdu.AssociateRj.TEMPORARY_CONGESTION);
    says("too many associations", Pdu.AssociateRj.LOCAL_LIMIT_EXCEEDED);
  }

  @Test
  void limits() {
    ServerConfig defaults = ServerConfig.builder().build();
    assertTrue(row("associations |").contains("| " + defaults.maxAssociations() + " ("));
    assertTrue(row("associations from").contains("| " + defaults.maxAssociationsPerPeer() + " ("));
    assertTrue(row("memory of").contains("| " + (defaults.maxMemoryBytes() >> 20) + " MiB |"));
    assertTrue(row("PDU |").contains("| " + defaults.maxPduLength() / 1024 + " KiB, A-ASSOCIATE "
        + Association.MAX_ASSOCIATE_LENGTH / 1024 + " KiB"));
    assertTrue(row("command set").contains("| " + defaults.maxCommandBytes() / 1024 + " KiB |"));
    assertTrue(row("data set").contains("| " + (defaults.maxObjectBytes() >> 30) + " GiB ("));
    assertTrue(row("first request").contains("| " + defaults.artimTimeout().toSeconds() + " s ("));
    assertTrue(row("silence between").contains("| " + defaults.idleTimeout().toMinutes() + " min ("));
    assertTrue(row("silence inside").contains("| " + defaults.dataTimeout().toMinutes() + " min |"));
    assertTrue(row("one message").contains("| " + defaults.requestTimeout().toHours() + " h |"));
    assertTrue(row("asynchronous").contains("at most " + defaults.maxOperations() + ","));
  }

  @Test
  void storageCommitment() {
    List<Duration> retries = ServerConfig.builder().build().reportRetries();
    String told =
        retries.get(0).toSeconds() + " s, " + retries.get(1).toMinutes() + " and " + retries.get(2).toMinutes() + " minutes,";
    assertEquals(3, retries.size());
    String words = statement.replaceAll("\\s+", " ");
    assertTrue(words.contains("sent again after " + told), told);
    assertTrue(
        words.contains(
            "0213 " + CommitmentReporter.MAX_PENDING + " requests (" + CommitmentExchange.MAX_UNANSWERED + " on one association)"));
    assertTrue(words.contains("above " + (StorageCommitment.MAX_BYTES >> 20) + " MiB"));
  }
}
