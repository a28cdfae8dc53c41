package nmsw.segmentation;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nmsw.segmentation.nn.RunCost;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.LabelVolume;

/**
 * Labels and how they came about.
 *
 * @param probabilities on the grid of the input; values are the indices of the model's classes
 * @param patches what the local network looked at, the most important first
 * @param candidates every patch of the grid with its importance, what was chosen from; none where no importance was
 *     asked for
 * @param selection name of the selection that chose them
 * @param requested patches that the selection chose; more than there are where a deadline came first
 * @param cost work of the networks, by their layers; of a sliding window that was extrapolated, that of all windows
 * @param stages time per stage in the order of work: preprocess, global, select, local, fuse
 */
public record SegmentationResult(
    LabelProbabilities probabilities,
    List<PatchBox> patches,
    List<PatchBox> candidates,
    String selection,
    int requested,
    RunCost cost,
    Map<String, Duration> stages) {
  public static final String PREPROCESS = "preprocess";
  public static final String GLOBAL = "global";
  public static final String SELECT = "select";
  public static final String LOCAL = "local";
  public static final String FUSE = "fuse";

  public SegmentationResult {
    patches = List.copyOf(patches);
    candidates = List.copyOf(candidates);
    stages = Collections.unmodifiableMap(new LinkedHashMap<>(stages));
  }

  /** The likeliest class of each voxel. */
  public LabelVolume labels() {
    return probabilities.labels();
  }

  /** Number of patches that the local network looked at. */
  public int refined() {
    return patches.size();
  }

  /** Whether patches were left out because there was no time for them. */
  public boolean deadlineReached() {
    return refined() < requested;
  }
}
