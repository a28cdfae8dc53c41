package nmsw.dicom.codec;

import java.util.Arrays;

/** Decodes the samples of a JPEG-LS scan (ITU-T T.87 annexes A and F), under the standard's names. */
final class JpegLsScan {
  private static final int REGULAR_CONTEXTS = 365;

  /** Order of the codes of run lengths. */
  private static final int[] J = {
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15
  };

  private final JpegLsBits bits;
  private final int maxVal;
  private final int near;
  private final int step;
  private final int range;
  private final int errorBits;
  private final int limit;
  private final int reset;

  /** Quantized gradients from -t3 to t3, which is at index t3 * 2. */
  private final byte[] regions;

  private final int t3;

  /** A: sums of errors; behind the regular contexts those of run interruption by RItype. */
  private final int[] errors = new int[REGULAR_CONTEXTS + 2];

  /** N: occurrences. */
  private final int[] occurrences = new int[REGULAR_CONTEXTS + 2];

  /** B: bias; for run interruption Nn, the number of negative errors. */
  private final int[] biases = new int[REGULAR_CONTEXTS + 2];

  /** C: corrections of the prediction. */
  private final int[] corrections = new int[REGULAR_CONTEXTS];

  private int runIndex;

  /** The line above and the line being decoded, each with one more sample at either end. */
  private int[] above;

  private int[] line;

  JpegLsScan(JpegLsBits bits, JpegLsParameters parameters, int columns) {
    this.bits = bits;
    maxVal = parameters.maxVal();
    near = parameters.near();
    step = 2 * near + 1;
    range = parameters.range();
    errorBits = parameters.errorBits();
    limit = parameters.limit();
    reset = parameters.reset();
    t3 = parameters.t3();
    regions = regions(parameters);
    Arrays.fill(errors, Math.max(2, range + 32 >> 6));
    Arrays.fill(occurrences, 1);
    above = new int[columns + 2];
    line = new int[columns + 2];
  }

  /** §A.3.3. */
  private static byte[] regions(JpegLsParameters p) {
    byte[] regions = new byte[2 * p.t3() + 1];
    for (int i = 0; i < regions.length; i++) {
      int size = Math.abs(i - p.t3());
      int region = size <= p.near() ? 0 : size < p.t1() ? 1 : size < p.t2() ? 2 : size < p.t3() ? 3 : 4;
      regions[i] = (byte) (i < p.t3() ? -region : region);
    }
    return regions;
  }

  int[] decode(FrameFormat format) throws CodecException {
    int columns = format.columns();
    int[] values = new int[format.pixels()];
    for (int y = 0; y < format.rows(); y++) {
      // §A.2.1: beside the line stand its neighbours' values.
      line[0] = above[1];
      above[columns + 1] = above[columns];
      line(columns);
      bits.require();
      System.arraycopy(line, 1, values, y * columns, columns);
      int[] done = line;
      line = above;
      above = done;
    }
    return values;
  }

  private int region(int gradient) {
    return regions[Math.max(-t3, Math.min(t3, gradient)) + t3];
  }

  private void line(int columns) throws CodecException {
    int[] up = above;
    int[] now = line;
    int x = 1;
    int a = now[0];
    int c = up[0];
    int b = up[1];
    int q2 = region(b - c);
    while (x <= columns) {
      int d = up[x + 1];
      int q1 = region(d - b);
      int context = 81 * q1 + 9 * q2 + region(c - a);
      if (context != 0) {
        a = regular(context, a, b, c);
        now[x++] = a;
        c = b;
        b = d;
        // The gradient between c and b is that between b and d of the sample before.
        q2 = q1;
      } else {
        x = run(x, a, columns);
        if (x <= columns) {
          a = now[x - 1];
          c = up[x - 1];
          b = up[x];
          q2 = region(b - c);
        }
      }
    }
  }

  /** §A.4 to §A.6. */
  private int regular(int signedContext, int a, int b, int c) throws CodecException {
    int sign = signedContext >> 31;
    int q = (signedContext ^ sign) - sign;
    int low = Math.min(a, b);
    int high = Math.max(a, b);
    int prediction = Math.max(low, Math.min(high, a + b - c));
    prediction += (corrections[q] ^ sign) - sign;
    prediction = Math.max(0, Math.min(maxVal, prediction));
    int n = occurrences[q];
    int sum = errors[q];
    int k = order(n, sum);
    int code = golomb(k, limit);
    // Even codes are errors from 0 on, odd ones those below.
    int error = code >>> 1 ^ -(code & 1);
    int bias = biases[q];
    if (k == 0 && near == 0 && 2 * bias <= -n) {
      error = ~error;
    }
    sum += Math.abs(error);
    bias += error * step;
    if (n == reset) {
      sum >>= 1;
      bias >>= 1;
      n >>= 1;
    }
    n++;
    if (bias <= -n) {
      bias = Math.max(bias + n, 1 - n);
      corrections[q] = Math.max(-128, corrections[q] - 1);
    } else if (bias > 0) {
      bias = Math.min(bias - n, 0);
      corrections[q] = Math.min(127, corrections[q] + 1);
    }
    errors[q] = sum;
    biases[q] = bias;
    occurrences[q] = n;
    return reconstructed(prediction, (error ^ sign) - sign);
  }

  /** The smallest k with n * 2^k >= sum. */
  private static int order(int n, int sum) {
    int k = Math.max(0, Integer.numberOfLeadingZeros(n) - Integer.numberOfLeadingZeros(sum));
    return n << k < sum ? k + 1 : k;
  }

  private int golomb(int k, int longest) throws CodecException {
    int code = bits.golomb(k, longest, errorBits);
    if (code > 2 * range) {
      throw bits.bad("a prediction error that no sample can have");
    }
    return code;
  }

  private int reconstructed(int prediction, int error) {
    int value = prediction + error * step;
    if (value < -near) {
      value += range * step;
    } else if (value > maxVal + near) {
      value -= range * step;
    }
    return Math.max(0, Math.min(maxVal, value));
  }

  /** §A.7: copies the sample before x, then decodes the one that ends the run; returns the next place. */
  private int run(int start, int a, int columns) throws CodecException {
    int[] now = line;
    int x = start;
    while (bits.bit() == 1) {
      int length = 1 << J[runIndex];
      int copied = Math.min(length, columns + 1 - x);
      Arrays.fill(now, x, x + copied, a);
      x += copied;
      if (copied == length && runIndex < J.length - 1) {
        runIndex++;
      }
      if (x > columns) {
        return x;
      }
    }
    int length = bits.bits(J[runIndex]);
    if (length > columns - x) {
      throw bits.bad("a run that leaves its line");
    }
    Arrays.fill(now, x, x + length, a);
    x += length;
    now[x] = interruption(a, above[x]);
    if (runIndex > 0) {
      runIndex--;
    }
    return x + 1;
  }

  /** §A.7.2: the sample that differs from the run. */
  private int interruption(int a, int b) throws CodecException {
    int type = Math.abs(a - b) <= near ? 1 : 0;
    int q = REGULAR_CONTEXTS + type;
    int n = occurrences[q];
    int sum = errors[q];
    int k = order(n, type == 0 ? sum : sum + (n >> 1));
    int code = golomb(k, limit - J[runIndex] - 1);
    int map = code + type & 1;
    int error = code + type + map >> 1;
    boolean mapsNegative = k != 0 || 2 * biases[q] >= n;
    if (mapsNegative == (map == 1)) {
      error = -error;
    }
    if (error < 0) {
      biases[q]++;
    }
    sum += code + 1 - type >> 1;
    if (n == reset) {
      sum >>= 1;
      n >>= 1;
      biases[q] >>= 1;
    }
    errors[q] = sum;
    occurrences[q] = n + 1;
    int prediction = type == 1 ? a : b;
    return reconstructed(prediction, type == 0 && a > b ? -error : error);
  }
}
