package nmsw.segmentation;

import java.util.Arrays;

/**
 * Stretches of cells of rows along z, here and there, until there are enough of them to find their voxels' classes at once:
 * loops over few would take several times as long (see {@link TwoHighest}).
 */
final class CellBatch {
  /** Numbers kept of a stretch: its first cell in the batch and in the row, and its row's first voxel in the slice. */
  private static final int NUMBERS = 3;

  private final RowCells row;
  private final FusionBuffers buffers;
  private final CellSamples samples;
  private final int enough;
  private int[] stretches = new int[16 * NUMBERS];
  private int stretchCount;

  /**
   * @param row of all cells
   * @param buffers whose {@link FusionBuffers#slice} takes what is found
   */
  CellBatch(RowCells row, FusionBuffers buffers) {
    this.row = row;
    this.buffers = buffers;
    this.samples = buffers.global;
    this.enough = CellSamples.enough(buffers.fused.length);
    samples.clear();
  }

  /**
   * Takes cells of one row.
   *
   * @param rowSamples logits, [class][sample of the row]
   * @param from first cell
   * @param to one past the last
   * @param offset of the row's first voxel in the slice
   */
  void add(float[][] rowSamples, int from, int to, int offset) {
    if (NUMBERS * stretchCount == stretches.length) {
      stretches = Arrays.copyOf(stretches, 2 * stretches.length);
    }
    int at = NUMBERS * stretchCount++;
    stretches[at] = samples.count();
    stretches[at + 1] = from;
    stretches[at + 2] = offset;
    samples.add(row, rowSamples, from, to);
    if (samples.count() >= enough) {
      finish();
    }
  }

  /** Finds the classes of what is left. */
  void finish() {
    for (int n = 0; n < row.mostVoxels(); n++) {
      for (int c = 0; c < buffers.fused.length; c++) {
        samples.read(buffers.fused[c], c, n);
      }
      buffers.find(samples.count());
      int end = samples.count();
      for (int at = NUMBERS * (stretchCount - 1); at >= 0; at -= NUMBERS) {
        row.place(buffers.found, stretches[at], end - stretches[at], stretches[at + 1], n, buffers.slice, stretches[at + 2]);
        end = stretches[at];
      }
    }
    stretchCount = 0;
    samples.clear();
  }
}
