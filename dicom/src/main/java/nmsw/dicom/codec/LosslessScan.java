package nmsw.dicom.codec;

/** The scan of a lossless JPEG image of one component (ITU-T T.81 annex H). */
final class LosslessScan {
  private static final int LARGEST_CATEGORY = 16;

  private final JpegBits bits;
  private final HuffmanTable table;
  private final int predictor;
  private final int precision;
  private final int pointTransform;

  /**
   * @param predictor selection value 1 to 7 of table H.1
   * @param pointTransform bits that were shifted out, below the precision
   */
  LosslessScan(JpegBits bits, HuffmanTable table, int predictor, int precision, int pointTransform) {
    this.bits = bits;
    this.table = table;
    this.predictor = predictor;
    this.precision = precision;
    this.pointTransform = pointTransform;
  }

  int[] decode(FrameFormat format, int restartInterval, int offset) throws CodecException {
    int columns = format.columns();
    if (restartInterval % columns != 0) {
      throw new CodecException(
          offset, "a restart interval of " + restartInterval + " samples, which are not whole lines of " + columns);
    }
    if (table.largestValue() > LARGEST_CATEGORY) {
      throw new CodecException(offset, "a Huffman table with a difference category of " + table.largestValue());
    }
    int restartLines = restartInterval / columns;
    int[] values = new int[format.pixels()];
    boolean first = true;
    for (int y = 0; y < format.rows(); y++) {
      if (y > 0 && restartLines > 0 && y % restartLines == 0) {
        bits.restart((y / restartLines - 1) % 8);
        first = true;
      }
      int from = y * columns;
      if (first) {
        firstLine(values, from, columns);
        first = false;
      } else {
        line(values, from, columns);
      }
      bits.require();
    }
    if (pointTransform > 0) {
      for (int i = 0; i < values.length; i++) {
        values[i] = values[i] << pointTransform & 0xFFFF;
      }
    }
    return values;
  }

  private int difference() throws CodecException {
    int category = bits.symbol(table);
    if (category == 0) {
      return 0;
    }
    // §H.1.2.2: category 16 is the one difference of 32768, without more bits.
    return category == LARGEST_CATEGORY ? 1 << 15 : bits.receive(category);
  }

  /** §H.1.2.1: half of the range predicts the first sample, its neighbour to the left any other. */
  private void firstLine(int[] values, int from, int columns) throws CodecException {
    int left = 1 << precision - pointTransform - 1;
    for (int i = from; i < from + columns; i++) {
      left = left + difference() & 0xFFFF;
      values[i] = left;
    }
  }

  /** The sample above predicts the first one of a line. */
  private void line(int[] values, int from, int columns) throws CodecException {
    int end = from + columns;
    int up = from - columns;
    int a = values[up] + difference() & 0xFFFF;
    values[from] = a;
    int c = values[up++];
    if (predictor == 1) {
      for (int i = from + 1; i < end; i++) {
        a = a + difference() & 0xFFFF;
        values[i] = a;
      }
      return;
    }
    for (int i = from + 1; i < end; i++) {
      int b = values[up++];
      int prediction =
          switch (predictor) {
            case 2 -> b;
            case 3 -> c;
            case 4 -> a + b - c;
            case 5 -> a + (b - c >> 1);
            case 6 -> b + (a - c >> 1);
            default -> a + b >> 1;
          };
      a = prediction + difference() & 0xFFFF;
      values[i] = a;
      c = b;
    }
  }
}
