package nmsw.training.metrics;

import java.util.stream.IntStream;

/**
 * The surface voxels of every class of a volume, found in one go: those that have a neighbour, of six, of another class.
 * Outside the volume is background, class 0, whose surface nobody asks for.
 */
final class SurfaceVoxels {
  private static final int LABELS = 256;

  private final byte[] labels;
  private final int nx;
  private final int ny;
  private final int nz;
  private final int[][] indices = new int[LABELS][];

  /**
   * @param labels x fastest; not copied
   * @param size voxels along x, y and z
   */
  SurfaceVoxels(byte[] labels, int[] size) {
    this.labels = labels;
    nx = size[0];
    ny = size[1];
    nz = size[2];
    int[][] next = new int[nz][LABELS];
    IntStream.range(0, nz).parallel().forEach(z -> scan(z, next[z], false));
    for (int label = 0; label < LABELS; label++) {
      int total = 0;
      for (int z = 0; z < nz; z++) {
        int count = next[z][label];
        next[z][label] = total;
        total += count;
      }
      indices[label] = new int[total];
    }
    IntStream.range(0, nz).parallel().forEach(z -> scan(z, next[z], true));
  }

  /** Moves each class's place on by the surface voxels of a slice, and stores them there if asked to. */
  private void scan(int z, int[] next, boolean store) {
    for (int y = 0; y < ny; y++) {
      int row = (z * ny + y) * nx;
      for (int x = 0; x < nx; x++) {
        int v = row + x;
        byte label = labels[v];
        if (label != 0 && isSurface(label, v, x, y, z)) {
          int at = next[label & 0xFF]++;
          if (store) {
            indices[label & 0xFF][at] = v;
          }
        }
      }
    }
  }

  private boolean isSurface(byte label, int v, int x, int y, int z) {
    int plane = nx * ny;
    return x == 0 || labels[v - 1] != label || x == nx - 1 || labels[v + 1] != label
        || y == 0 || labels[v - nx] != label || y == ny - 1 || labels[v + nx] != label
        || z == 0 || labels[v - plane] != label || z == nz - 1 || labels[v + plane] != label;
  }

  /** Indices of a class's surface voxels, ascending; not a copy. */
  int[] of(int label) {
    return indices[label];
  }
}
