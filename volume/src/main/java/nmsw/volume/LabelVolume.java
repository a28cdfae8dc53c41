package nmsw.volume;

/**
 * One label per voxel of a grid, x fastest; unsigned bytes, 0 is background, what the others mean is said by
 * a {@link LabelTable}. The array is not copied.
 */
public record LabelVolume(Grid grid, byte[] labels) {
  public LabelVolume {
    if (labels.length != grid.voxels()) {
      throw new IllegalArgumentException(
          labels.length + " labels for a grid of " + grid.voxels() + " voxels");
    }
  }
}
