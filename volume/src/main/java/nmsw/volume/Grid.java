package nmsw.volume;

/**
 * A regular lattice of voxel centres in patient space: index (i, j, k) lies at {@code origin + i stepX + j
 * stepY + k stepZ}. The steps are vectors in millimetres (direction times spacing), so that any orientation
 * is one formula.
 *
 * <p>Everything stored on a grid is stored x fastest: voxel (i, j, k) is element {@code i + nx (j + ny k)}.
 */
public record Grid(int nx, int ny, int nz, Vec3 origin, Vec3 stepX, Vec3 stepY, Vec3 stepZ) {
  public Grid {
    if (nx < 1 || ny < 1 || nz < 1) {
      throw new IllegalArgumentException("grid of " + nx + "x" + ny + "x" + nz + " voxels");
    }
    if ((long) nx * ny * nz > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "grid of " + nx + "x" + ny + "x" + nz + " voxels is larger than an array can hold");
    }
  }

  public int voxels() {
    return nx * ny * nz;
  }

  public int index(int i, int j, int k) {
    return i + nx * (j + ny * k);
  }

  /** Patient position (LPS, mm) of a possibly fractional index. */
  public Vec3 toPatient(double i, double j, double k) {
    return origin.plus(stepX.times(i)).plus(stepY.times(j)).plus(stepZ.times(k));
  }

  /** The fractional index (i, j, k) of a patient position: the inverse of {@link #toPatient}. */
  public Vec3 toIndex(Vec3 patient) {
    Vec3 d = patient.minus(origin);
    double determinant = stepX.cross(stepY).dot(stepZ);
    return new Vec3(
        d.dot(stepY.cross(stepZ)) / determinant,
        d.dot(stepZ.cross(stepX)) / determinant,
        d.dot(stepX.cross(stepY)) / determinant);
  }

  /** Volume of one voxel in cubic millimetres. */
  public double voxelVolume() {
    return Math.abs(stepX.cross(stepY).dot(stepZ));
  }

  /** The part of this grid that starts at index (i, j, k) with the given size; it may reach outside. */
  public Grid box(int i, int j, int k, int sizeX, int sizeY, int sizeZ) {
    return new Grid(sizeX, sizeY, sizeZ, toPatient(i, j, k), stepX, stepY, stepZ);
  }
}
