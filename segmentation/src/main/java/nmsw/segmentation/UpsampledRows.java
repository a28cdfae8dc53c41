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
  private float[] below;
  private float[] above;
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
  }

  /**
   * For each low z around the rows the class on which the four low voxels around (x, y) agree, or -1.
   *
   * @return whether all of them agree
   */
  boolean agreed(int x, int[] classes) {
    byte[] labels = low.labels();
    int ny = low.size().y();
    int nz = low.size().z();
    int a = (alongX.below[x] * ny + lowYBelow) * nz + firstLowZ;
    int b = (alongX.below[x] * ny + lowYAbove) * nz + firstLowZ;
    int c = (alongX.above[x] * ny + lowYBelow) * nz + firstLowZ;
    int d = (alongX.above[x] * ny + lowYAbove) * nz + firstLowZ;
    boolean all = true;
    for (int z = 0; z < lowZs; z++) {
      byte label = labels[a + z];
      boolean same = label == labels[b + z] && label == labels[c + z] && label == labels[d + z];
      classes[z] = same ? label & 0xff : -1;
      all &= same && classes[z] == classes[0];
    }
    return all;
  }

  /** Number of low z around the rows. */
  int lowZs() {
    return lowZs;
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
    int lower = alongX.below[x];
    int upper = alongX.above[x];
    if (lower != atBelow) {
      if (lower == atAbove) {
        float[] swapped = below;
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
    float fraction = alongX.fraction[x];
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = (1 - fraction) * below[i] + fraction * above[i];
    }
    return mixed;
  }

  private void load(int lowX, float[] into) {
    low.read(lowX, lowYBelow, firstLowZ, lowZs, into);
    if (fractionY > 0) {
      low.read(lowX, lowYAbove, firstLowZ, lowZs, scratch);
      for (int i = 0; i < into.length; i++) {
        into[i] = (1 - fractionY) * into[i] + fractionY * scratch[i];
      }
    }
  }
}
