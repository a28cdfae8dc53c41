package nmsw.dicom;

import java.io.IOException;
import java.io.InputStream;

/** The bytes of one value, as a stream that ends after them. */
final class ValueStream extends InputStream {
  private final Source source;
  private final int tag;
  private final long offset;
  private final long length;
  private long left;

  /**
   * @param offset of the element, to be named if the data end before the value does
   */
  ValueStream(Source source, int tag, long offset, long length) {
    this.source = source;
    this.tag = tag;
    this.offset = offset;
    this.length = length;
    this.left = length;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int from, int count) throws IOException {
    if (count == 0) {
      return 0;
    }
    if (left == 0) {
      return -1;
    }
    int read = source.read(bytes, from, (int) Math.min(count, left));
    if (read < 0) {
      throw truncated();
    }
    left -= read;
    return read;
  }

  @Override
  public long skip(long count) throws IOException {
    long wanted = Math.max(0, Math.min(count, left));
    long passed = source.passOver(wanted);
    left -= passed;
    if (passed < wanted) {
      throw truncated();
    }
    return passed;
  }

  @Override
  public int available() {
    return 0;
  }

  /** To the value's end. */
  void passOver() throws IOException {
    skip(left);
  }

  private DicomException truncated() {
    return DicomException.at(
        tag, offset, "truncated: the length is " + length + ", the data end at " + source.position());
  }
}
