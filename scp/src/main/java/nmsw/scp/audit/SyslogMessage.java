package nmsw.scp.audit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The form in which a message goes to a syslog receiver (RFC 5424, as PS3.15 §A.6 uses it). */
final class SyslogMessage {
  /** Facility 10, security and authorization; severity 5, normal but significant. */
  private static final int PRIORITY = 10 * 8 + 5;

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final String host;
  private final String process;

  /**
   * @param host name of this machine
   * @param process its number
   */
  SyslogMessage(String host, String process) {
    this.host = name(host);
    this.process = name(process);
  }

  byte[] of(Instant time, String xml) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String header =
        "<" + PRIORITY + ">1 " + time.truncatedTo(ChronoUnit.MILLIS) + " " + host + " nmsw-node " + process
            + " DICOM+RFC3881 - ";
    bytes.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(BYTE_ORDER_MARK);
    bytes.writeBytes(xml.getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }

  /** Printable ASCII without spaces; a dash for what is not known. */
  private static String name(String text) {
    String printable = text.replaceAll("[^\\x21-\\x7E]", "");
    return printable.isEmpty() ? "-" : printable.substring(0, Math.min(255, printable.length()));
  }
}
