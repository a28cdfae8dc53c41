package nmsw.seg;

import java.util.List;
import nmsw.volume.SliceLabels;

/**
 * A Segmentation laid on the slices of a series.
 *
 * @param labels one label per pixel; where segments overlap the later frame of the object wins
 * @param overlappedPixels pixels that lost a label to a later frame; 0 where segments do not overlap
 * @param unplaced frames with pixels that lie on no slice of the stack
 */
public record SegmentationOnStack(
    SliceLabels labels, long overlappedPixels, List<SegmentationFrame> unplaced) {
  public SegmentationOnStack {
    unplaced = List.copyOf(unplaced);
  }
}
