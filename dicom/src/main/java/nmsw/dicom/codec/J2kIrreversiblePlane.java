package nmsw.dicom.codec;

/** Coefficients of the irreversible 9-7 transform (ITU-T T.800 §F.3.8.2), in single precision. */
final class J2kIrreversiblePlane extends J2kPlane<float[]> {
  /** Delta, gamma, beta, alpha of table F.4. */
  private static final float[] FACTORS = {0.443506852043971f, 0.882911075530934f, -0.052980118572961f, -1.586134342059924f};

  private static final float K = 1.230174104914001f;

  /** What is added and taken away again loses its fraction, to the nearest even number (below 2^22). */
  private static final float WHOLE = 0x1.8p23f;

  /** The bands of a row, with one more at either end, where the signal is extended symmetrically. */
  private final float[] low;

  private final float[] high;

  J2kIrreversiblePlane(int width, int height) {
    super(new float[height][width], FACTORS.length);
    low = new float[width / 2 + 3];
    high = new float[width / 2 + 3];
  }

  @Override
  void put(J2kCodeBlock block, J2kBlockDecoder decoder, float step) {
    float half = step / 2;
    int[] doubled = decoder.values();
    for (int y = 0; y < block.height; y++) {
      int from = decoder.firstOf(y);
      float[] row = rows[block.y + y];
      for (int x = 0; x < block.width; x++) {
        row[block.x + x] = doubled[from + J2kBlockDecoder.STRIPE * x] * half;
      }
    }
  }

  @Override
  void invertRow(float[] row, int width, int parity) {
    int lows = width + 1 - parity >> 1;
    int highs = width - lows;
    for (int i = 0; i < lows; i++) {
      low[i + 1] = K * row[i];
    }
    for (int i = 0; i < highs; i++) {
      high[i + 1] = row[lows + i] * (1 / K);
    }
    for (int step = 0; step < FACTORS.length; step++) {
      boolean even = step % 2 == 0;
      float[] target = even ? low : high;
      float[] source = even ? high : low;
      int sources = even ? highs : lows;
      source[0] = source[1];
      source[sources + 1] = source[sources];
      lift(target, source, width - sources, even ? parity : 1 - parity, FACTORS[step]);
    }
    for (int i = 0; i < lows; i++) {
      row[2 * i + parity] = low[i + 1];
    }
    for (int i = 0; i < highs; i++) {
      row[2 * i + 1 - parity] = high[i + 1];
    }
  }

  /** One lifting step, by the sources before and at a target, or at and behind it: constants, or no vectors. */
  private static void lift(float[] target, float[] source, int count, int shift, float factor) {
    if (shift == 0) {
      for (int i = 1; i <= count; i++) {
        target[i] -= factor * (source[i - 1] + source[i]);
      }
    } else {
      for (int i = 1; i <= count; i++) {
        target[i] -= factor * (source[i] + source[i + 1]);
      }
    }
  }

  @Override
  void scale(float[] row, int width, boolean low) {
    float gain = low ? K : 1 / K;
    for (int x = 0; x < width; x++) {
      row[x] *= gain;
    }
  }

  @Override
  void halve(float[] row, int width) {
    for (int x = 0; x < width; x++) {
      row[x] /= 2;
    }
  }

  @Override
  void lift(int step, float[] row, float[] before, float[] after, int width) {
    float factor = FACTORS[step];
    for (int x = 0; x < width; x++) {
      row[x] -= factor * (before[x] + after[x]);
    }
  }

  @Override
  void store(int[] values, int offset, int stride, int precision, boolean signed) {
    int shift = signed ? 0 : 1 << precision - 1;
    int least = signed ? -1 << precision - 1 : 0;
    int largest = least + (1 << precision) - 1;
    for (int y = 0; y < rows.length; y++) {
      float[] row = rows[y];
      int to = offset + y * stride;
      for (int x = 0; x < row.length; x++) {
        int value = (int) (row[x] + WHOLE - WHOLE) + shift;
        values[to + x] = Math.max(least, Math.min(largest, value));
      }
    }
  }
}
