package nmsw.segmentation.nn;

/**
 * Candidate patches of a volume (NMSW §3): per axis a fixed stride, the last patch pushed inside. Cell (i,
 * j, k) has the flat index {@code (i * countY + j) * countZ + k}.
 */
public final class PatchGrid {
  private final Int3 volume;
  private final Int3 patch;
  private final int[][] starts;

  private PatchGrid(Int3 volume, Int3 patch, int[][] starts) {
    this.volume = volume;
    this.patch = patch;
    this.starts = starts;
  }

  /**
   * @param volume size in voxels
   * @param patch size in voxels; on an axis where the volume is smaller the volume's size is taken instead
   * @param overlap share of a patch that its neighbour overlaps, in [0, 1)
   */
  public static PatchGrid of(Int3 volume, Int3 patch, double overlap) {
    if (!(overlap >= 0 && overlap < 1)) {
      throw new IllegalArgumentException("overlap " + overlap + " is not in [0, 1)");
    }
    int[][] starts = new int[3][];
    int[] size = new int[3];
    for (int axis = 0; axis < 3; axis++) {
      int extent = volume.get(axis);
      if (extent < 1 || patch.get(axis) < 1) {
        throw new IllegalArgumentException("patch " + patch + " of a volume " + volume);
      }
      size[axis] = Math.min(extent, patch.get(axis));
      starts[axis] = starts(extent, size[axis], overlap);
    }
    return new PatchGrid(volume, new Int3(size[0], size[1], size[2]), starts);
  }

  private static int[] starts(int extent, int size, double overlap) {
    int stride = extent == size ? size : Math.max(1, (int) (size * (1 - overlap)));
    int count = (extent - size + stride - 1) / stride + 1;
    int[] starts = new int[count];
    for (int i = 0; i < count; i++) {
      starts[i] = Math.min(i * stride, extent - size);
    }
    return starts;
  }

  /** Number of patches. */
  public int cells() {
    return starts[0].length * starts[1].length * starts[2].length;
  }

  /** Number of patches along each axis. */
  public Int3 counts() {
    return new Int3(starts[0].length, starts[1].length, starts[2].length);
  }

  public Int3 volume() {
    return volume;
  }

  /** Size of every patch. */
  public Int3 patch() {
    return patch;
  }

  /** First voxel of the patch with this flat index. */
  public Int3 start(int cell) {
    if (cell < 0 || cell >= cells()) {
      throw new IndexOutOfBoundsException("cell " + cell + " of " + cells());
    }
    int countZ = starts[2].length;
    int countY = starts[1].length;
    return new Int3(
        starts[0][cell / (countZ * countY)],
        starts[1][cell / countZ % countY],
        starts[2][cell % countZ]);
  }

  /** First voxels of the patches along one axis, ascending. */
  public int[] starts(int axis) {
    return starts[axis].clone();
  }
}
