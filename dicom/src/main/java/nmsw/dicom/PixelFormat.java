package nmsw.dicom;

import nmsw.dicom.codec.FrameFormat;

/**
 * What a data set says of its pixels (PS3.3 §C.7.6.3): one sample each, of at most 16 bits.
 *
 * @param frame rows, columns and bits allocated
 * @param stored Bits Stored
 * @param highBit High Bit
 * @param signed Pixel Representation
 */
record PixelFormat(FrameFormat frame, int stored, int highBit, boolean signed) {
  private static final int MAX_PIXELS = Integer.MAX_VALUE - 8;

  static PixelFormat of(Dataset dataset) throws DicomException {
    int samples = dataset.contains(Tag.SamplesPerPixel) ? dataset.requireInt(Tag.SamplesPerPixel) : 1;
    if (samples != 1) {
      throw DicomException.at(Tag.SamplesPerPixel, samples + " samples per pixel; only 1 is decoded");
    }
    int rows = atLeastOne(Tag.Rows, dataset.requireInt(Tag.Rows));
    int columns = atLeastOne(Tag.Columns, dataset.requireInt(Tag.Columns));
    if ((long) rows * columns > MAX_PIXELS) {
      throw DicomException.at(Tag.Rows, rows + " rows of " + columns + " pixels are too many for one frame");
    }
    int allocated = dataset.requireInt(Tag.BitsAllocated);
    if (allocated != 1 && allocated != 8 && allocated != 16) {
      throw DicomException.at(Tag.BitsAllocated, allocated + " bits allocated; only 1, 8 and 16 are decoded");
    }
    int stored = dataset.requireInt(Tag.BitsStored);
    int highBit = dataset.contains(Tag.HighBit) ? dataset.requireInt(Tag.HighBit) : stored - 1;
    if (stored < 1 || stored > allocated || highBit < stored - 1 || highBit >= allocated) {
      throw DicomException.at(
          Tag.BitsStored, stored + " bits stored up to bit " + highBit + " do not fit in " + allocated);
    }
    boolean signed = dataset.requireInt(Tag.PixelRepresentation) == 1;
    return new PixelFormat(new FrameFormat(rows, columns, allocated), stored, highBit, signed);
  }

  /** The number of frames: Number of Frames, or 1 if it is absent. */
  static int frames(Dataset dataset) throws DicomException {
    if (dataset.bytes(Tag.NumberOfFrames).length == 0) {
      return 1;
    }
    return atLeastOne(Tag.NumberOfFrames, dataset.requireInt(Tag.NumberOfFrames));
  }

  private static int atLeastOne(int tag, int value) throws DicomException {
    if (value < 1) {
      throw DicomException.at(tag, "the value is " + value + ", it must be 1 or more");
    }
    return value;
  }

  int pixels() {
    return frame.rows() * frame.columns();
  }

  /** Bytes of so many native frames, the last one's bits rounded up. */
  long nativeBytes(int frames) {
    return ((long) pixels() * frame.bitsAllocated() * frames + 7) / 8;
  }
}
