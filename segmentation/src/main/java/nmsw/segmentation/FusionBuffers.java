package nmsw.segmentation;

/**
 * What one thread computes the logits and classes of a slice in; kept from slice to slice, as clearing them anew takes long and
 * the collector would come for them several times a second.
 */
final class FusionBuffers {
  /** A patch's logits of whole rows as they come, (voxel, class). */
  final float[] classesLast;

  /** The patch's logits of one voxel of each cell of the rows, [class][cell]. */
  final float[][] patch;

  /** The global network's. */
  final CellSamples global;

  final float[][] fused;

  /** The patch's share of the weights of all patches. */
  final float[] share;

  final float[] weights;

  /** The patch's highest logit. */
  final float[] strongest;

  final TwoHighest highest;

  /** What is found of one voxel of each cell. */
  final LikelyClasses found;

  /** Of a whole slice, (rows along x, voxels of a row). */
  final LikelyClasses slice;

  /**
   * @param cells that are computed at once at most
   * @param voxels of a cell at most
   * @param slice voxels of a slice at most
   */
  FusionBuffers(int classes, int cells, int voxels, int slice) {
    classesLast = new float[cells * voxels * classes];
    patch = new float[classes][cells];
    global = new CellSamples(classes, cells, voxels);
    fused = new float[classes][cells];
    share = new float[cells];
    weights = new float[cells];
    strongest = new float[cells];
    highest = new TwoHighest(cells);
    found = new LikelyClasses(cells);
    this.slice = new LikelyClasses(slice);
  }

  /** Finds the classes of the first cells' voxels by what is fused. */
  void find(int count) {
    highest.find(fused, count);
    found.take(highest, fused, count);
  }
}
