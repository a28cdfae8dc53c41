package nmsw.seg;

import java.util.List;
import java.util.Optional;
import nmsw.dicom.Dataset;
import nmsw.volume.LabelClass;

/**
 * What became of a label map.
 *
 * @param dataset the Segmentation; empty if no class has a single voxel, because an object without segments
 *     cannot exist (PS3.3 §C.8.20.2: Segment Sequence has one or more items): the caller says so in words
 *     instead
 * @param segments class of segment number {@code i + 1}
 * @param absent classes of the table without a voxel, left out of the object
 */
public record WrittenSegmentation(
    Optional<Dataset> dataset, List<LabelClass> segments, List<LabelClass> absent) {
  public WrittenSegmentation {
    segments = List.copyOf(segments);
    absent = List.copyOf(absent);
  }
}
