package nmsw.dicom.codec;

/**
 * A tile's coefficients, each subband in its corner, which the inverse transform turns into samples.
 *
 * @param <R> the numbers of a row
 */
abstract class J2kPlane<R> {
  /** Rows change places where those of two subbands are interleaved. */
  protected final R[] rows;

  private final R[] mixed;
  private final int steps;

  /** @param steps lifting steps of the inverse transform in one direction, the first of which is of the low-pass band */
  J2kPlane(R[] rows, int steps) {
    this.rows = rows;
    this.mixed = rows.clone();
    this.steps = steps;
  }

  /** Places a block's coefficients, which the decoder holds. */
  abstract void put(J2kCodeBlock block, J2kBlockDecoder decoder, float step);

  /** Writes the samples, with the level shift undone, within their range. */
  abstract void store(int[] values, int offset, int stride, int precision, boolean signed);

  /**
   * Undoes one level of the transform in a row, which has its low-pass band first.
   *
   * @param width at least 2
   * @param parity of its first column
   */
  abstract void invertRow(R row, int width, int parity);

  /** What is done to a row before the lifting steps of its columns; it is of the low-pass band or of the other. */
  abstract void scale(R row, int width, boolean low);

  /** Halves the only sample of a high-pass band (ITU-T T.800 §F.3.6), here in some columns of a row. */
  abstract void halve(R row, int width);

  /** One lifting step of a row by its neighbours. */
  abstract void lift(int step, R row, R before, R after, int width);

  /**
   * Undoes one level of the transform in the upper left corner (ITU-T T.800 §F.3). Blocks of the next level are
   * placed afterwards, for whole rows move.
   *
   * @param x0 first column of the resolution that results, whose parity counts
   * @param y0 first row
   * @param x1 behind the last column
   * @param y1 behind the last row
   */
  final void invert(int x0, int y0, int x1, int y1) {
    int width = x1 - x0;
    int height = y1 - y0;
    for (int y = 0; y < height; y++) {
      if (width > 1) {
        invertRow(rows[y], width, x0 & 1);
      } else if ((x0 & 1) == 1) {
        halve(rows[y], width);
      }
    }
    if (height > 1) {
      invertColumns(width, height, y0 & 1);
    } else if (height == 1 && (y0 & 1) == 1) {
      halve(rows[0], width);
    }
  }

  private void invertColumns(int width, int height, int parity) {
    int lows = height + 1 - parity >> 1;
    for (int y = 0; y < height; y++) {
      boolean low = y < lows;
      scale(rows[y], width, low);
      mixed[low ? 2 * y + parity : 2 * (y - lows) + 1 - parity] = rows[y];
    }
    System.arraycopy(mixed, 0, rows, 0, height);
    // Each step follows the one before it as closely as it can, while the rows are in the cache.
    for (int front = parity; front < height + steps - 1; front += 2) {
      for (int step = 0; step < steps; step++) {
        int y = front - step;
        if (y >= 0 && y < height) {
          // Symmetric extension at either end.
          R before = rows[y == 0 ? 1 : y - 1];
          R after = rows[y == height - 1 ? y - 1 : y + 1];
          lift(step, rows[y], before, after, width);
        }
      }
    }
  }
}
