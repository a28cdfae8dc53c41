package nmsw.segmentation.nn;

/** Three integers along the axes x, y, z: a size, an index or a rate. */
public record Int3(int x, int y, int z) {
  /** The same value on every axis. */
  public static Int3 cube(int value) {
    return new Int3(value, value, value);
  }

  /** Value along axis 0 (x), 1 (y) or 2 (z). */
  public int get(int axis) {
    return switch (axis) {
      case 0 -> x;
      case 1 -> y;
      case 2 -> z;
      default -> throw new IndexOutOfBoundsException("axis " + axis);
    };
  }

  public Int3 plus(Int3 other) {
    return new Int3(x + other.x, y + other.y, z + other.z);
  }

  public Int3 minus(Int3 other) {
    return new Int3(x - other.x, y - other.y, z - other.z);
  }

  /** Product axis by axis. */
  public Int3 times(Int3 other) {
    return new Int3(x * other.x, y * other.y, z * other.z);
  }

  /** Quotient axis by axis, rounded down for values that are not negative. */
  public Int3 dividedBy(Int3 other) {
    return new Int3(x / other.x, y / other.y, z / other.z);
  }

  /** Number of voxels of a box of this size. */
  public long product() {
    return (long) x * y * z;
  }

  @Override
  public String toString() {
    return x + "x" + y + "x" + z;
  }
}
