package nmsw.segmentation;

import java.util.Arrays;

/**
 * Global logits up-sampled to the rows along z of one y, as [class][z]. Rows are visited in ascending x, so
 * that the low rows around them, interpolated along y and z, serve all x between them.
 */
final class UpsampledRows {
  /** Voxels between two stretches to interpolate that are cheaper to interpolate too than to step over. */
  private static final int GAP = 16;

  private final LowLogits low;
  private final Upsampling alongX;
  private final int lowYBelow;
  private final int lowYAbove;
  private final float fractionY;
  private final int sizeZ;
  private final int period;
  private final int firstLowZ;
  private final int lowZs;
  private final int[] belowZ;
  private final int[] aboveZ;
  private final float[] fractionZ;
  private final float[][] lowRow;
  private final float[][] otherLowRow;
  private final float[][] mixed;
  private final int[] common;
  private final byte[] commonLabels;
  private final int[] stretches;
  private int stretchCount;

  /** Voxels in all stretches. */
  private int stretched;

  private boolean stretchesLoaded;
  private int commonBelow = -1;
  private int commonAbove = -1;
  private float[][] below;
  private float[][] above;
  private int atBelow = -1;
  private int atAbove = -1;

  /**
   * @param axes interpolation along x, y and z
   * @param fromZ first voxel of the rows
   * @param toZ one past the last
   */
  UpsampledRows(LowLogits low, Upsampling[] axes, int y, int fromZ, int toZ) {
    this.low = low;
    this.alongX = axes[0];
    this.lowYBelow = axes[1].below[y];
    this.lowYAbove = axes[1].above[y];
    this.fractionY = axes[1].fraction[y];
    Upsampling alongZ = axes[2];
    this.sizeZ = toZ - fromZ;
    this.period = alongZ.period;
    this.firstLowZ = alongZ.below[fromZ];
    this.lowZs = alongZ.above[toZ - 1] + 1 - firstLowZ;
    this.belowZ = new int[sizeZ];
    this.aboveZ = new int[sizeZ];
    this.fractionZ = Arrays.copyOfRange(alongZ.fraction, fromZ, toZ);
    for (int z = 0; z < sizeZ; z++) {
      belowZ[z] = alongZ.below[fromZ + z] - firstLowZ;
      aboveZ[z] = alongZ.above[fromZ + z] - firstLowZ;
    }
    this.lowRow = new float[low.classes()][lowZs];
    this.otherLowRow = new float[low.classes()][lowZs];
    this.mixed = new float[low.classes()][sizeZ];
    this.below = new float[low.classes()][sizeZ];
    this.above = new float[low.classes()][sizeZ];
    this.common = new int[lowZs];
    this.commonLabels = new byte[sizeZ];
    this.stretches = new int[2 * sizeZ];
  }

  /**
   * Likeliest classes of the voxels at x, of those that are not certain as soon as the batch has found them. Where all eight
   * samples around a voxel are certainly of one class, so is their interpolation, which is then not computed.
   */
  void classify(int x, LikelyClasses into, int offset, VoxelBatch batch) {
    findCommon(alongX.below[x], alongX.above[x]);
    into.certain(commonLabels, offset, sizeZ);
    if (stretchCount == 0) {
      return;
    }
    if (stretched == sizeZ) {
      moveTo(x);
    } else if (!stretchesLoaded) {
      loadStretches(x);
    }
    for (int c = 0; c < low.classes(); c++) {
      mix(below[c], above[c], alongX.fraction[x], mixed[c], stretched);
    }
    batch.add(mixed, stretches, stretchCount, offset);
  }

  /**
   * Logits of all classes at x.
   *
   * @param into takes [class][z], voxel z at {@code offset + z}
   */
  void row(int x, float[][] into, int offset) {
    moveTo(x);
    for (int c = 0; c < low.classes(); c++) {
      mix(below[c], above[c], alongX.fraction[x], mixed[c], sizeZ);
      System.arraycopy(mixed[c], 0, into[c], offset, sizeZ);
    }
  }

  /** One index for all arrays: only then does the compiler make vector instructions of it. */
  private static void mix(float[] first, float[] second, float fraction, float[] into, int count) {
    float rest = 1 - fraction;
    for (int i = 0; i < count; i++) {
      into[i] = rest * first[i] + fraction * second[i];
    }
  }

  /** Labels the voxels between samples of one class and lists the stretches in which the others are. */
  private void findCommon(int lower, int upper) {
    if (lower == commonBelow && upper == commonAbove) {
      return;
    }
    commonBelow = lower;
    commonAbove = upper;
    stretchesLoaded = false;
    byte[] known = low.labels();
    boolean[] certain = low.certain();
    int[] rows = {
      rowStart(lower, lowYBelow), rowStart(lower, lowYAbove), rowStart(upper, lowYBelow), rowStart(upper, lowYAbove)
    };
    for (int z = 0; z < lowZs; z++) {
      byte label = known[rows[0] + z];
      boolean agreed =
          label == known[rows[1] + z] && label == known[rows[2] + z] && label == known[rows[3] + z]
              && certain[rows[0] + z] && certain[rows[1] + z] && certain[rows[2] + z] && certain[rows[3] + z];
      common[z] = agreed ? label & 0xff : -1;
    }
    stretchCount = 0;
    for (int z = 0; z < sizeZ; z++) {
      int label = common[belowZ[z]];
      if (label >= 0 && label == common[aboveZ[z]]) {
        commonLabels[z] = (byte) label;
      } else if (stretchCount > 0 && z - stretches[2 * stretchCount - 1] < GAP) {
        stretches[2 * stretchCount - 1] = z + 1;
      } else {
        stretches[2 * stretchCount] = z;
        stretches[2 * stretchCount + 1] = z + 1;
        stretchCount++;
      }
    }
    stretched = 0;
    for (int s = 0; s < stretchCount; s++) {
      stretched += stretches[2 * s + 1] - stretches[2 * s];
    }
  }

  private int rowStart(int lowX, int lowY) {
    return (lowX * low.size().y() + lowY) * low.size().z() + firstLowZ;
  }

  private void moveTo(int x) {
    int lower = alongX.below[x];
    int upper = alongX.above[x];
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
    read(lowX, 0, lowZs);
    for (int c = 0; c < low.classes(); c++) {
      stretch(alongY(c), into[c]);
    }
  }

  /** Takes samples of the two low rows around y, of one where y is upon it. */
  private void read(int lowX, int first, int samples) {
    low.read(lowX, lowYBelow, firstLowZ + first, samples, first, lowRow);
    if (fractionY > 0) {
      low.read(lowX, lowYAbove, firstLowZ + first, samples, first, otherLowRow);
    }
  }

  /** What was read, interpolated along y; once for each class. */
  private float[] alongY(int c) {
    if (fractionY > 0) {
      mix(lowRow[c], otherLowRow[c], fractionY, lowRow[c], lowZs);
    }
    return lowRow[c];
  }

  /**
   * Interpolation along z. Voxels whose place between their samples is the same lie {@link #period} apart: in the interior
   * they are taken together, the sample moving by one, so that neither indices nor shares are looked up.
   */
  private void stretch(float[] lowOfClass, float[] ofClass) {
    int end = sizeZ - period;
    stretch(lowOfClass, 0, Math.min(period, sizeZ), ofClass, 0);
    stretch(lowOfClass, Math.max(period, end), sizeZ, ofClass, Math.max(period, end));
    for (int phase = period; phase < Math.min(2 * period, end); phase++) {
      float share = fractionZ[phase];
      float rest = 1 - share;
      int sample = belowZ[phase];
      float below = lowOfClass[sample];
      for (int z = phase; z < end; z += period) {
        float above = lowOfClass[++sample];
        ofClass[z] = rest * below + share * above;
        below = above;
      }
    }
  }

  private void stretch(float[] lowOfClass, int from, int to, float[] ofClass, int at) {
    for (int z = from; z < to; z++) {
      float share = fractionZ[z];
      ofClass[at++] = (1 - share) * lowOfClass[belowZ[z]] + share * lowOfClass[aboveZ[z]];
    }
  }

  /** The voxels of all stretches, one after the other, in the low rows around x. */
  private void loadStretches(int x) {
    loadStretches(alongX.below[x], below);
    loadStretches(alongX.above[x], above);
    atBelow = -1;
    atAbove = -1;
    stretchesLoaded = true;
  }

  private void loadStretches(int lowX, float[][] into) {
    for (int s = 0; s < stretchCount; s++) {
      int first = belowZ[stretches[2 * s]];
      read(lowX, first, aboveZ[stretches[2 * s + 1] - 1] + 1 - first);
    }
    for (int c = 0; c < low.classes(); c++) {
      float[] samples = alongY(c);
      int at = 0;
      for (int s = 0; s < stretchCount; s++) {
        int from = stretches[2 * s];
        int to = stretches[2 * s + 1];
        stretch(samples, from, to, into[c], at);
        at += to - from;
      }
    }
  }
}
