package nmsw.seg;

import java.util.Map;

/**
 * The Segmentation that a report speaks of.
 *
 * @param sopClassUid Segmentation Storage or Label Map Segmentation Storage
 * @param segmentNumbers number of each segment, by label value
 */
public record ReferencedSegmentation(String sopClassUid, ResultUids uids, Map<Integer, Integer> segmentNumbers) {
  public ReferencedSegmentation {
    segmentNumbers = Map.copyOf(segmentNumbers);
  }
}
