package nmsw.seg;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import nmsw.dicom.DicomFileWriter;
import nmsw.dicom.Element;
import nmsw.dicom.Tag;
import nmsw.dicom.VR;
import nmsw.dicom.codec.FrameFormat;
import nmsw.dicom.codec.RleEncoder;

/** Pixel Data of the frames of an object that is written, one frame in memory at a time. */
final class FramePixelData {
  private final FrameSource frames;
  private final int rows;
  private final int columns;

  FramePixelData(FrameSource frames, int rows, int columns) {
    this.frames = frames;
    this.rows = rows;
    this.columns = columns;
  }

  /** Bytes of native pixel data, padding left out. */
  private long length() {
    return ((long) frames.places().size() * rows * columns * frames.bitsAllocated() + 7) / 8;
  }

  private VR nativeVr() {
    return frames.bitsAllocated() == 16 ? VR.OW : VR.OB;
  }

  /** The frames one after the other, bits without a gap between them (PS3.5 §8.1.1). */
  void writeNative(DicomFileWriter out) throws IOException {
    out.writeValue(Tag.PixelData, nativeVr(), length(), new FrameStream());
  }

  /** Each frame a fragment; the Basic Offset Table, which would have to come first, stays empty. */
  void writeRle(DicomFileWriter out) throws IOException {
    out.beginFragments(Tag.PixelData, VR.OB);
    out.writeFragment(new byte[0]);
    for (int frame = 0; frame < frames.places().size(); frame++) {
      out.writeFragment(rle(frame));
    }
    out.endFragments();
  }

  /** As {@link #writeNative}, in memory. */
  Element nativeElement() {
    long padded = length() + (length() & 1);
    if (padded > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          padded + " bytes of pixel data are more than an array holds; write the object to a file instead");
    }
    byte[] pixels = new byte[(int) padded];
    try (InputStream stream = new FrameStream()) {
      stream.readNBytes(pixels, 0, pixels.length);
    } catch (IOException e) {
      throw new IllegalStateException("frames in memory cannot fail to be read", e);
    }
    return Element.of(Tag.PixelData, nativeVr(), pixels);
  }

  /** As {@link #writeRle}, in memory. */
  Element rleElement() {
    List<byte[]> fragments = new ArrayList<>();
    fragments.add(new byte[0]);
    for (int frame = 0; frame < frames.places().size(); frame++) {
      fragments.add(rle(frame));
    }
    return Element.ofFragments(Tag.PixelData, VR.OB, fragments);
  }

  /** Packed bits are compressed as bytes; a row has whole ones, or the frame counts as one row. */
  private byte[] rle(int frame) {
    boolean bits = frames.bitsAllocated() == 1;
    FrameFormat format =
        !bits
            ? new FrameFormat(rows, columns, frames.bitsAllocated())
            : columns % 8 == 0
                ? new FrameFormat(rows, columns / 8, 8)
                : new FrameFormat(1, (rows * columns + 7) / 8, 8);
    return RleEncoder.encode(frames.pixels(frame), 0, format);
  }

  /** Native pixel data as a stream. */
  private final class FrameStream extends InputStream {
    private byte[] bytes = new byte[0];
    private int position;
    private int end;
    private int frame;

    /** Bits of the frames before that fill no whole byte, which the next frame goes on with. */
    private int held;
    private int heldBits;

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int count) {
      while (position == end && frame < frames.places().size()) {
        next();
      }
      int taken = Math.min(count, end - position);
      if (taken == 0 && count > 0) {
        return -1;
      }
      System.arraycopy(bytes, position, target, offset, taken);
      position += taken;
      return taken;
    }

    private void next() {
      bytes = frames.pixels(frame++);
      position = 0;
      if (frames.bitsAllocated() > 1) {
        end = rows * columns * (frames.bitsAllocated() / 8);
        return;
      }
      end = rows * columns / 8;
      if (rows * columns % 8 != 0) {
        join();
      }
    }

    private void join() {
      int pixels = rows * columns;
      byte[] joined = new byte[(pixels + 7) / 8 + 1];
      int carry = held;
      for (int i = 0; i < joined.length - 1; i++) {
        carry |= (bytes[i] & 0xFF) << heldBits;
        joined[i] = (byte) carry;
        carry >>= 8;
      }
      joined[joined.length - 1] = (byte) carry;
      bytes = joined;
      end = (heldBits + pixels) / 8;
      held = joined[end] & 0xFF;
      heldBits = (heldBits + pixels) % 8;
      if (frame == frames.places().size() && heldBits > 0) {
        end++;
      }
    }
  }
}
