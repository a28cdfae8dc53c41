package nmsw.dicom;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A data set in Deflated Explicit VR Little Endian (PS3.5 §A.5), inflated as it is read. A stream that grows
 * out of proportion is refused: a megabyte can inflate to a gigabyte. Exempt are native pixel data of exactly the size
 * that Rows, Columns and Number of Frames give: smooth or sparse ones deflate beyond any ratio that tells them from a
 * bomb, and they are no larger than the image that the data set says it is.
 */
final class InflatedStream extends InputStream {
  /** What may be inflated whatever the ratio: small data sets deflate well. */
  private static final long FREE = 32L << 20;

  private final InputStream in;
  private final ParseLimits limits;
  private final Inflater inflater = new Inflater(true);
  private final byte[] input = new byte[1 << 13];

  /** Bytes of an image that was announced. */
  private long image;

  InflatedStream(InputStream in, ParseLimits limits) {
    this.in = in;
    this.limits = limits;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int from, int count) throws IOException {
    if (count == 0) {
      return 0;
    }
    try {
      for (int inflated = inflater.inflate(target, from, count);; inflated = inflater.inflate(target, from, count)) {
        if (inflated > 0) {
          checkSize();
          return inflated;
        }
        if (inflater.finished()) {
          return -1;
        }
        fill();
      }
    } catch (DataFormatException e) {
      throw refused("damaged: " + Dictionary.printable(String.valueOf(e.getMessage())));
    }
  }

  private void fill() throws IOException {
    if (inflater.needsDictionary()) {
      throw refused("made with a preset dictionary, which DICOM does not have");
    }
    int read = in.read(input);
    if (read < 0) {
      throw refused("truncated: the deflated data have no end");
    }
    inflater.setInput(input, 0, read);
  }

  /** Tells that an image of so many bytes is next: it may be blank, so that its ratio says nothing of it. */
  void announceImage(long bytes) {
    image = bytes;
  }

  private void checkSize() throws DicomException {
    long written = inflater.getBytesWritten();
    if (written > limits.maxTotalBytes()) {
      throw refused("goes beyond the limit of " + limits.maxTotalBytes() + " bytes in all");
    }
    if (written > FREE + image && (written - image) / limits.maxInflationRatio() > inflater.getBytesRead()) {
      throw refused("inflates to more than " + limits.maxInflationRatio() + " times its size");
    }
  }

  private DicomException refused(String why) {
    return new DicomException(
        "deflated data set, at byte " + inflater.getBytesRead() + " deflated, " + inflater.getBytesWritten()
            + " inflated: " + why);
  }

  /** Frees the inflater; what it reads from stays open. */
  @Override
  public void close() {
    inflater.end();
  }
}
