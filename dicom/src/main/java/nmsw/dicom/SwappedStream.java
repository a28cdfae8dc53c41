package nmsw.dicom;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Numbers of a big endian value in little endian. */
final class SwappedStream extends FilterInputStream {
  /** A multiple of every VR's unit. */
  private static final int PIECE = 1 << 13;

  private final VR vr;
  private final byte[] piece = new byte[PIECE];
  private int next;
  private int limit;

  SwappedStream(InputStream in, VR vr) {
    super(in);
    this.vr = vr;
  }

  @Override
  public int read() throws IOException {
    return fill() ? piece[next++] & 0xFF : -1;
  }

  @Override
  public int read(byte[] bytes, int from, int count) throws IOException {
    if (count == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int copied = Math.min(count, limit - next);
    System.arraycopy(piece, next, bytes, from, copied);
    next += copied;
    return copied;
  }

  @Override
  public long skip(long count) throws IOException {
    if (count <= 0 || !fill()) {
      return 0;
    }
    int skipped = (int) Math.min(count, limit - next);
    next += skipped;
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private boolean fill() throws IOException {
    if (next == limit) {
      next = 0;
      limit = in.readNBytes(piece, 0, PIECE);
      vr.swap(piece, 0, limit);
    }
    return limit > 0;
  }
}
