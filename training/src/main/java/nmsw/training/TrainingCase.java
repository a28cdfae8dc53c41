package nmsw.training;

import java.util.Set;
import nmsw.segmentation.nn.Int3;
import nmsw.training.dataset.LabelledVolume;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.Volume;

/**
 * One labelled volume on the model's grid, cut to the body: the bounding box of voxels above the window's lower end.
 * Values are stored z fastest, as the network takes them; labels are class indices.
 *
 * @param hounsfield not copied
 * @param labels not copied
 * @param unannotated classes that may be anywhere in the background, since nobody looked for them
 */
record TrainingCase(
    String id, Int3 size, short[] hounsfield, byte[] labels, Set<Integer> unannotated) {

  TrainingCase {
    unannotated = Set.copyOf(unannotated);
  }

  /**
   * @param source on the model's grid
   * @param windowLow HU; voxels at or below are outside the body
   * @throws IllegalArgumentException if no voxel is above, or the grids differ
   */
  static TrainingCase of(LabelledVolume source, double windowLow) {
    Volume volume = source.image();
    LabelVolume labels = source.labels();
    Grid grid = volume.grid();
    if (labels.labels().length != volume.hounsfield().length) {
      throw new IllegalArgumentException("labels lie on another grid than the image");
    }
    int[] low = {grid.nx(), grid.ny(), grid.nz()};
    int[] high = {-1, -1, -1};
    for (int k = 0, v = 0; k < grid.nz(); k++) {
      for (int j = 0; j < grid.ny(); j++) {
        for (int i = 0; i < grid.nx(); i++, v++) {
          if (volume.hounsfield()[v] > windowLow) {
            low[0] = Math.min(low[0], i);
            high[0] = Math.max(high[0], i);
            low[1] = Math.min(low[1], j);
            high[1] = Math.max(high[1], j);
            low[2] = Math.min(low[2], k);
            high[2] = Math.max(high[2], k);
          }
        }
      }
    }
    if (high[0] < 0) {
      throw new IllegalArgumentException("no voxel above " + windowLow + " HU");
    }
    Int3 size = new Int3(high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1);
    short[] values = new short[(int) size.product()];
    byte[] classes = new byte[values.length];
    int at = 0;
    for (int i = 0; i < size.x(); i++) {
      for (int j = 0; j < size.y(); j++) {
        for (int k = 0; k < size.z(); k++, at++) {
          int v = grid.index(low[0] + i, low[1] + j, low[2] + k);
          values[at] = volume.hounsfield()[v];
          classes[at] = labels.labels()[v];
        }
      }
    }
    return new TrainingCase(source.id(), size, values, classes, source.unannotated());
  }

  /** The part that starts at a voxel and has the given size; inside the case. */
  TrainingCase box(Int3 start, Int3 box) {
    short[] values = new short[(int) box.product()];
    byte[] classes = new byte[values.length];
    int at = 0;
    for (int x = 0; x < box.x(); x++) {
      for (int y = 0; y < box.y(); y++, at += box.z()) {
        int from = ((start.x() + x) * size.y() + start.y() + y) * size.z() + start.z();
        System.arraycopy(hounsfield, from, values, at, box.z());
        System.arraycopy(labels, from, classes, at, box.z());
      }
    }
    return new TrainingCase(id, box, values, classes, unannotated);
  }
}
