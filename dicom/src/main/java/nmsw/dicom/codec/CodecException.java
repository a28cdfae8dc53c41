package nmsw.dicom.codec;

/** A compressed frame that cannot be decoded. The message says why, without the place. */
public final class CodecException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int offset;

  CodecException(int offset, String message) {
    super(message);
    this.offset = offset;
  }

  /** Byte of the frame's data, from 0, near which it was found out. */
  public int offset() {
    return offset;
  }
}
