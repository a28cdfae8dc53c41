package nmsw.segmentation;

/**
 * Classes of voxels of constant y from the global logits alone. Where all eight samples around a voxel are certainly of one
 * class, so is their interpolation, which is then not computed.
 */
final class GlobalSlice {
  /** Certain cells between two stretches of others that are cheaper to interpolate too than to step over. */
  private static final int GAP = 5;

  private final LowLogits low;
  private final Upsampling alongX;
  private final RowCells cells;
  private final LowRows rows;
  private final int lowerY;
  private final int upperY;
  private final int[] common;
  private final LikelyClasses certain;
  private final int[] stretches;
  private int stretchCount;
  private int lowerX = -1;
  private int upperX = -1;

  /**
   * @param axes interpolation along x, y and z
   * @param cells of the rows along z
   */
  GlobalSlice(LowLogits low, Upsampling[] axes, int y, RowCells cells) {
    this.low = low;
    this.alongX = axes[0];
    this.cells = cells;
    this.rows = new LowRows(low, axes[0], axes[1], y, cells.firstSample, cells.samples());
    this.lowerY = axes[1].sample(axes[1].cell(y));
    this.upperY = axes[1].sample(axes[1].cell(y) + 1);
    this.common = new int[low.size().z()];
    this.certain = new LikelyClasses(cells.voxels());
    this.stretches = new int[2 * cells.cells()];
  }

  /**
   * @param fromX first voxel
   * @param toX one past the last
   * @param buffers whose {@link FusionBuffers#slice} takes the classes
   */
  void classify(int fromX, int toX, FusionBuffers buffers) {
    CellBatch batch = new CellBatch(cells, buffers);
    for (int x = fromX; x < toX; x++) {
      int offset = (x - fromX) * cells.voxels();
      findCommon(alongX.sample(alongX.cell(x)), alongX.sample(alongX.cell(x) + 1));
      buffers.slice.copy(certain, 0, offset, cells.voxels());
      if (stretchCount > 0) {
        float[][] samples = rows.at(x, stretches[0], stretches[2 * stretchCount - 1] + 1);
        for (int s = 0; s < stretchCount; s++) {
          batch.add(samples, stretches[2 * s], stretches[2 * s + 1], offset);
        }
      }
    }
    batch.finish();
  }

  /** Labels the voxels between samples of one class and lists the stretches of cells in which the others are. */
  private void findCommon(int lower, int upper) {
    if (lower == lowerX && upper == upperX) {
      return;
    }
    lowerX = lower;
    upperX = upper;
    byte[] known = low.labels();
    boolean[] sure = low.certain();
    int a = rowStart(lower, lowerY);
    int b = rowStart(lower, upperY);
    int c = rowStart(upper, lowerY);
    int d = rowStart(upper, upperY);
    int end = Math.min(common.length, cells.firstSample + cells.samples());
    for (int z = Math.max(0, cells.firstSample); z < end; z++) {
      byte label = known[a + z];
      boolean agreed =
          label == known[b + z] && label == known[c + z] && label == known[d + z]
              && sure[a + z] && sure[b + z] && sure[c + z] && sure[d + z];
      common[z] = agreed ? label & 0xff : -1;
    }
    stretchCount = 0;
    int last = common.length - 1;
    for (int cell = 0; cell < cells.cells(); cell++) {
      int sample = cells.firstSample + cell;
      int label = common[Math.max(0, sample)];
      if (label >= 0 && label == common[Math.min(last, sample + 1)]) {
        certain.certain(label, cells.start(cell), cells.start(cell + 1));
      } else if (stretchCount > 0 && cell - stretches[2 * stretchCount - 1] < GAP) {
        stretches[2 * stretchCount - 1] = cell + 1;
      } else {
        stretches[2 * stretchCount] = cell;
        stretches[2 * stretchCount + 1] = cell + 1;
        stretchCount++;
      }
    }
  }

  private int rowStart(int lowX, int lowY) {
    return (lowX * low.size().y() + lowY) * low.size().z();
  }
}
