package nmsw.segmentation;

/** What one thread computes the logits of a tile of voxels in; kept from tile to tile, as clearing them anew takes long. */
final class FusionBuffers {
  /** A patch's logits of the tile as they come, (voxel, class). */
  final float[] classesLast;

  /** The same as [class][voxel]. */
  final float[][] patch;

  final float[][] global;
  final float[][] fused;

  /** The patch's share of the weights of all patches, per voxel. */
  final float[] share;

  final float[] weights;

  /** The patch's highest logit per voxel. */
  final float[] strongest;

  final TwoHighest highest;

  /**
   * @param voxels of the largest tile
   */
  FusionBuffers(int classes, int voxels) {
    classesLast = new float[voxels * classes];
    patch = new float[classes][voxels];
    global = new float[classes][voxels];
    fused = new float[classes][voxels];
    share = new float[voxels];
    weights = new float[voxels];
    strongest = new float[voxels];
    highest = new TwoHighest(voxels);
  }
}
