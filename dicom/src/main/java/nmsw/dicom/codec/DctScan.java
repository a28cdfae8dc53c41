package nmsw.dicom.codec;

import java.util.Arrays;

/**
 * The scan of a sequential DCT image of one component (ITU-T T.81 §F.2). The inverse transform is computed in
 * floating point, well within the one step that T.83 and IEEE 1180 let a sample differ.
 */
final class DctScan {
  private static final int SIZE = 8;
  private static final int BLOCK = SIZE * SIZE;

  /** Where the coefficients of the zig-zag sequence (figure A.6) stand in a block, row by row. */
  private static final int[] ZIG_ZAG = zigZag();

  /** Blocks that are transformed at once. */
  private static final int LANES = 64;

  private static final float COS_1 = cosine(1);
  private static final float COS_2 = cosine(2);
  private static final float COS_3 = cosine(3);
  private static final float COS_4 = cosine(4);
  private static final float COS_5 = cosine(5);
  private static final float COS_6 = cosine(6);
  private static final float COS_7 = cosine(7);

  private final JpegBits bits;
  private final HuffmanTable dcTable;
  private final HuffmanTable acTable;
  private final int[] acCodes;
  private final float[] quantizers = new float[BLOCK];
  private final int precision;

  /** A block in each lane: of all of them coefficient 0, then 1 ..., row by row, so that a step is one loop over them. */
  private final float[][] coefficients = new float[BLOCK][LANES];

  /** The same arrays in the order of the zig-zag sequence. */
  private final float[][] sequence = new float[BLOCK][];

  /** What the even coefficients and the odd ones are in the first four samples. */
  private final float[][] even = new float[SIZE / 2][LANES];

  private final float[][] odd = new float[SIZE / 2][LANES];

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
      this.quantizers[k] = quantizers[k];
      sequence[k] = coefficients[ZIG_ZAG[k]];
    }
    this.precision = precision;
  }

  private static float cosine(int sixteenths) {
    return (float) (Math.cos(sixteenths * Math.PI / 16) / 2);
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
      fill(sample(dc * quantizers[0] / SIZE), values, at, width);
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
    for (int column = 0; column < SIZE; column++) {
      invert(column, SIZE);
    }
    for (int row = 0; row < SIZE; row++) {
      invert(SIZE * row, 1);
      for (int column = 0; column < SIZE; column++) {
        store(coefficients[SIZE * row + column], values, row * width + column);
      }
    }
    lanes = 0;
  }

  /**
   * The one-dimensional inverse DCT (§A.3.3) in place, of every lane: even coefficients by symmetry, odd ones as they
   * are. In short loops over arrays with one index, for only such are compiled to vector instructions.
   */
  private void invert(int at, int step) {
    float[][] v = coefficients;
    even(v[at], v[at + 2 * step], v[at + 4 * step], v[at + 6 * step]);
    float[] c1 = v[at + step];
    float[] c3 = v[at + 3 * step];
    float[] c5 = v[at + 5 * step];
    float[] c7 = v[at + 7 * step];
    weigh(c1, COS_1, c3, COS_3, c5, COS_5, c7, COS_7, odd[0]);
    weigh(c1, COS_3, c3, -COS_7, c5, -COS_1, c7, -COS_5, odd[1]);
    weigh(c1, COS_5, c3, -COS_1, c5, COS_7, c7, COS_3, odd[2]);
    weigh(c1, COS_7, c3, -COS_5, c5, COS_3, c7, -COS_1, odd[3]);
    for (int i = 0; i < SIZE / 2; i++) {
      mirror(even[i], odd[i], v[at + i * step], v[at + (SIZE - 1 - i) * step]);
    }
  }

  private void even(float[] c0, float[] c2, float[] c4, float[] c6) {
    float[] e0 = even[0];
    float[] e1 = even[1];
    float[] e2 = even[2];
    float[] e3 = even[3];
    int count = lanes;
    for (int i = 0; i < count; i++) {
      float sum = COS_4 * (c0[i] + c4[i]);
      float outer = COS_2 * c2[i] + COS_6 * c6[i];
      e0[i] = sum + outer;
      e3[i] = sum - outer;
    }
    for (int i = 0; i < count; i++) {
      float difference = COS_4 * (c0[i] - c4[i]);
      float inner = COS_6 * c2[i] - COS_2 * c6[i];
      e1[i] = difference + inner;
      e2[i] = difference - inner;
    }
  }

  private void weigh(
      float[] c1, float w1, float[] c3, float w3, float[] c5, float w5, float[] c7, float w7, float[] sum) {
    int count = lanes;
    for (int i = 0; i < count; i++) {
      sum[i] = w1 * c1[i] + w3 * c3[i] + w5 * c5[i] + w7 * c7[i];
    }
  }

  private void mirror(float[] even, float[] odd, float[] left, float[] right) {
    int count = lanes;
    for (int i = 0; i < count; i++) {
      left[i] = even[i] + odd[i];
      right[i] = even[i] - odd[i];
    }
  }

  /** One sample of every lane; the coefficients behind them become zero again. */
  private void store(float[] from, int[] values, int offset) {
    int[] to = targets;
    int count = lanes;
    for (int i = 0; i < count; i++) {
      values[to[i] + offset] = sample(from[i]);
    }
    Arrays.fill(from, 0, count, 0);
  }

  /** Half a step to round, and far enough above zero that a cast rounds down what is not negative. */
  private int sample(float value) {
    int sample = (int) (value + ((1 << precision - 1) + 0.5f));
    return Math.max(0, Math.min(sample, (1 << precision) - 1));
  }
}
