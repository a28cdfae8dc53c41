package nmsw.scp.segment;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nmsw.scp.series.Timings;
import nmsw.seg.AlgorithmIdentification;
import nmsw.volume.CtSeries;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.LabelTable;
import nmsw.volume.PatientBox;
import nmsw.volume.RegionStatistics;
import nmsw.volume.SliceLabels;

/**
 * A series and what the network found in it.
 *
 * @param probabilities on the grid of the model
 * @param labels on the slices of the source
 * @param statistics of the labels on the slices
 * @param table what the label values mean
 * @param patches where the local network looked
 * @param choice how those patches were chosen, in voxels of the grid of the model
 * @param algorithm the model, and how it was run
 * @param timings from decode to the labels on the slices
 */
public record SegmentedSeries(
    String seriesUid,
    CtSeries series,
    LabelProbabilities probabilities,
    SliceLabels labels,
    RegionStatistics statistics,
    LabelTable table,
    List<PatientBox> patches,
    VolumeSegmenter.Choice choice,
    AlgorithmIdentification algorithm,
    Timings timings) {
  public SegmentedSeries {
    patches = List.copyOf(patches);
  }

  /** The ml of each organ by its name, in the order of the table; 0 for organs that were not found. */
  public Map<String, Double> volumes() {
    Map<String, Double> volumes = new LinkedHashMap<>();
    for (LabelClass organ : table.classes()) {
      volumes.put(organ.name(), statistics.region(organ.index()).millilitres());
    }
    return volumes;
  }

  /** Whether no organ was found. */
  public boolean isEmpty() {
    return table.classes().stream().allMatch(organ -> statistics.region(organ.index()).isEmpty());
  }

  /** Name and version, e.g. {@code abdomen 3}. */
  public String model() {
    return algorithm.name() + " " + algorithm.version();
  }
}
