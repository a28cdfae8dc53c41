package nmsw.segmentation;

import java.util.Arrays;

/**
 * Voxels whose logits are known, of short stretches here and there, until there are enough of them to find their classes at
 * once: loops over few voxels would take several times as long (see {@link TwoHighest}).
 */
final class VoxelBatch {
  private static final int LOGITS = 1 << 14;
  private static final int FEWEST = 256;
  private static final int MOST = 1024;

  private final LikelyClasses into;
  private final int enough;
  private final float[][] logits;
  private final TwoHighest highest;
  private final LikelyClasses found;
  private int[] offsets = new int[16];
  private int[] starts = new int[17];
  private int stretches;
  private int count;

  /**
   * @param most voxels that are taken at a time
   * @param into takes what is found
   */
  VoxelBatch(int classes, int most, LikelyClasses into) {
    this.into = into;
    this.enough = enough(classes);
    this.logits = new float[classes][enough + most];
    this.highest = new TwoHighest(enough + most);
    this.found = new LikelyClasses(enough + most);
  }

  /** So many voxels that loops over them pay, and that the logits of all classes stay in a core's cache. */
  static int enough(int classes) {
    return Math.max(FEWEST, Math.min(MOST, LOGITS / classes));
  }

  /**
   * Takes voxels that lie one after the other here and in stretches there.
   *
   * @param row logits, [class][voxel]
   * @param places first voxel of each stretch and one past its last, where what is found is to go
   * @param offset to these places
   */
  void add(float[][] row, int[] places, int stretchCount, int offset) {
    if (stretches + stretchCount > offsets.length) {
      offsets = Arrays.copyOf(offsets, 2 * (stretches + stretchCount));
      starts = Arrays.copyOf(starts, offsets.length + 1);
    }
    int first = count;
    for (int s = 0; s < stretchCount; s++) {
      offsets[stretches++] = offset + places[2 * s];
      count += places[2 * s + 1] - places[2 * s];
      starts[stretches] = count;
    }
    for (int c = 0; c < logits.length; c++) {
      System.arraycopy(row[c], 0, logits[c], first, count - first);
    }
    if (count >= enough) {
      finish();
    }
  }

  /** Finds the classes of what is left. */
  void finish() {
    highest.find(logits, count);
    found.take(highest, logits, 0, count);
    for (int s = 0; s < stretches; s++) {
      into.copy(found, starts[s], offsets[s], starts[s + 1] - starts[s]);
    }
    stretches = 0;
    count = 0;
  }
}
