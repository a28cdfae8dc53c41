package nmsw.dicom.codec;

/** Coefficients of the reversible 5-3 transform (ITU-T T.800 §F.3.8.1). */
final class J2kReversiblePlane extends J2kPlane<int[]> {
  /** The bands of a row, with one more at either end, where the signal is extended symmetrically. */
  private final int[] low;

  private final int[] high;

  J2kReversiblePlane(int width, int height) {
    super(new int[height][width], 2);
    low = new int[width / 2 + 3];
    high = new int[width / 2 + 3];
  }

  @Override
  void put(J2kCodeBlock block, J2kBlockDecoder decoder, float step) {
    int[] doubled = decoder.values();
    for (int y = 0; y < block.height; y++) {
      int from = decoder.firstOf(y);
      int[] row = rows[block.y + y];
      for (int x = 0; x < block.width; x++) {
        // Towards zero, so that half a step vanishes.
        row[block.x + x] = doubled[from + J2kBlockDecoder.STRIPE * x] / 2;
      }
    }
  }

  @Override
  void invertRow(int[] row, int width, int parity) {
    int lows = width + 1 - parity >> 1;
    int highs = width - lows;
    System.arraycopy(row, 0, low, 1, lows);
    System.arraycopy(row, lows, high, 1, highs);
    high[0] = high[1];
    high[highs + 1] = high[highs];
    for (int i = 0; i < lows; i++) {
      low[i + 1] -= high[i + parity] + high[i + parity + 1] + 2 >> 2;
    }
    low[0] = low[1];
    low[lows + 1] = low[lows];
    for (int i = 0; i < highs; i++) {
      high[i + 1] += low[i + 1 - parity] + low[i + 2 - parity] >> 1;
    }
    for (int i = 0; i < lows; i++) {
      row[2 * i + parity] = low[i + 1];
    }
    for (int i = 0; i < highs; i++) {
      row[2 * i + 1 - parity] = high[i + 1];
    }
  }

  @Override
  void scale(int[] row, int width, boolean low) {
    // The filters of this transform have no gain.
  }

  @Override
  void halve(int[] row, int width) {
    for (int x = 0; x < width; x++) {
      row[x] >>= 1;
    }
  }

  @Override
  void lift(int step, int[] row, int[] before, int[] after, int width) {
    if (step == 0) {
      for (int x = 0; x < width; x++) {
        row[x] -= before[x] + after[x] + 2 >> 2;
      }
    } else {
      for (int x = 0; x < width; x++) {
        row[x] += before[x] + after[x] >> 1;
      }
    }
  }

  @Override
  void store(int[] values, int offset, int stride, int precision, boolean signed) {
    int shift = signed ? 0 : 1 << precision - 1;
    int least = signed ? -1 << precision - 1 : 0;
    int largest = least + (1 << precision) - 1;
    for (int y = 0; y < rows.length; y++) {
      int[] row = rows[y];
      int to = offset + y * stride;
      for (int x = 0; x < row.length; x++) {
        values[to + x] = Math.max(least, Math.min(largest, row[x] + shift));
      }
    }
  }
}
