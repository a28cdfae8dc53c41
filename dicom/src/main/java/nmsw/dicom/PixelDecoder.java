package nmsw.dicom;

/**
 * Stored pixel values of native (uncompressed) images with one sample per pixel in 8 or 16 allocated bits (PS3.5 §8.1,
 * PS3.3 §C.7.6.3).
 */
public final class PixelDecoder {
  private PixelDecoder() {}

  /** The number of frames: Number of Frames, or 1 if it is absent. */
  public static int frames(Dataset dataset) throws DicomException {
    if (dataset.bytes(Tag.NumberOfFrames).length == 0) {
      return 1;
    }
    return atLeastOne(Tag.NumberOfFrames, dataset.requireInt(Tag.NumberOfFrames));
  }

  /**
   * One frame, Rows x Columns values, row by row. Bits outside of Bits Stored are dropped and the sign is extended by
   * Pixel Representation; rescale is not applied.
   *
   * @param frame from 0
   * @throws DicomException if the image is encapsulated or of another kind, or has too little pixel data
   */
  public static int[] decode(Dataset dataset, TransferSyntax ts, int frame) throws DicomException {
    Element pixels = dataset.get(Tag.PixelData);
    if (pixels == null) {
      throw DicomException.at(Tag.PixelData, "the element is missing: no image");
    }
    if (ts.encapsulated() || pixels.isEncapsulated()) {
      throw DicomException.at(
          Tag.PixelData,
          "pixel data in transfer syntax " + ts + " cannot be decoded; send it uncompressed");
    }
    int samples = dataset.contains(Tag.SamplesPerPixel) ? dataset.requireInt(Tag.SamplesPerPixel) : 1;
    if (samples != 1) {
      throw DicomException.at(Tag.SamplesPerPixel, samples + " samples per pixel; only 1 is decoded");
    }
    int rows = atLeastOne(Tag.Rows, dataset.requireInt(Tag.Rows));
    int columns = atLeastOne(Tag.Columns, dataset.requireInt(Tag.Columns));
    int allocated = dataset.requireInt(Tag.BitsAllocated);
    if (allocated != 8 && allocated != 16) {
      throw DicomException.at(Tag.BitsAllocated, allocated + " bits allocated; only 8 and 16 are decoded");
    }
    int stored = dataset.requireInt(Tag.BitsStored);
    int highBit = dataset.contains(Tag.HighBit) ? dataset.requireInt(Tag.HighBit) : stored - 1;
    if (stored < 1 || stored > allocated || highBit < stored - 1 || highBit >= allocated) {
      throw DicomException.at(
          Tag.BitsStored, stored + " bits stored up to bit " + highBit + " do not fit in " + allocated);
    }
    boolean signed = dataset.requireInt(Tag.PixelRepresentation) == 1;
    int frames = frames(dataset);
    if (frame < 0 || frame >= frames) {
      throw DicomException.at(Tag.NumberOfFrames, "frame " + frame + " of " + frames + " does not exist");
    }
    long pixelCount = (long) rows * columns;
    long frameBytes = pixelCount * (allocated / 8);
    long start = frameBytes * frame;
    byte[] bytes = pixels.bytes();
    if (start + frameBytes > bytes.length) {
      throw DicomException.at(
          Tag.PixelData,
          String.format(
              "%d bytes, but frame %d of %d x %d pixels ends at %d",
              bytes.length, frame, rows, columns, start + frameBytes));
    }
    int left = Integer.SIZE - 1 - highBit;
    int right = Integer.SIZE - stored;
    int[] values = new int[(int) pixelCount];
    int from = (int) start;
    for (int i = 0; i < values.length; i++) {
      int cell;
      if (allocated == 8) {
        cell = bytes[from + i];
      } else {
        cell = bytes[from + 2 * i] & 0xFF | bytes[from + 2 * i + 1] << 8;
      }
      values[i] = signed ? cell << left >> right : cell << left >>> right;
    }
    return values;
  }

  private static int atLeastOne(int tag, int value) throws DicomException {
    if (value < 1) {
      throw DicomException.at(tag, "the value is " + value + ", it must be 1 or more");
    }
    return value;
  }
}
