package nmsw.segmentation;

/**
 * The cells between low samples that a row of voxels along z runs through, and where in them the voxels lie. Voxels are
 * counted from the row's first, samples and cells from its first cell; cell i lies between samples i and i + 1.
 */
final class RowCells {
  /** The sample that the first cell begins with, on the low grid; -1 where the row begins before the first sample. */
  final int firstSample;

  private final int[] start;
  private final float[][] share;
  private final int[][] voxels;

  /**
   * @param fromZ first voxel
   * @param toZ one past the last
   */
  RowCells(Upsampling alongZ, int fromZ, int toZ) {
    firstSample = alongZ.cell(fromZ);
    start = new int[alongZ.cell(toZ - 1) - firstSample + 2];
    int most = 0;
    int z = fromZ;
    for (int cell = 0; cell < cells(); cell++) {
      while (z < toZ && alongZ.cell(z) == firstSample + cell) {
        z++;
      }
      start[cell + 1] = z - fromZ;
      most = Math.max(most, start[cell + 1] - start[cell]);
    }
    share = new float[most][cells()];
    voxels = new int[most][cells()];
    for (int cell = 0; cell < cells(); cell++) {
      for (int v = start[cell]; v < start[cell + 1]; v++) {
        share[v - start[cell]][cell] = (float) alongZ.fraction(fromZ + v);
        voxels[v - start[cell]][cell] = v;
      }
    }
  }

  int cells() {
    return start.length - 1;
  }

  int samples() {
    return start.length;
  }

  int voxels() {
    return start[cells()];
  }

  /** Voxels in the cell that has most. */
  int mostVoxels() {
    return share.length;
  }

  /** Places for voxels when every cell has as many as the one that has most. */
  int slots() {
    return cells() * mostVoxels();
  }

  /** First voxel of a cell; of the one after the last, one past the last voxel. */
  int start(int cell) {
    return start[cell];
  }

  /**
   * Per cell the share that the next sample has in its n-th voxel; anything where it has none. Not copied.
   *
   * @param n from 0
   */
  float[] share(int n) {
    return share[n];
  }

  /**
   * Hands over what was found for the n-th voxels of some cells.
   *
   * @param at where in {@code found} the first of these cells is
   * @param cell the first of these cells in the row
   * @param offset where in {@code into} the row's first voxel is
   */
  void place(LikelyClasses found, int at, int count, int cell, int n, LikelyClasses into, int offset) {
    for (int i = 0; i < count; i++) {
      int voxel = start[cell + i] + n;
      if (voxel < start[cell + i + 1]) {
        into.copy(found, at + i, offset + voxel);
      }
    }
  }

  /**
   * The n-th voxel of each cell; where it has fewer, another of the row. Not copied.
   *
   * @param n from 0
   */
  int[] voxels(int n) {
    return voxels[n];
  }
}
