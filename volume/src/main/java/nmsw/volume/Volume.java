package nmsw.volume;

/**
 * A CT volume: one Hounsfield value (rescaled, rounded) per voxel of a grid, x fastest.
 *
 * <p>The array is not copied, for its size; whoever makes a volume gives the array away.
 */
public record Volume(Grid grid, short[] hounsfield) {
  public Volume {
    if (hounsfield.length != grid.voxels()) {
      throw new IllegalArgumentException(
          hounsfield.length + " values for a grid of " + grid.voxels() + " voxels");
    }
  }
}
