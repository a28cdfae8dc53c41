package nmsw.training.dataset;

import java.util.List;
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
 * @param findings what is odd about it, without local names
 */
record LabelledStudy(
    Volume image,
    LabelVolume labels,
    SortedSet<Integer> annotated,
    SortedSet<String> unknown,
    List<String> findings) {
  LabelledStudy {
    annotated = new TreeSet<>(annotated);
    unknown = new TreeSet<>(unknown);
    findings = List.copyOf(findings);
  }
}
