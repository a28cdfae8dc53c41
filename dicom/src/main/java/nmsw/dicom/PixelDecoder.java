package nmsw.dicom;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.stream.Stream;
import nmsw.dicom.codec.CodecException;
import nmsw.dicom.codec.Samples;

/**
 * Stored pixel values of images with one sample per pixel in 1, 8 or 16 allocated bits (PS3.5 §8.1, PS3.3
 * §C.7.6.3), native or compressed in one of {@link #transferSyntaxes()}.
 */
public final class PixelDecoder {
  /** A compressed frame of at most so many pixels is decoded however short its data are. */
  private static final int SMALL_FRAME = 1 << 22;

  /** Larger ones must have a byte of data for so many pixels: what says more is a bomb, or an empty image. */
  private static final int MAX_PIXELS_PER_BYTE = 1024;

  private static final List<TransferSyntax> TRANSFER_SYNTAXES =
      Stream.concat(
              Stream.of(
                  TransferSyntax.EXPLICIT_LE,
                  TransferSyntax.IMPLICIT_LE,
                  TransferSyntax.DEFLATED_LE,
                  TransferSyntax.EXPLICIT_BE),
              TransferSyntax.compressed().stream())
          .toList();

  private PixelDecoder() {}

  /**
   * What can be read and decoded, in the order in which to ask for it: uncompressed, then what cannot have
   * lost anything, then what may have.
   */
  public static List<TransferSyntax> transferSyntaxes() {
    return TRANSFER_SYNTAXES;
  }

  /** The number of frames: Number of Frames, or 1 if it is absent. */
  public static int frames(Dataset dataset) throws DicomException {
    return PixelFormat.frames(dataset);
  }

  /**
   * One frame, Rows x Columns values, row by row. Bits outside of Bits Stored are dropped and the sign is
   * extended by Pixel Representation; rescale is not applied.
   *
   * @param frame from 0
   * @throws DicomException if the image is of another kind or in a transfer syntax that is not decoded, or its
   *     pixel data are too few or broken
   */
  public static int[] decode(Dataset dataset, TransferSyntax ts, int frame) throws DicomException {
    Element pixels = dataset.get(Tag.PixelData);
    if (pixels == null) {
      throw DicomException.at(Tag.PixelData, "the element is missing: no image");
    }
    if (ts.encapsulated() && ts.codec().isEmpty()) {
      throw DicomException.at(
          Tag.PixelData, "pixel data in transfer syntax " + ts + " cannot be decoded; send it uncompressed");
    }
    if (ts.encapsulated() != pixels.isEncapsulated()) {
      throw DicomException.at(
          Tag.PixelData,
          "pixel data " + (ts.encapsulated() ? "without" : "in") + " fragments contradict transfer syntax " + ts);
    }
    PixelFormat format = PixelFormat.of(dataset);
    int frames = frames(dataset);
    if (frame < 0 || frame >= frames) {
      throw DicomException.at(Tag.NumberOfFrames, "frame " + frame + " of " + frames + " does not exist");
    }
    return ts.encapsulated()
        ? compressed(dataset, pixels, ts, format, frame, frames)
        : uncompressed(pixels.bytes(), format, frame);
  }

  /** Whether compressed images can be had without their compression, with nothing lost. */
  public static boolean canDecompress(TransferSyntax ts) {
    return ts.codec().isPresent() && !ts.mayBeLossy();
  }

  /**
   * A copy of a compressed image with native pixel data (PS3.5 §8.1.1), to be encoded little endian. Bits outside of
   * Bits Stored become 0, or repeat the sign.
   *
   * @param ts {@link #canDecompress}
   * @throws DicomException as {@link #decode} does
   */
  public static Dataset decompressed(Dataset dataset, TransferSyntax ts) throws DicomException {
    if (!canDecompress(ts)) {
      throw DicomException.at(Tag.PixelData, "pixel data in " + ts + " are not decompressed without loss");
    }
    PixelFormat format = PixelFormat.of(dataset);
    int allocated = format.frame().bitsAllocated();
    int shift = format.highBit() - format.stored() + 1;
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    int bits = 0;
    int held = 0;
    for (int frame = 0; frame < frames(dataset); frame++) {
      // Frame by frame: that there are so many is only what the header claims.
      for (int value : decode(dataset, ts, frame)) {
        // Cells follow each other without a gap, single bits too, the first in the lowest bit.
        bits |= (value << shift & (1 << allocated) - 1) << held;
        for (held += allocated; held >= Byte.SIZE; held -= Byte.SIZE) {
          pixels.write(bits);
          bits >>>= Byte.SIZE;
        }
      }
    }
    if (held > 0) {
      pixels.write(bits);
    }
    VR vr = allocated == 16 ? VR.OW : VR.OB;
    return new Dataset()
        .putAll(dataset)
        .put(Element.of(Tag.PixelData, vr, pixels.toByteArray()));
  }

  private static int[] compressed(
      Dataset dataset, Element pixels, TransferSyntax ts, PixelFormat format, int frame, int frames)
      throws DicomException {
    byte[] data = EncapsulatedFrames.of(dataset, pixels, frames).bytes(frame);
    if (format.pixels() > SMALL_FRAME && format.pixels() / MAX_PIXELS_PER_BYTE > data.length) {
      throw DicomException.at(
          Tag.PixelData,
          "frame " + frame + ": " + data.length + " bytes cannot be " + format.pixels() + " pixels of an image");
    }
    Samples samples;
    try {
      samples = ts.codec().get().decode(data, format.frame());
    } catch (CodecException e) {
      throw DicomException.at(
          Tag.PixelData, "frame " + frame + ", byte " + e.offset() + " of its data: " + e.getMessage());
    }
    if (ts.mayBeLossy() && samples.precision() > format.stored() && format.highBit() == format.stored() - 1) {
      return clamped(samples, format);
    }
    // A stream holds whole cells, or only the stored bits, moved down to bit 0 (PS3.5 §8.2).
    int highBit = samples.precision() > format.highBit() ? format.highBit() : format.stored() - 1;
    Samples.Above same = format.signed() ? Samples.Above.SIGN : Samples.Above.ZERO;
    if (samples.above() == same && samples.precision() <= format.stored() && highBit == format.stored() - 1) {
      return samples.values();
    }
    return stored(samples.values(), highBit, format);
  }

  /**
   * Where a stream has more bits than are stored, a lossy one overshoots into them: white would become black if
   * they were dropped.
   */
  private static int[] clamped(Samples samples, PixelFormat format) {
    int[] values = samples.values();
    int shift = format.signed() ? Integer.SIZE - samples.precision() : 0;
    int least = format.signed() ? -1 << format.stored() - 1 : 0;
    int largest = least + (1 << format.stored()) - 1;
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.max(least, Math.min(largest, values[i] << shift >> shift));
    }
    return values;
  }

  private static int[] uncompressed(byte[] bytes, PixelFormat format, int frame) throws DicomException {
    if (format.nativeBytes(frame + 1) > bytes.length) {
      throw DicomException.at(
          Tag.PixelData,
          String.format(
              "%d bytes, but frame %d of %d x %d pixels ends at %d",
              bytes.length, frame, format.frame().rows(), format.frame().columns(), format.nativeBytes(frame + 1)));
    }
    int[] values = new int[format.pixels()];
    long first = (long) frame * values.length;
    switch (format.frame().bitsAllocated()) {
      case 1 -> {
        // PS3.5 §8.1.1 and annex D: the first pixel in the lowest bit, frames without a gap.
        for (int i = 0; i < values.length; i++) {
          values[i] = bytes[(int) (first + i >> 3)] >> (int) (first + i & 7);
        }
      }
      case 8 -> {
        int from = (int) first;
        for (int i = 0; i < values.length; i++) {
          values[i] = bytes[from + i];
        }
      }
      default -> {
        int from = (int) (2 * first);
        for (int i = 0; i < values.length; i++) {
          values[i] = bytes[from + 2 * i] & 0xFF | bytes[from + 2 * i + 1] << 8;
        }
      }
    }
    return stored(values, format.highBit(), format);
  }

  /** Turns cells into stored values, in place. */
  private static int[] stored(int[] cells, int highBit, PixelFormat format) {
    int left = Integer.SIZE - 1 - highBit;
    int right = Integer.SIZE - format.stored();
    if (format.signed()) {
      for (int i = 0; i < cells.length; i++) {
        cells[i] = cells[i] << left >> right;
      }
    } else {
      for (int i = 0; i < cells.length; i++) {
        cells[i] = cells[i] << left >>> right;
      }
    }
    return cells;
  }
}
