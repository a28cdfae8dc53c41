package nmsw.volume;

import java.util.stream.IntStream;

/** Which voxels of a label volume have another label among the 26 around them. */
final class LabelBorders {
  private final Grid grid;
  private final byte[] labels;

  /** Whether the 3 x 3 voxels around one, in its plane of constant z, are not all the same. */
  private final boolean[] mixedInPlane;

  LabelBorders(LabelVolume volume) {
    grid = volume.grid();
    labels = volume.labels();
    mixedInPlane = new boolean[labels.length];
    IntStream.range(0, grid.nz()).parallel().forEach(this::plane);
  }

  private void plane(int z) {
    int nx = grid.nx();
    int ny = grid.ny();
    int base = z * nx * ny;
    boolean[] mixedInRow = new boolean[nx * ny];
    for (int y = 0; y < ny; y++) {
      int row = base + y * nx;
      for (int x = 0; x + 1 < nx; x++) {
        if (labels[row + x] != labels[row + x + 1]) {
          mixedInRow[y * nx + x] = true;
          mixedInRow[y * nx + x + 1] = true;
        }
      }
    }
    for (int y = 0; y < ny; y++) {
      int above = Math.max(0, y - 1) * nx;
      int here = y * nx;
      int below = Math.min(ny - 1, y + 1) * nx;
      for (int x = 0; x < nx; x++) {
        byte label = labels[base + here + x];
        mixedInPlane[base + here + x] =
            mixedInRow[above + x] | mixedInRow[here + x] | mixedInRow[below + x]
                | labels[base + above + x] != label | labels[base + below + x] != label;
      }
    }
  }

  /** Whether the 27 voxels around a voxel, as far as they exist, are not all the same. */
  boolean near(int x, int y, int z) {
    int plane = grid.nx() * grid.ny();
    int here = grid.index(x, y, z);
    int before = z == 0 ? here : here - plane;
    int behind = z == grid.nz() - 1 ? here : here + plane;
    return mixedInPlane[before] | mixedInPlane[here] | mixedInPlane[behind]
        | labels[before] != labels[here] | labels[behind] != labels[here];
  }
}
