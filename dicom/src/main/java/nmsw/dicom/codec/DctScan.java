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

  /** Of the odd coefficients 1, 3, 5, 7 in the samples 0 to 3: cos((2x + 1) u pi / 16) / 2. */
  private static final float[] ODD = odd();

  private static final float COS_2 = (float) (Math.cos(Math.PI / 8) / 2);
  private static final float COS_6 = (float) (Math.cos(3 * Math.PI / 8) / 2);
  private static final float COS_4 = (float) (Math.sqrt(0.5) / 2);

  private final JpegBits bits;
  private final HuffmanTable dcTable;
  private final HuffmanTable acTable;
  private final float[] quantizers = new float[BLOCK];
  private final int precision;
  private final float[] block = new float[BLOCK];

  /** @param quantizers in zig-zag sequence */
  DctScan(JpegBits bits, HuffmanTable dcTable, HuffmanTable acTable, int[] quantizers, int precision) {
    this.bits = bits;
    this.dcTable = dcTable;
    this.acTable = acTable;
    for (int k = 0; k < BLOCK; k++) {
      this.quantizers[k] = quantizers[k];
    }
    this.precision = precision;
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

  private static float[] odd() {
    float[] cosines = new float[16];
    for (int x = 0; x < 4; x++) {
      for (int i = 0; i < 4; i++) {
        cosines[4 * x + i] = (float) (Math.cos((2 * x + 1) * (2 * i + 1) * Math.PI / 16) / 2);
      }
    }
    return cosines;
  }

  int[] decode(FrameFormat format, int restartInterval) throws CodecException {
    int[] values = new int[format.pixels()];
    int across = (format.columns() + SIZE - 1) / SIZE;
    int down = (format.rows() + SIZE - 1) / SIZE;
    int dc = 0;
    int decoded = 0;
    for (int y = 0; y < down; y++) {
      for (int x = 0; x < across; x++) {
        if (restartInterval > 0 && decoded > 0 && decoded % restartInterval == 0) {
          bits.restart((decoded / restartInterval - 1) % 8);
          dc = 0;
        }
        dc = block(dc, values, format, SIZE * y, SIZE * x);
        decoded++;
      }
      bits.require();
    }
    return values;
  }

  /** Decodes a block; returns the new DC value. */
  private int block(int lastDc, int[] values, FrameFormat format, int y, int x) throws CodecException {
    float[] into = block;
    int category = bits.symbol(dcTable);
    if (category > 15) {
      throw bits.bad("a Huffman table with a DC category of " + category);
    }
    // Modulo 2^16, so that no sum of hostile differences leaves the range.
    int dc = (short) (category == 0 ? lastDc : lastDc + bits.receive(category));
    // Columns that have more than their first coefficient.
    int columns = 0;
    boolean flat = true;
    for (int k = 1; k < BLOCK; k++) {
      int symbol = bits.symbol(acTable);
      int size = symbol & 0xF;
      if (size == 0) {
        if (symbol != 0xF0) {
          break;
        }
        k += 15;
        continue;
      }
      k += symbol >> 4;
      if (k >= BLOCK) {
        throw bits.bad("a run of zero coefficients that leaves its block");
      }
      int at = ZIG_ZAG[k];
      into[at] = bits.receive(size) * quantizers[k];
      columns |= at < SIZE ? 0 : 1 << at % SIZE;
      flat = false;
    }
    if (flat) {
      storeFlat(dc * quantizers[0] / SIZE, values, format, y, x);
      return dc;
    }
    into[0] = dc * quantizers[0];
    for (int column = 0; column < SIZE; column++) {
      if ((columns >> column & 1) != 0) {
        invert(into, column, SIZE);
      } else if (into[column] != 0) {
        float value = COS_4 * into[column];
        for (int row = 0; row < SIZE; row++) {
          into[SIZE * row + column] = value;
        }
      }
    }
    for (int row = 0; row < SIZE; row++) {
      invert(into, SIZE * row, 1);
    }
    store(values, format, y, x);
    Arrays.fill(into, 0);
    return dc;
  }

  /** The one-dimensional inverse DCT (§A.3.3) in place: even coefficients by symmetry, odd ones as they are. */
  private static void invert(float[] v, int at, int step) {
    float c1 = v[at + step];
    float c2 = v[at + 2 * step];
    float c3 = v[at + 3 * step];
    float c4 = v[at + 4 * step];
    float c5 = v[at + 5 * step];
    float c6 = v[at + 6 * step];
    float c7 = v[at + 7 * step];
    float sum = COS_4 * (v[at] + c4);
    float difference = COS_4 * (v[at] - c4);
    float outer = COS_2 * c2 + COS_6 * c6;
    float inner = COS_6 * c2 - COS_2 * c6;
    float even0 = sum + outer;
    float even1 = difference + inner;
    float even2 = difference - inner;
    float even3 = sum - outer;
    float[] o = ODD;
    float odd0 = o[0] * c1 + o[1] * c3 + o[2] * c5 + o[3] * c7;
    float odd1 = o[4] * c1 + o[5] * c3 + o[6] * c5 + o[7] * c7;
    float odd2 = o[8] * c1 + o[9] * c3 + o[10] * c5 + o[11] * c7;
    float odd3 = o[12] * c1 + o[13] * c3 + o[14] * c5 + o[15] * c7;
    v[at] = even0 + odd0;
    v[at + step] = even1 + odd1;
    v[at + 2 * step] = even2 + odd2;
    v[at + 3 * step] = even3 + odd3;
    v[at + 4 * step] = even3 - odd3;
    v[at + 5 * step] = even2 - odd2;
    v[at + 6 * step] = even1 - odd1;
    v[at + 7 * step] = even0 - odd0;
  }

  /** Half a step to round, and far enough above zero that a cast rounds down. */
  private int sample(float value) {
    int sample = (int) Math.max(0, value + ((1 << precision - 1) + 0.5f));
    return Math.min(sample, (1 << precision) - 1);
  }

  private void storeFlat(float value, int[] values, FrameFormat format, int y, int x) {
    int rows = Math.min(SIZE, format.rows() - y);
    int columns = Math.min(SIZE, format.columns() - x);
    int sample = sample(value);
    for (int row = 0; row < rows; row++) {
      int to = (y + row) * format.columns() + x;
      for (int column = 0; column < columns; column++) {
        values[to + column] = sample;
      }
    }
  }

  private void store(int[] values, FrameFormat format, int y, int x) {
    int rows = Math.min(SIZE, format.rows() - y);
    int columns = Math.min(SIZE, format.columns() - x);
    for (int row = 0; row < rows; row++) {
      int to = (y + row) * format.columns() + x;
      for (int column = 0; column < columns; column++) {
        values[to + column] = sample(block[SIZE * row + column]);
      }
    }
  }
}
