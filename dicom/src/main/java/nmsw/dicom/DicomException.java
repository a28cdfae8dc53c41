package nmsw.dicom;

import java.io.IOException;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * DICOM data that cannot be used. The message names the element and the byte offset where they are known; {@link
 * #status()} is the DIMSE status to answer with (PS3.4 §B.2.3) where the thrower knows one.
 */
public class DicomException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient OptionalInt status;
  private final transient OptionalInt tag;
  private final transient OptionalLong offset;

  public DicomException(String message) {
    this(message, (Throwable) null);
  }

  public DicomException(String message, Throwable cause) {
    this(message, cause, OptionalInt.empty(), OptionalInt.empty(), OptionalLong.empty());
  }

  public DicomException(int status, String message) {
    this(message, null, OptionalInt.of(status), OptionalInt.empty(), OptionalLong.empty());
  }

  /** About one element. */
  public static DicomException at(int tag, String message) {
    return new DicomException(
        Tag.describe(tag) + ": " + message, null, OptionalInt.empty(), OptionalInt.of(tag), OptionalLong.empty());
  }

  /** About one element, found at a byte offset of the file or stream. */
  public static DicomException at(int tag, long offset, String message) {
    return new DicomException(
        Tag.describe(tag) + " at offset " + offset + ": " + message,
        null,
        OptionalInt.empty(),
        OptionalInt.of(tag),
        OptionalLong.of(offset));
  }

  private DicomException(
      String message, Throwable cause, OptionalInt status, OptionalInt tag, OptionalLong offset) {
    super(message, cause);
    this.status = status;
    this.tag = tag;
    this.offset = offset;
  }

  /** The same failure, to be answered with a DIMSE status. */
  public DicomException withStatus(int newStatus) {
    return new DicomException(getMessage(), this, OptionalInt.of(newStatus), tag, offset);
  }

  /** The same failure, with the name of the file it is about. */
  DicomException in(String file) {
    return new DicomException(file + ": " + getMessage(), this, status, tag, offset);
  }

  public OptionalInt status() {
    return status;
  }

  public OptionalInt tag() {
    return tag;
  }

  public OptionalLong offset() {
    return offset;
  }
}
