package nmsw.segmentation;

/**
 * Rows along z of the global logits on their own grid, interpolated along y to one y of the full grid, as [class][sample]. x is
 * visited in ascending order, so that the two rows around it serve all x between them.
 */
final class LowRows {
  private final LowLogits low;
  private final Upsampling alongX;
  private final int lowerY;
  private final int upperY;
  private final float fractionY;
  private final int firstSample;
  private final int samples;
  private final float[][] otherY;
  private final float[][] between;
  private float[][] below;
  private float[][] above;
  private int atBelow = -1;
  private int atAbove = -1;

  /**
   * @param firstSample of the rows; -1 is a copy of the first
   * @param samples of each row; one past the last of the grid is a copy of it
   */
  LowRows(LowLogits low, Upsampling alongX, Upsampling alongY, int y, int firstSample, int samples) {
    this.low = low;
    this.alongX = alongX;
    this.lowerY = alongY.sample(alongY.cell(y));
    this.upperY = alongY.sample(alongY.cell(y) + 1);
    this.fractionY = (float) alongY.fraction(y);
    this.firstSample = firstSample;
    this.samples = samples;
    this.otherY = new float[low.classes()][samples];
    this.between = new float[low.classes()][samples];
    this.below = new float[low.classes()][samples];
    this.above = new float[low.classes()][samples];
  }

  /**
   * Samples of all classes at x of the full grid.
   *
   * @param from first sample wanted
   * @param to one past the last sample wanted; what is not wanted may hold anything
   * @return [class][sample], until the next call
   */
  float[][] at(int x, int from, int to) {
    moveTo(alongX.sample(alongX.cell(x)), alongX.sample(alongX.cell(x) + 1));
    float fraction = (float) alongX.fraction(x);
    for (int c = 0; c < between.length; c++) {
      mix(below[c], above[c], fraction, between[c], from, to);
    }
    return between;
  }

  private void moveTo(int lower, int upper) {
    if (lower != atBelow) {
      if (lower == atAbove) {
        float[][] swapped = below;
        below = above;
        above = swapped;
        atAbove = -1;
      } else {
        load(lower, below);
      }
      atBelow = lower;
    }
    if (upper != atAbove) {
      load(upper, above);
      atAbove = upper;
    }
  }

  private void load(int lowX, float[][] into) {
    low.read(lowX, lowerY, firstSample, samples, into);
    if (fractionY > 0 && upperY != lowerY) {
      low.read(lowX, upperY, firstSample, samples, otherY);
      for (int c = 0; c < into.length; c++) {
        mix(into[c], otherY[c], fractionY, into[c], 0, samples);
      }
    }
  }

  /** One index for all arrays: only then does the compiler make vector instructions of it. */
  private static void mix(float[] first, float[] second, float fraction, float[] into, int from, int to) {
    float rest = 1 - fraction;
    for (int i = from; i < to; i++) {
      into[i] = rest * first[i] + fraction * second[i];
    }
  }
}
