package nmsw.volume;

/** A series that is not segmented, and why; the message begins with the code and names UIDs and numbers. */
public final class GeometryRefusal extends Exception {
  private static final long serialVersionUID = 1;

  /** Why an object or a whole series is left out. */
  public enum Code {
    /** No CT image, single-frame or enhanced, by its SOP class. */
    NOT_CT,
    LOCALIZER,
    SECONDARY_CAPTURE,
    NOT_MONOCHROME,
    /** Position, orientation or pixel spacing is missing or can't be. */
    NO_GEOMETRY,
    TOO_FEW_SLICES,
    MIXED_FRAME_OF_REFERENCE,
    MIXED_ORIENTATION,
    MIXED_MATRIX,
    /** Different images at one position, which nothing tells apart cleanly. */
    DUPLICATE_POSITION,
    MISSING_SLICES,
    /** Stored values can't be turned into Hounsfield units. */
    NO_RESCALE,
    BAD_PIXEL_DATA,
    UNSUPPORTED_TRANSFER_SYNTAX
  }

  private final Code code;

  public GeometryRefusal(Code code, String text) {
    super(code + ": " + text);
    this.code = code;
  }

  GeometryRefusal(Code code, String text, Throwable cause) {
    super(code + ": " + text, cause);
    this.code = code;
  }

  public Code code() {
    return code;
  }
}
