package nmsw.dicom;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;

/**
 * Numbers and byte runs from a stream, with the position. Never allocates for a length that the
 * stream has not been seen to have: where the stream's length is unknown, a long run is read in growing
 * pieces.
 */
final class Source {
  private static final int BUFFER = 1 << 16;
  private static final int FIRST_PIECE = 1 << 20;
  private static final byte[] NO_BYTES = {};

  private final InputStream in;
  private final long end;
  private final byte[] buffer;
  private long bufferStart;
  private int next;
  private int limit;
  private boolean bigEndian;

  /**
   * @param length bytes that the stream has, or -1 if that is not known
   */
  Source(InputStream in, long length) {
    this.in = in;
    this.end = length < 0 ? Long.MAX_VALUE : length;
    this.buffer = new byte[(int) Math.min(BUFFER, Math.max(1024, end))];
  }

  /** The order of the numbers from here on; little endian at first. */
  void setBigEndian(boolean newBigEndian) {
    bigEndian = newBigEndian;
  }

  /** What is left, for one who reads it instead. */
  InputStream rest() {
    return new SequenceInputStream(new ByteArrayInputStream(buffer, next, limit - next), in);
  }

  long position() {
    return bufferStart + next;
  }

  /** Where the stream is known to end, or {@link Long#MAX_VALUE}. */
  long end() {
    return end;
  }

  /** Buffers that many bytes (at most 1024) if the stream has them; returns how many of them there are. */
  int ensure(int count) throws IOException {
    if (limit - next < count) {
      System.arraycopy(buffer, next, buffer, 0, limit - next);
      bufferStart += next;
      limit -= next;
      next = 0;
      while (limit < count) {
        int read = in.read(buffer, limit, buffer.length - limit);
        if (read < 0) {
          return limit;
        }
        limit += read;
      }
    }
    return count;
  }

  boolean atEnd() throws IOException {
    return ensure(1) == 0;
  }

  /** The byte that far ahead, which must have been ensured. */
  int peek(int ahead) {
    return buffer[next + ahead] & 0xFF;
  }

  int peekShort(int ahead) {
    return bigEndian ? peek(ahead) << 8 | peek(ahead + 1) : peek(ahead) | peek(ahead + 1) << 8;
  }

  int peekTag(int ahead) {
    return peekShort(ahead) << 16 | peekShort(ahead + 2);
  }

  long peekLength(int ahead) {
    long first = peekShort(ahead);
    long second = peekShort(ahead + 2);
    return bigEndian ? first << 16 | second : first | second << 16;
  }

  /** Passes over bytes that have been ensured. */
  void skip(int count) {
    next += count;
  }

  /**
   * The next bytes; throws {@link EOFException} if the stream ends before, having allocated no more than it
   * has.
   */
  byte[] bytes(int count) throws IOException {
    if (count == 0) {
      return NO_BYTES;
    }
    if (count > end - position()) {
      throw new EOFException();
    }
    byte[] bytes = new byte[end == Long.MAX_VALUE ? Math.min(count, FIRST_PIECE) : count];
    int have = Math.min(limit - next, bytes.length);
    System.arraycopy(buffer, next, bytes, 0, have);
    next += have;
    while (have < count) {
      if (have == bytes.length) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(count, bytes.length * 2L));
      }
      int read = read(bytes, have, bytes.length - have);
      if (read < 0) {
        throw new EOFException();
      }
      have += read;
    }
    return bytes;
  }

  /** As {@link InputStream#read(byte[], int, int)}; a large piece goes past the buffer. */
  int read(byte[] bytes, int from, int count) throws IOException {
    if (next == limit && count >= buffer.length) {
      int read = in.read(bytes, from, count);
      bufferStart += Math.max(0, read);
      return read;
    }
    if (ensure(1) == 0) {
      return -1;
    }
    int copied = Math.min(limit - next, count);
    System.arraycopy(buffer, next, bytes, from, copied);
    next += copied;
    return copied;
  }

  /** Passes over bytes, without reading them where the stream can; returns how many there were. */
  long passOver(long count) throws IOException {
    long passed = Math.min(count, limit - next);
    next += (int) passed;
    while (passed < count) {
      // A stream may skip beyond its end only where that is known.
      long skipped = end == Long.MAX_VALUE ? 0 : in.skip(Math.min(count - passed, end - position()));
      bufferStart += skipped;
      if (skipped == 0) {
        if (ensure(1) == 0) {
          return passed;
        }
        skipped = Math.min(limit - next, count - passed);
        next += (int) skipped;
      }
      passed += skipped;
    }
    return passed;
  }
}
