package nmsw.dicom.codec;

import java.util.Arrays;

/**
 * RLE (PS3.5 annex G): the frame's bytes in planes, the most significant first, each a segment of PackBits.
 * Samples of one bit are packed into bytes, the first in the lowest bit, as in native pixel data.
 */
final class RleDecoder {
  static final int HEADER = 64;
  private static final int MAX_SEGMENTS = 15;
  private static final int NO_OPERATION = -128;

  private RleDecoder() {}

  static Samples decode(byte[] data, FrameFormat format) throws CodecException {
    if (data.length < HEADER) {
      throw new CodecException(0, "truncated: " + data.length + " bytes, the RLE header alone has " + HEADER);
    }
    int bits = format.bitsAllocated();
    int expected = bits == 16 ? 2 : 1;
    int segments = int32(data, 0);
    if (segments != expected) {
      throw new CodecException(
          0, Integer.toUnsignedString(segments) + " RLE segments, but " + bits + " bits allocated need " + expected);
    }
    int[] starts = starts(data, segments);
    // Two bytes are a run of 128 at most.
    FrameFormat.requireBits(data, (long) format.pixels() * bits / 64);
    int[] values = new int[format.pixels()];
    if (bits == 1) {
      byte[] plane = new byte[(values.length + 7) / 8];
      segment(data, starts[0], starts[1], plane);
      for (int i = 0; i < values.length; i++) {
        values[i] = plane[i >> 3] >> (i & 7) & 1;
      }
      return new Samples(values, bits, Samples.Above.ZERO);
    }
    byte[] high = new byte[values.length];
    segment(data, starts[0], starts[1], high);
    if (bits == 8) {
      for (int i = 0; i < values.length; i++) {
        values[i] = high[i] & 0xFF;
      }
      return new Samples(values, bits, Samples.Above.ZERO);
    }
    byte[] low = new byte[values.length];
    segment(data, starts[1], starts[2], low);
    for (int i = 0; i < values.length; i++) {
      values[i] = (high[i] & 0xFF) << 8 | low[i] & 0xFF;
    }
    return new Samples(values, bits, Samples.Above.ZERO);
  }

  /** Where each segment starts, and after the last one where the data end. */
  private static int[] starts(byte[] data, int segments) throws CodecException {
    int[] starts = new int[segments + 1];
    starts[segments] = data.length;
    for (int i = 0; i < segments; i++) {
      int at = 4 + 4 * i;
      long offset = Integer.toUnsignedLong(int32(data, at));
      long least = i == 0 ? HEADER : starts[i - 1];
      if (offset < least || offset >= data.length) {
        throw new CodecException(
            at, "RLE segment " + (i + 1) + " starts at " + offset + ", not between " + least + " and " + data.length);
      }
      starts[i] = (int) offset;
    }
    for (int i = segments; i < MAX_SEGMENTS; i++) {
      int at = 4 + 4 * i;
      if (int32(data, at) != 0) {
        throw new CodecException(at, "an RLE offset beyond the " + segments + " segments");
      }
    }
    return starts;
  }

  private static void segment(byte[] data, int start, int end, byte[] plane) throws CodecException {
    int from = start;
    int to = 0;
    while (to < plane.length) {
      if (from >= end) {
        throw new CodecException(from, "an RLE segment ends after " + to + " of " + plane.length + " bytes");
      }
      int control = data[from++];
      if (control == NO_OPERATION) {
        continue;
      }
      int count = control >= 0 ? control + 1 : 1 - control;
      int taken = control >= 0 ? count : 1;
      if (taken > end - from || count > plane.length - to) {
        throw new CodecException(
            from - 1, "an RLE run of " + count + " bytes leaves its segment or the frame's " + plane.length + " bytes");
      }
      if (control >= 0) {
        System.arraycopy(data, from, plane, to, count);
      } else {
        Arrays.fill(plane, to, to + count, data[from]);
      }
      from += taken;
      to += count;
    }
  }

  private static int int32(byte[] data, int at) {
    return data[at] & 0xFF | (data[at + 1] & 0xFF) << 8 | (data[at + 2] & 0xFF) << 16 | data[at + 3] << 24;
  }
}
