package nmsw.segmentation;

/** Linear interpolation at half-pixel centres along one axis: between which two samples, and how much of the second. */
public final class Upsampling {
  private final int source;
  private final int[] cell;
  private final double[] fraction;

  /** Voxels between two samples at most. */
  final int mostPerCell;

  /**
   * @param source samples
   * @param target voxels between and about them, evenly
   */
  public Upsampling(int source, int target) {
    this.source = source;
    mostPerCell = (target + source - 1) / source;
    cell = new int[target];
    fraction = new double[target];
    double scale = (double) source / target;
    for (int i = 0; i < target; i++) {
      double position = (i + 0.5) * scale - 0.5;
      cell[i] = (int) Math.floor(position);
      fraction[i] = position - cell[i];
    }
  }

  /** The sample that a voxel is not before; -1 for voxels before the first. */
  public int cell(int voxel) {
    return cell[voxel];
  }

  /** Share of the next sample. */
  public double fraction(int voxel) {
    return fraction[voxel];
  }

  /** The sample to use for one of {@link #cell} or the next: voxels outside all take the outermost. */
  public int sample(int at) {
    return Math.max(0, Math.min(source - 1, at));
  }
}
