package nmsw.segmentation;

/**
 * Global logits up-sampled to the rows along z of one y. Rows are visited in ascending x, so that the low
 * rows around them, interpolated along y, serve all x between them.
 */
final class UpsampledRows {
  private final LowLogits low;
  private final Upsampling alongX;
  private final Upsampling alongZ;
  private final int lowYBelow;
  private final int lowYAbove;
  private final float fractionY;
  private final int firstLowZ;
  private final int lowZs;
  private final float[] scratch;
  private final float[] mixed;
  private final int[] columnLabels;
  private final boolean[] columnMixed;
  private final float[] voxel;
  private float[] below;
  private float[] above;
  private int[] labelsBelow;
  private int[] labelsAbove;
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
    this.alongZ = axes[2];
    this.lowYBelow = axes[1].below[y];
    this.lowYAbove = axes[1].above[y];
    this.fractionY = axes[1].fraction[y];
    this.firstLowZ = alongZ.below[fromZ];
    this.lowZs = alongZ.above[toZ - 1] + 1 - firstLowZ;
    int length = lowZs * low.classes();
    this.scratch = new float[length];
    this.mixed = new float[length];
    this.below = new float[length];
    this.above = new float[length];
    this.columnLabels = new int[lowZs];
    this.columnMixed = new boolean[lowZs];
    this.voxel = new float[low.classes()];
    this.labelsBelow = new int[lowZs];
    this.labelsAbove = new int[lowZs];
  }

  /**
   * Class of highest logit of the voxels (x, y, firstZ) .. with this many along z. Between two samples of
   * one class, that class is the highest of their interpolation too, which is then not computed; so along
   * every axis, for all classes at once.
   */
  void labels(int x, int firstZ, int count, byte[] into, int offset) {
    moveTo(x);
    float fraction = alongX.fraction[x];
    for (int z = 0; z < lowZs; z++) {
      columnMixed[z] = false;
      columnLabels[z] = labelsBelow[z];
      if (labelsBelow[z] != labelsAbove[z]) {
        mixColumn(z, fraction);
        columnLabels[z] = LowLogits.argmax(mixed, z * voxel.length, voxel.length);
      }
    }
    for (int z = 0; z < count; z++) {
      int lower = below(firstZ + z);
      int upper = above(firstZ + z);
      int label = columnLabels[lower];
      if (label != columnLabels[upper]) {
        mixColumn(lower, fraction);
        mixColumn(upper, fraction);
        float share = fraction(firstZ + z);
        for (int c = 0; c < voxel.length; c++) {
          voxel[c] =
              (1 - share) * mixed[lower * voxel.length + c] + share * mixed[upper * voxel.length + c];
        }
        label = LowLogits.argmax(voxel, 0, voxel.length);
      }
      into[offset + z] = (byte) label;
    }
  }

  private void mixColumn(int lowZ, float fraction) {
    if (!columnMixed[lowZ]) {
      columnMixed[lowZ] = true;
      for (int i = lowZ * voxel.length; i < (lowZ + 1) * voxel.length; i++) {
        mixed[i] = (1 - fraction) * below[i] + fraction * above[i];
      }
    }
  }

  /** Index among the low z around the rows of the one below voxel z, and above it. */
  int below(int z) {
    return alongZ.below[z] - firstLowZ;
  }

  int above(int z) {
    return alongZ.above[z] - firstLowZ;
  }

  /** Share of the upper of the two. */
  float fraction(int z) {
    return alongZ.fraction[z];
  }

  /** Logits at (x, y) for every low z around the rows, (low z, classes); valid until the next call. */
  float[] row(int x) {
    moveTo(x);
    float fraction = alongX.fraction[x];
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = (1 - fraction) * below[i] + fraction * above[i];
    }
    return mixed;
  }

  private void moveTo(int x) {
    int lower = alongX.below[x];
    int upper = alongX.above[x];
    if (lower != atBelow) {
      if (lower == atAbove) {
        float[] swapped = below;
        below = above;
        above = swapped;
        int[] labels = labelsBelow;
        labelsBelow = labelsAbove;
        labelsAbove = labels;
        atAbove = -1;
      } else {
        load(lower, below, labelsBelow);
      }
      atBelow = lower;
    }
    if (upper != atAbove) {
      load(upper, above, labelsAbove);
      atAbove = upper;
    }
  }

  private void load(int lowX, float[] into, int[] labels) {
    low.read(lowX, lowYBelow, firstLowZ, lowZs, into);
    if (fractionY > 0) {
      low.read(lowX, lowYAbove, firstLowZ, lowZs, scratch);
      for (int i = 0; i < into.length; i++) {
        into[i] = (1 - fractionY) * into[i] + fractionY * scratch[i];
      }
    }
    byte[] known = low.labels();
    int firstBelow = (lowX * low.size().y() + lowYBelow) * low.size().z() + firstLowZ;
    int firstAbove = (lowX * low.size().y() + lowYAbove) * low.size().z() + firstLowZ;
    for (int z = 0; z < lowZs; z++) {
      int label = known[firstBelow + z] & 0xff;
      boolean agreed = label == (known[firstAbove + z] & 0xff);
      labels[z] = agreed ? label : LowLogits.argmax(into, z * voxel.length, voxel.length);
    }
  }
}
