package nmsw.seg;

import java.util.BitSet;
import java.util.List;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Element;
import nmsw.dicom.PixelDecoder;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.VR;
import nmsw.seg.SegmentationFormat.Kind;

/**
 * The pixels of an object that was read. They stay as they are in the object, compressed or not; one frame is
 * decoded at a time.
 */
final class StoredFrames {
  /** What describes a frame's pixels, beside the pixels. */
  private static final int[] FORMAT = {
    Tag.SamplesPerPixel, Tag.Rows, Tag.Columns, Tag.BitsAllocated, Tag.BitsStored, Tag.HighBit,
    Tag.PixelRepresentation,
  };

  /** A frame is decoded into four bytes a pixel. */
  private static final int MAX_PIXELS = 1 << 26;

  /** Of all frames: a day's work for a decoder is refused. */
  private static final long MAX_PIXELS_IN_ALL = 1L << 34;

  private final String name;
  private final Kind kind;
  private final TransferSyntax transferSyntax;
  private final Dataset format = new Dataset();
  private final Element pixels;
  private final int count;
  private final int pixelsPerFrame;
  private final int maximum;

  /** The label map's frame that was asked for last: its segments are usually asked for one after the other. */
  private volatile Decoded last = new Decoded(-1, new int[0]);

  private record Decoded(int frame, int[] values) {}

  /**
   * @param name of the object, to begin every refusal with
   * @param maximum Maximum Fractional Value; used for FRACTIONAL only
   * @throws DicomException if the pixel data are too few, or there is no way to find the frames in them
   */
  StoredFrames(
      String name, Dataset dataset, TransferSyntax transferSyntax, Kind kind, int count, int maximum)
      throws DicomException {
    this.name = name;
    this.kind = kind;
    this.transferSyntax = transferSyntax;
    this.count = count;
    this.maximum = maximum;
    for (int tag : FORMAT) {
      SourceAttributes.copyIfPresent(dataset, tag, format);
    }
    Element element = dataset.get(Tag.PixelData);
    pixels = element == null ? Element.of(Tag.PixelData, VR.OB, new byte[0]) : element;
    long all = (long) dataset.requireInt(Tag.Rows) * dataset.requireInt(Tag.Columns) * count;
    pixelsPerFrame = (int) (all / count);
    if (all > MAX_PIXELS_IN_ALL || pixelsPerFrame > MAX_PIXELS && !packed()) {
      throw refusal(
          "has " + count + " frames of " + pixelsPerFrame + " pixels, more than are read here");
    }
    if (pixels.isEncapsulated()) {
      requireFragments();
    } else {
      requireBytes(all * dataset.requireInt(Tag.BitsAllocated));
    }
  }

  private boolean packed() {
    return kind == Kind.BINARY && !pixels.isEncapsulated();
  }

  private void requireBytes(long bits) throws DicomException {
    long needed = (bits + 7) / 8;
    if (pixels.bytes().length < needed) {
      throw refusal(
          "has " + pixels.bytes().length + " bytes of native pixel data, " + count + " frames of "
              + pixelsPerFrame + " pixels need " + needed + "; if it is compressed, decompress it first");
    }
  }

  private void requireFragments() throws DicomException {
    if (!transferSyntax.encapsulated()) {
      throw refusal(
          "has compressed pixel data that are not of transfer syntax " + transferSyntax
              + "; read it from a file, or decompress it first");
    }
    int fragments = pixels.fragments().size() - 1;
    if (count > 1 && fragments != count) {
      throw refusal(
          "has " + fragments + " fragments for " + count + " frames; a fragment per frame is needed, compress it so");
    }
  }

  /** The pixels of a segment: in a FRACTIONAL frame those of which it has half and more. */
  BitSet mask(SegmentationFrame frame) throws DicomException {
    return switch (kind) {
      case BINARY -> packed()
          ? PackedFrames.of(pixels.bytes(), pixelsPerFrame).frame(frame.index())
          : where(values(frame.index()), 1, Integer.MAX_VALUE);
      case FRACTIONAL -> where(fractions(frame.index()), (maximum + 1) / 2, maximum);
      case LABELMAP, LABELMAP16 -> where(numbers(frame.index()), frame.segmentNumber(), frame.segmentNumber());
    };
  }

  /** Whether nothing of its segment is in a frame; a label map has no such frames. */
  boolean isBlank(SegmentationFrame frame) throws DicomException {
    return !kind.isLabelMap() && mask(frame).isEmpty();
  }

  private static BitSet where(int[] values, int least, int most) {
    BitSet mask = new BitSet(values.length);
    for (int i = 0; i < values.length; i++) {
      if (values[i] >= least && values[i] <= most) {
        mask.set(i);
      }
    }
    return mask;
  }

  /** The segment number of each pixel of a label map's frame; not to be changed. */
  int[] numbers(int frame) throws DicomException {
    Decoded known = last;
    if (known.frame == frame) {
      return known.values;
    }
    int[] values = values(frame);
    for (int value : values) {
      if (value < 0 || value > 0xFFFF) {
        throw refusal("has the value " + value + " in frame " + (frame + 1) + ", which is no segment number");
      }
    }
    last = new Decoded(frame, values);
    return values;
  }

  /** Values of a FRACTIONAL frame, 0 to {@link #maximum()}. */
  int[] fractions(int frame) throws DicomException {
    int[] values = values(frame);
    for (int value : values) {
      if (value < 0 || value > maximum) {
        throw refusal(
            "has the value " + value + " in frame " + (frame + 1) + ", above its Maximum Fractional Value "
                + maximum);
      }
    }
    return values;
  }

  int maximum() {
    return maximum;
  }

  private int[] values(int frame) throws DicomException {
    Dataset one = new Dataset().putAll(format);
    try {
      if (!pixels.isEncapsulated()) {
        one.putInt(Tag.NumberOfFrames, count).put(pixels);
        return PixelDecoder.decode(one, TransferSyntax.EXPLICIT_LE, frame);
      }
      List<byte[]> fragments =
          count == 1 ? pixels.fragments() : List.of(new byte[0], pixels.fragments().get(frame + 1));
      one.put(Element.ofFragments(Tag.PixelData, pixels.vr(), fragments));
      return PixelDecoder.decode(one, transferSyntax, 0);
    } catch (DicomException e) {
      throw new DicomException(name + ", frame " + (frame + 1) + ": " + e.getMessage(), e);
    }
  }

  private DicomException refusal(String what) {
    return new DicomException(name + " " + what);
  }
}
