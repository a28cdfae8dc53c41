package nmsw.seg;

import java.util.BitSet;

/**
 * One bit per pixel, least significant bit first, frames following each other without padding between them,
 * the whole padded to an even number of bytes (PS3.5 §8.1.1, PS3.3 §C.8.20.2.2: Bits Allocated 1).
 */
final class PackedFrames {
  private final byte[] data;
  private final int pixelsPerFrame;

  private PackedFrames(byte[] data, int pixelsPerFrame) {
    this.data = data;
    this.pixelsPerFrame = pixelsPerFrame;
  }

  /** Bytes that so many frames take, padding included. */
  static long size(long frames, int pixelsPerFrame) {
    long bytes = (frames * pixelsPerFrame + 7) / 8;
    return bytes + (bytes & 1);
  }

  /** Empty frames to be filled. */
  static PackedFrames allocate(long frames, int pixelsPerFrame) {
    long size = size(frames, pixelsPerFrame);
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          frames + " frames of " + pixelsPerFrame + " pixels need " + size
              + " bytes, more than one pixel data element here can hold");
    }
    return new PackedFrames(new byte[(int) size], pixelsPerFrame);
  }

  /** Frames that lie in {@code data}, which must be long enough for the frames asked for later. */
  static PackedFrames of(byte[] data, int pixelsPerFrame) {
    return new PackedFrames(data, pixelsPerFrame);
  }

  /** The packed bytes themselves, not a copy. */
  byte[] bytes() {
    return data;
  }

  /** Sets pixels {@code from} (inclusive) to {@code to} (exclusive) of a frame. */
  void set(int frame, int from, int to) {
    if (from >= to) {
      return;
    }
    long base = (long) frame * pixelsPerFrame;
    long firstBit = base + from;
    long lastBit = base + to - 1;
    int first = (int) (firstBit >> 3);
    int last = (int) (lastBit >> 3);
    int firstMask = 0xFF << (firstBit & 7);
    int lastMask = 0xFF >> (7 - (lastBit & 7));
    if (first == last) {
      data[first] |= (byte) (firstMask & lastMask);
      return;
    }
    data[first] |= (byte) firstMask;
    for (int i = first + 1; i < last; i++) {
      data[i] = (byte) 0xFF;
    }
    data[last] |= (byte) lastMask;
  }

  /** The set pixels of a frame, by row-major index. */
  BitSet frame(int frame) {
    long firstBit = (long) frame * pixelsPerFrame;
    int shift = (int) (firstBit & 7);
    int first = (int) (firstBit >> 3);
    byte[] aligned = new byte[(pixelsPerFrame + 7) / 8];
    for (int i = 0; i < aligned.length; i++) {
      int value = (data[first + i] & 0xFF) >> shift;
      if (shift != 0 && first + i + 1 < data.length) {
        value |= data[first + i + 1] << (8 - shift);
      }
      aligned[i] = (byte) value;
    }
    BitSet pixels = BitSet.valueOf(aligned);
    pixels.clear(pixelsPerFrame, Math.max(pixelsPerFrame, pixels.length()));
    return pixels;
  }
}
