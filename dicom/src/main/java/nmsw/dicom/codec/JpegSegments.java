package nmsw.dicom.codec;

/**
 * The marker segments before a scan's data (ITU-T T.81 §B.1.1; T.87 §C.1 and T.800 §A.3 have the same). Reads
 * of a segment's parameters are relative to its first parameter, and checked.
 */
final class JpegSegments {
  private final byte[] data;
  private int at;
  private int end;

  JpegSegments(byte[] data) {
    this.data = data;
  }

  byte[] data() {
    return data;
  }

  /** Index of the first parameter. */
  int at() {
    return at;
  }

  /** Index behind the last parameter. */
  int end() {
    return end;
  }

  int length() {
    return end - at;
  }

  /** Takes the marker that the data must begin with. */
  void requireFirst(int marker, String name) throws CodecException {
    if (data.length < 2 || ((data[0] & 0xFF) << 8 | data[1] & 0xFF) != marker) {
      throw new CodecException(0, "the data do not begin with " + name);
    }
    end = 2;
  }

  /** Goes to the next segment, which must have a length; returns its marker. */
  int next() throws CodecException {
    int from = end;
    // §B.1.1.2: any number of X'FF' may stand before a marker.
    while (from + 1 < data.length && data[from] == -1 && data[from + 1] == -1) {
      from++;
    }
    if (from + 4 > data.length) {
      throw new CodecException(from, "truncated: the data end where a marker segment should stand");
    }
    int marker = (data[from] & 0xFF) << 8 | data[from + 1] & 0xFF;
    if (marker <= 0xFF01 || marker >= 0xFFD0 && marker <= 0xFFD9) {
      throw new CodecException(from, String.format("%04X stands where a marker segment should", marker));
    }
    at = from + 4;
    int length = (data[from + 2] & 0xFF) << 8 | data[from + 3] & 0xFF;
    if (length < 2 || length > data.length - from - 2) {
      throw new CodecException(from, "a marker segment of " + length + " bytes, " + (data.length - from - 2)
          + " are left");
    }
    end = from + 2 + length;
    return marker;
  }

  /** Takes a marker that has no parameters if it stands next. */
  boolean skipBare(int marker) {
    boolean there = end + 2 <= data.length && ((data[end] & 0xFF) << 8 | data[end + 1] & 0xFF) == marker;
    if (there) {
      at = end + 2;
      end = at;
    }
    return there;
  }

  /** Goes on at a place within the data. */
  void seek(int to) {
    at = to;
    end = to;
  }

  int int8(int index) throws CodecException {
    requireAtLeast(index + 1);
    return data[at + index] & 0xFF;
  }

  int int16(int index) throws CodecException {
    return int8(index) << 8 | int8(index + 1);
  }

  /** Unsigned. */
  long int32(int index) throws CodecException {
    return (long) int16(index) << 16 | int16(index + 2);
  }

  void requireAtLeast(int length) throws CodecException {
    if (length() < length) {
      throw bad("a marker segment that ends inside its parameters");
    }
  }

  void requireLength(int length) throws CodecException {
    if (length() != length) {
      throw bad("a marker segment with " + length() + " bytes of parameters, not " + length);
    }
  }

  CodecException bad(String message) {
    return new CodecException(at, message);
  }
}
