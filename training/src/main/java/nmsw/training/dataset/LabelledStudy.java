package nmsw.training.dataset;

import java.util.SortedSet;
import java.util.TreeSet;
import nmsw.volume.LabelVolume;
import nmsw.volume.Volume;

/**
 * A study that was read.
 *
 * @param labels class indices, on the image's grid
 * @param annotated classes that were looked for
 * @param unknown local labels that the mapping does not know; their voxels are background
 * @param overlapping voxels that two classes claim; the later one has them
 * @param unplaced label frames or contours that lie on no slice
 */
record LabelledStudy(
    Volume image,
    LabelVolume labels,
    SortedSet<Integer> annotated,
    SortedSet<String> unknown,
    long overlapping,
    int unplaced) {
  LabelledStudy {
    annotated = new TreeSet<>(annotated);
    unknown = new TreeSet<>(unknown);
  }
}
