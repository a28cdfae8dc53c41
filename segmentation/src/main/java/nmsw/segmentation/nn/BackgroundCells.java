package nmsw.segmentation.nn;

/**
 * Which grid cells the global network considers empty (NMSW §4 step 6). An empty cell's objectness gets
 * {@link #PENALTY} added, which leaves it behind every other cell.
 */
public final class BackgroundCells {
  /** ln of the smallest normal float32, rounded to float32. */
  public static final float PENALTY = (float) Math.log(Float.MIN_NORMAL);

  private BackgroundCells() {}

  /**
   * Cells whose footprint holds no foreground voxel in the low-resolution labels. All false where fewer
   * than {@code atLeast} cells hold foreground: then nothing better than the objectness itself is known.
   *
   * @param labels argmax of the low-resolution logits, z fastest, 0 is background
   * @param size of {@code labels}; the grid's volume divided by the down-sampling rate
   * @return per flat cell index true if empty
   */
  public static boolean[] byFootprint(byte[] labels, Int3 size, PatchGrid grid, int atLeast) {
    return byFootprint(labels, size, grid, atLeast, Int3.cube(0));
  }

  /**
   * As {@link #byFootprint(byte[], Int3, PatchGrid, int)}, for foreground in the footprint or near it.
   *
   * @param margin low-resolution voxels that the footprint is widened by on both sides of each axis
   */
  public static boolean[] byFootprint(
      byte[] labels, Int3 size, PatchGrid grid, int atLeast, Int3 margin) {
    requireSize(labels, size);
    int[] sums = prefixSums(labels, size);
    boolean[] background = new boolean[grid.cells()];
    int foreground = 0;
    for (int cell = 0; cell < background.length; cell++) {
      Int3 start = grid.start(cell);
      int[] from = new int[3];
      int[] to = new int[3];
      for (int axis = 0; axis < 3; axis++) {
        long extent = grid.volume().get(axis);
        long end = start.get(axis) + grid.patch().get(axis);
        int first = (int) (start.get(axis) * (long) size.get(axis) / extent);
        int last = (int) ((end * size.get(axis) + extent - 1) / extent);
        from[axis] = Math.max(0, first - margin.get(axis));
        to[axis] = Math.min(size.get(axis), last + margin.get(axis));
      }
      background[cell] = count(sums, size, from, to) == 0;
      if (!background[cell]) {
        foreground++;
      }
    }
    return foreground >= atLeast ? background : new boolean[background.length];
  }

  /**
   * What the reference does: one voxel decides, the labels being resized to the grid by nearest
   * neighbour (floor).
   */
  public static boolean[] compat(byte[] labels, Int3 size, Int3 counts) {
    requireSize(labels, size);
    boolean[] background = new boolean[(int) counts.product()];
    int cell = 0;
    for (int i = 0; i < counts.x(); i++) {
      for (int j = 0; j < counts.y(); j++) {
        for (int k = 0; k < counts.z(); k++) {
          int x = i * size.x() / counts.x();
          int y = j * size.y() / counts.y();
          int z = k * size.z() / counts.z();
          background[cell++] = labels[(x * size.y() + y) * size.z() + z] == 0;
        }
      }
    }
    return background;
  }

  private static void requireSize(byte[] labels, Int3 size) {
    if (labels.length != size.product()) {
      throw new IllegalArgumentException(labels.length + " labels for a volume of " + size);
    }
  }

  /** Foreground voxels before (x, y, z), one longer than the volume on every axis. */
  private static int[] prefixSums(byte[] labels, Int3 size) {
    int strideY = size.z() + 1;
    int strideX = strideY * (size.y() + 1);
    int[] sums = new int[strideX * (size.x() + 1)];
    int voxel = 0;
    for (int x = 0; x < size.x(); x++) {
      for (int y = 0; y < size.y(); y++) {
        int row = 0;
        int at = (x + 1) * strideX + (y + 1) * strideY + 1;
        for (int z = 0; z < size.z(); z++, at++) {
          row += labels[voxel++] == 0 ? 0 : 1;
          sums[at] =
              row + sums[at - strideX] + sums[at - strideY] - sums[at - strideX - strideY];
        }
      }
    }
    return sums;
  }

  private static int count(int[] sums, Int3 size, int[] from, int[] to) {
    int strideY = size.z() + 1;
    int strideX = strideY * (size.y() + 1);
    int count = 0;
    for (int corner = 0; corner < 8; corner++) {
      int x = (corner & 1) == 0 ? from[0] : to[0];
      int y = (corner & 2) == 0 ? from[1] : to[1];
      int z = (corner & 4) == 0 ? from[2] : to[2];
      int sign = Integer.bitCount(corner) % 2 == 1 ? 1 : -1;
      count += sign * sums[x * strideX + y * strideY + z];
    }
    return count;
  }
}
