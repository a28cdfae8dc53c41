package nmsw.dicom.codec;

/** Coefficients of the reversible 5-3 transform (ITU-T T.800 §F.3.8.1). */
final class J2kReversiblePlane implements J2kPlane {
  private final int width;
  private final int height;
  private final int[] plane;
  private int[] other = new int[0];

  J2kReversiblePlane(int width, int height) {
    this.width = width;
    this.height = height;
    plane = new int[width * height];
  }

  @Override
  public void put(J2kCodeBlock block, int[] doubled, float step) {
    int from = 0;
    for (int y = 0; y < block.height; y++) {
      int to = (block.y + y) * width + block.x;
      for (int x = 0; x < block.width; x++) {
        // Towards zero, so that half a step vanishes.
        plane[to + x] = doubled[from + x] / 2;
      }
      from += block.width;
    }
  }

  @Override
  public void invert(int x0, int y0, int x1, int y1) {
    int w = x1 - x0;
    int h = y1 - y0;
    if (other.length == 0) {
      other = new int[plane.length];
    }
    rows(x0 & 1, w, h);
    columns(y0 & 1, w, h);
  }

  /** Plane to other. */
  private void rows(int parity, int w, int h) {
    if (w == 1) {
      for (int y = 0; y < h; y++) {
        other[y * width] = parity == 0 ? plane[y * width] : plane[y * width] >> 1;
      }
      return;
    }
    int lows = w + 1 - parity >> 1;
    int highs = w - lows;
    // With one more at either end, where the signal is extended symmetrically.
    int[] low = new int[lows + 2];
    int[] high = new int[highs + 2];
    for (int y = 0; y < h; y++) {
      int from = y * width;
      System.arraycopy(plane, from, low, 1, lows);
      System.arraycopy(plane, from + lows, high, 1, highs);
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

  /** Other to plane, a row at a time. */
  private void columns(int parity, int w, int h) {
    if (h == 1) {
      for (int x = 0; x < w; x++) {
        plane[x] = parity == 0 ? other[x] : other[x] >> 1;
      }
      return;
    }
    int lows = h + 1 - parity >> 1;
    int highs = h - lows;
    for (int i = 0; i < lows; i++) {
      int before = (lows + clamp(i - 1 + parity, highs)) * width;
      int after = (lows + clamp(i + parity, highs)) * width;
      lowRow((2 * i + parity) * width, i * width, before, after, w);
    }
    for (int i = 0; i < highs; i++) {
      int before = (2 * clamp(i - parity, lows) + parity) * width;
      int after = (2 * clamp(i + 1 - parity, lows) + parity) * width;
      highRow((2 * i + 1 - parity) * width, (lows + i) * width, before, after, w);
    }
  }

  static int clamp(int index, int count) {
    return Math.max(0, Math.min(count - 1, index));
  }

  private void lowRow(int to, int low, int before, int after, int w) {
    int[] from = other;
    int[] into = plane;
    for (int x = 0; x < w; x++) {
      into[to + x] = from[low + x] - (from[before + x] + from[after + x] + 2 >> 2);
    }
  }

  private void highRow(int to, int high, int before, int after, int w) {
    int[] from = other;
    int[] into = plane;
    for (int x = 0; x < w; x++) {
      into[to + x] = from[high + x] + (into[before + x] + into[after + x] >> 1);
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
        values[to + x] = Math.max(least, Math.min(largest, plane[from + x] + shift));
      }
    }
  }
}
