package nmsw.dicom.codec;

import java.util.Arrays;

/**
 * The scan of a sequential DCT image of one component (ITU-T T.81 §F.2). The inverse transform is computed in
 * integers with rounded factors, well within the one step that T.83 and IEEE 1180 let a sample differ. Coefficients that no
 * image has may leave the range of an int: their samples are wrong, but samples.
 */
final class DctScan {
  private static final int SIZE = 8;
  private static final int BLOCK = SIZE * SIZE;

  /** Where the coefficients of the zig-zag sequence (figure A.6) stand in a block, row by row. */
  private static final int[] ZIG_ZAG = zigZag();

  /** Blocks that are transformed at once: the more the less the ends of loops count, but they should stay in the cache. */
  private static final int LANES = 256;

  /** Fraction bits of the factors, which are the DCT's times the square root of 8. */
  private static final int FACTOR_BITS = 13;

  private static final int COS_1 = cosine(1);
  private static final int COS_2 = cosine(2);
  private static final int COS_3 = cosine(3);
  private static final int COS_5 = cosine(5);
  private static final int COS_6 = cosine(6);
  private static final int COS_7 = cosine(7);

  private final JpegBits bits;
  private final HuffmanTable dcTable;
  private final HuffmanTable acTable;
  private final int[] acCodes;
  private final int[] quantizers;
  private final int largest;

  /** Fraction bits that samples keep from the transform of the columns to that of the rows: more would not fit 12 bits. */
  private final int columnBits;

  /** A block in each lane: of all of them coefficient 0, then 1 ..., row by row, so that a step is one loop over them. */
  private final int[][] coefficients = new int[BLOCK][LANES];

  /** The same arrays in the order of the zig-zag sequence. */
  private final int[][] sequence = new int[BLOCK][];

  /** What the even coefficients and the odd ones are in the first four samples. */
  private final int[][] even = new int[SIZE / 2][LANES];

  private final int[][] odd = new int[SIZE / 2][LANES];

  /** Where in the image a lane's block begins. */
  private final int[] targets = new int[LANES];

  private int lanes;

  /** @param quantizers in zig-zag sequence */
  DctScan(JpegBits bits, HuffmanTable dcTable, HuffmanTable acTable, int[] quantizers, int precision) {
    this.bits = bits;
    this.dcTable = dcTable;
    this.acTable = acTable;
    this.acCodes = acTable.coefficients();
    for (int k = 0; k < BLOCK; k++) {
      sequence[k] = coefficients[ZIG_ZAG[k]];
    }
    this.quantizers = quantizers;
    largest = (1 << precision) - 1;
    columnBits = precision > 8 ? 1 : 2;
  }

  private static int cosine(int sixteenths) {
    return (int) Math.round(Math.cos(sixteenths * Math.PI / 16) * Math.sqrt(2) * (1 << FACTOR_BITS));
  }

  private static int[] zigZag() {
    int[] order = new int[BLOCK];
    int row = 0;
    int column = 0;
    for (int k = 0; k < BLOCK; k++) {
      order[k] = row * SIZE + column;
      boolean up = (row + column) % 2 == 0;
      if (up ? column == SIZE - 1 : row != SIZE - 1 && column == 0) {
        row++;
      } else if (up ? row == 0 : row == SIZE - 1) {
        column++;
      } else {
        row += up ? -1 : 1;
        column += up ? 1 : -1;
      }
    }
    return order;
  }

  int[] decode(FrameFormat format, int restartInterval) throws CodecException {
    int across = (format.columns() + SIZE - 1) / SIZE;
    int down = (format.rows() + SIZE - 1) / SIZE;
    int width = SIZE * across;
    // Of whole blocks.
    long samples = (long) width * SIZE * down;
    if (samples > Integer.MAX_VALUE - 8) {
      throw bits.bad("blocks of " + samples + " samples, which is too many");
    }
    int[] values = new int[(int) samples];
    int dc = 0;
    int decoded = 0;
    for (int y = 0; y < down; y++) {
      for (int x = 0; x < across; x++) {
        if (restartInterval > 0 && decoded > 0 && decoded % restartInterval == 0) {
          bits.restart((decoded / restartInterval - 1) % 8);
          dc = 0;
        }
        dc = block(dc, values, SIZE * (y * width + x), width);
        decoded++;
      }
      bits.require();
    }
    transform(values, width);
    return width == format.columns() && SIZE * down == format.rows() ? values : cropped(values, width, format);
  }

  private static int[] cropped(int[] values, int width, FrameFormat format) {
    int[] cropped = new int[format.pixels()];
    for (int y = 0; y < format.rows(); y++) {
      System.arraycopy(values, y * width, cropped, y * format.columns(), format.columns());
    }
    return cropped;
  }

  /** Decodes a block; returns the new DC value. */
  private int block(int lastDc, int[] values, int at, int width) throws CodecException {
    int category = bits.symbol(dcTable);
    if (category > 15) {
      throw bits.bad("a Huffman table with a DC category of " + category);
    }
    // Modulo 2^16, so that no sum of hostile differences leaves the range.
    int dc = (short) (category == 0 ? lastDc : lastDc + bits.receive(category));
    if (bits.coefficients(acTable, acCodes, quantizers, sequence, lanes)) {
      sequence[0][lanes] = dc * quantizers[0];
      targets[lanes++] = at;
      if (lanes == LANES) {
        transform(values, width);
      }
    } else {
      fill(Math.max(0, Math.min(largest, (dc * quantizers[0] + SIZE / 2 >> 3) + (largest + 1 >> 1))), values, at, width);
    }
    return dc;
  }

  private static void fill(int sample, int[] values, int at, int width) {
    for (int row = 0; row < SIZE; row++) {
      int to = at + row * width;
      for (int column = 0; column < SIZE; column++) {
        values[to + column] = sample;
      }
    }
  }

  /** Writes the samples of all lanes, which then are free. */
  private void transform(int[] values, int width) {
    int shift = FACTOR_BITS - columnBits;
    for (int column = 0; column < SIZE; column++) {
      invert(column, SIZE, 1 << shift - 1, shift);
    }
    // Three bits more, for both transforms have factors that are too large by the square root of 8.
    shift = FACTOR_BITS + columnBits + 3;
    for (int row = 0; row < SIZE; row++) {
      invert(SIZE * row, 1, largest + 1 << shift - 1 | 1 << shift - 1, shift);
      for (int column = 0; column < SIZE; column++) {
        limit(coefficients[SIZE * row + column], largest, lanes);
      }
      store(coefficients, SIZE * row, values, row * width);
    }
    for (int[] of : coefficients) {
      Arrays.fill(of, 0, lanes, 0);
    }
    lanes = 0;
  }

  /**
   * The one-dimensional inverse DCT (§A.3.3) in place, of every lane: even coefficients by symmetry, odd ones as they
   * are. In short loops over arrays with one index, for only such are compiled to vector instructions.
   *
   * @param bias what is added before the shift
   */
  private void invert(int at, int step, int bias, int shift) {
    int[][] v = coefficients;
    int count = lanes;
    outer(v[at], v[at + 2 * step], v[at + 4 * step], v[at + 6 * step], bias, even[0], even[3], count);
    inner(v[at], v[at + 2 * step], v[at + 4 * step], v[at + 6 * step], bias, even[1], even[2], count);
    int[] c1 = v[at + step];
    int[] c3 = v[at + 3 * step];
    int[] c5 = v[at + 5 * step];
    int[] c7 = v[at + 7 * step];
    weigh(c1, COS_1, c3, COS_3, c5, COS_5, c7, COS_7, odd[0], count);
    weigh(c1, COS_3, c3, -COS_7, c5, -COS_1, c7, -COS_5, odd[1], count);
    weigh(c1, COS_5, c3, -COS_1, c5, COS_7, c7, COS_3, odd[2], count);
    weigh(c1, COS_7, c3, -COS_5, c5, COS_3, c7, -COS_1, odd[3], count);
    for (int i = 0; i < SIZE / 2; i++) {
      mirror(even[i], odd[i], v[at + i * step], v[at + (SIZE - 1 - i) * step], shift, count);
    }
  }

  private static void outer(int[] c0, int[] c2, int[] c4, int[] c6, int bias, int[] e0, int[] e3, int count) {
    for (int i = 0; i < count; i++) {
      int sum = (c0[i] + c4[i] << FACTOR_BITS) + bias;
      int difference = COS_2 * c2[i] + COS_6 * c6[i];
      e0[i] = sum + difference;
      e3[i] = sum - difference;
    }
  }

  private static void inner(int[] c0, int[] c2, int[] c4, int[] c6, int bias, int[] e1, int[] e2, int count) {
    for (int i = 0; i < count; i++) {
      int sum = (c0[i] - c4[i] << FACTOR_BITS) + bias;
      int difference = COS_6 * c2[i] - COS_2 * c6[i];
      e1[i] = sum + difference;
      e2[i] = sum - difference;
    }
  }

  private static void weigh(
      int[] c1, int w1, int[] c3, int w3, int[] c5, int w5, int[] c7, int w7, int[] sum, int count) {
    for (int i = 0; i < count; i++) {
      sum[i] = w1 * c1[i] + w3 * c3[i] + w5 * c5[i] + w7 * c7[i];
    }
  }

  private static void mirror(int[] even, int[] odd, int[] left, int[] right, int shift, int count) {
    for (int i = 0; i < count; i++) {
      left[i] = even[i] + odd[i] >> shift;
      right[i] = even[i] - odd[i] >> shift;
    }
  }

  private static void limit(int[] samples, int largest, int count) {
    for (int i = 0; i < count; i++) {
      int below = largest - (samples[i] & ~(samples[i] >> 31));
      samples[i] = largest - (below & ~(below >> 31));
    }
  }

  /** A row of every lane. */
  private void store(int[][] from, int at, int[] values, int offset) {
    int[] c0 = from[at];
    int[] c1 = from[at + 1];
    int[] c2 = from[at + 2];
    int[] c3 = from[at + 3];
    int[] c4 = from[at + 4];
    int[] c5 = from[at + 5];
    int[] c6 = from[at + 6];
    int[] c7 = from[at + 7];
    for (int i = 0; i < lanes; i++) {
      int to = targets[i] + offset;
      values[to] = c0[i];
      values[to + 1] = c1[i];
      values[to + 2] = c2[i];
      values[to + 3] = c3[i];
      values[to + 4] = c4[i];
      values[to + 5] = c5[i];
      values[to + 6] = c6[i];
      values[to + 7] = c7[i];
    }
  }
}
