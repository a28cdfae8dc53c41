package nmsw.dicom.codec;

/** Coefficients of the irreversible 9-7 transform (ITU-T T.800 §F.3.8.2), in single precision. */
final class J2kIrreversiblePlane implements J2kPlane {
  private static final float ALPHA = -1.586134342059924f;
  private static final float BETA = -0.052980118572961f;
  private static final float GAMMA = 0.882911075530934f;
  private static final float DELTA = 0.443506852043971f;
  private static final float K = 1.230174104914001f;

  private final int width;
  private final int height;
  private final float[] plane;
  private float[] other = new float[0];

  J2kIrreversiblePlane(int width, int height) {
    this.width = width;
    this.height = height;
    plane = new float[width * height];
  }

  @Override
  public void put(J2kCodeBlock block, int[] doubled, float step) {
    float half = step / 2;
    int from = 0;
    for (int y = 0; y < block.height; y++) {
      int to = (block.y + y) * width + block.x;
      for (int x = 0; x < block.width; x++) {
        plane[to + x] = doubled[from + x] * half;
      }
      from += block.width;
    }
  }

  @Override
  public void invert(int x0, int y0, int x1, int y1) {
    int w = x1 - x0;
    int h = y1 - y0;
    if (other.length == 0) {
      other = new float[plane.length];
    }
    rows(x0 & 1, w, h);
    columns(y0 & 1, w, h);
  }

  /** Plane to other. */
  private void rows(int parity, int w, int h) {
    if (w == 1) {
      for (int y = 0; y < h; y++) {
        other[y * width] = parity == 0 ? plane[y * width] : plane[y * width] / 2;
      }
      return;
    }
    int lows = w + 1 - parity >> 1;
    int highs = w - lows;
    // With one more at either end, where the signal is extended symmetrically.
    float[] low = new float[lows + 2];
    float[] high = new float[highs + 2];
    for (int y = 0; y < h; y++) {
      int from = y * width;
      for (int i = 0; i < lows; i++) {
        low[i + 1] = K * plane[from + i];
      }
      for (int i = 0; i < highs; i++) {
        high[i + 1] = plane[from + lows + i] * (1 / K);
      }
      lift(low, lows, high, highs, parity, DELTA);
      lift(high, highs, low, lows, 1 - parity, GAMMA);
      lift(low, lows, high, highs, parity, BETA);
      lift(high, highs, low, lows, 1 - parity, ALPHA);
      int to = from + parity;
      for (int i = 0; i < lows; i++) {
        other[to + 2 * i] = low[i + 1];
      }
      to = from + 1 - parity;
      for (int i = 0; i < highs; i++) {
        other[to + 2 * i] = high[i + 1];
      }
    }
  }

  /** One lifting step: every target loses a share of its two neighbours, the first of which may be before it. */
  private static void lift(float[] target, int targets, float[] source, int sources, int shift, float factor) {
    source[0] = source[1];
    source[sources + 1] = source[sources];
    for (int i = 0; i < targets; i++) {
      target[i + 1] -= factor * (source[i + shift] + source[i + shift + 1]);
    }
  }

  /** Other to plane, a row at a time. */
  private void columns(int parity, int w, int h) {
    if (h == 1) {
      for (int x = 0; x < w; x++) {
        plane[x] = parity == 0 ? other[x] : other[x] / 2;
      }
      return;
    }
    int lows = h + 1 - parity >> 1;
    int highs = h - lows;
    for (int i = 0; i < lows; i++) {
      scaled((2 * i + parity) * width, i * width, w, K);
    }
    for (int i = 0; i < highs; i++) {
      scaled((2 * i + 1 - parity) * width, (lows + i) * width, w, 1 / K);
    }
    liftRows(parity, lows, highs, w, DELTA);
    liftRows(1 - parity, highs, lows, w, GAMMA);
    liftRows(parity, lows, highs, w, BETA);
    liftRows(1 - parity, highs, lows, w, ALPHA);
  }

  private void scaled(int to, int from, int w, float factor) {
    float[] source = other;
    float[] into = plane;
    for (int x = 0; x < w; x++) {
      into[to + x] = source[from + x] * factor;
    }
  }

  /** One lifting step of the rows of one parity by those of the other. */
  private void liftRows(int parity, int targets, int sources, int w, float factor) {
    for (int i = 0; i < targets; i++) {
      int before = 2 * J2kReversiblePlane.clamp(i - 1 + parity, sources) + 1 - parity;
      int after = 2 * J2kReversiblePlane.clamp(i + parity, sources) + 1 - parity;
      liftRow((2 * i + parity) * width, before * width, after * width, w, factor);
    }
  }

  private void liftRow(int to, int before, int after, int w, float factor) {
    float[] into = plane;
    for (int x = 0; x < w; x++) {
      into[to + x] -= factor * (into[before + x] + into[after + x]);
    }
  }

  @Override
  public void store(int[] values, int offset, int stride, int precision, boolean signed) {
    int shift = signed ? 0 : 1 << precision - 1;
    int least = signed ? -1 << precision - 1 : 0;
    int largest = least + (1 << precision) - 1;
    for (int y = 0; y < height; y++) {
      int to = offset + y * stride;
      int from = y * width;
      for (int x = 0; x < width; x++) {
        int value = (int) Math.rint(plane[from + x]) + shift;
        values[to + x] = Math.max(least, Math.min(largest, value));
      }
    }
  }
}
