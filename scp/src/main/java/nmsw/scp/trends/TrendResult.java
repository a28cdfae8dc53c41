package nmsw.scp.trends;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import nmsw.scp.series.ModelVersion;
import nmsw.seg.AlgorithmIdentification;
import nmsw.segmentation.PatchBox;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.RegionStatistics;
import nmsw.volume.SliceLabels;

/**
 * What is kept of the result of one series.
 *
 * @param day on which the last image of the series came, so that a second run of it changes nothing
 * @param entropy of the importance map, see {@link ImportanceEntropy#normalised}; empty where none was made
 * @param k patches that the local network looked at
 * @param organs all of the model, also those that were not found
 */
public record TrendResult(
    ModelVersion model, LocalDate day, OptionalDouble entropy, int k, List<OrganVolume> organs) {
  public TrendResult {
    organs = List.copyOf(organs);
  }

  /**
   * An organ in one result.
   *
   * @param organ its name in the label table
   * @param millilitres 0 if it was not found
   * @param whole false if it was not found, or reaches the edge of the images: part of it may lie outside, and its volume says
   *     more of the field of view than of the organ
   */
  public record OrganVolume(String organ, double millilitres, boolean whole) {}

  /**
   * @param statistics of the labels, as the report has them
   * @param candidates every patch with its importance
   */
  public static TrendResult of(
      LocalDate day,
      AlgorithmIdentification algorithm,
      LabelTable table,
      RegionStatistics statistics,
      SliceLabels labels,
      List<PatchBox> candidates,
      int k) {
    boolean[] cut = labels.atEdge();
    List<OrganVolume> organs = new ArrayList<>();
    for (LabelClass organ : table.classes()) {
      double millilitres = statistics.region(organ.index()).millilitres();
      organs.add(new OrganVolume(organ.name(), millilitres, millilitres > 0 && !cut[organ.index()]));
    }
    ModelVersion model = new ModelVersion(algorithm.name(), algorithm.version());
    return new TrendResult(model, day, ImportanceEntropy.normalised(candidates), k, organs);
  }
}
