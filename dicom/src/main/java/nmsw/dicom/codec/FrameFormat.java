package nmsw.dicom.codec;

/**
 * What the data set says of a frame; a stream that says otherwise is refused.
 *
 * @param rows from 1
 * @param columns from 1
 * @param bitsAllocated of one sample: 1, 8 or 16
 */
public record FrameFormat(int rows, int columns, int bitsAllocated) {
  public FrameFormat {
    if (rows < 1 || columns < 1 || (long) rows * columns > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(rows + " x " + columns + " samples");
    }
    if (bitsAllocated != 1 && bitsAllocated != 8 && bitsAllocated != 16) {
      throw new IllegalArgumentException(bitsAllocated + " bits allocated");
    }
  }

  int pixels() {
    return rows * columns;
  }

  /** Throws unless a stream's size and precision are this frame's. */
  void require(int offset, long streamRows, long streamColumns, int precision) throws CodecException {
    if (streamRows != rows || streamColumns != columns) {
      throw new CodecException(
          offset,
          "the stream is " + streamRows + " x " + streamColumns + " samples, the image " + rows + " x " + columns);
    }
    if (precision > bitsAllocated) {
      throw new CodecException(
          offset, "the stream has " + precision + " bits a sample, the image " + bitsAllocated + " bits allocated");
    }
  }

  /** Throws if the data are shorter than any image of this size: before memory is taken for it. */
  static void requireBits(byte[] data, long least) throws CodecException {
    if (least / 8 > data.length) {
      throw new CodecException(data.length, "truncated: an image of this size has " + least / 8 + " bytes at least");
    }
  }
}
