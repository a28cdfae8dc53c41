package nmsw.scp;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.dicom.Dataset;
import nmsw.volume.CtSeries;
import nmsw.volume.LabelTable;
import nmsw.volume.PatientBox;
import nmsw.volume.SliceLabels;

/**
 * A series and what the network found in it.
 *
 * @param labels on the slices of the source
 * @param table what the label values mean
 * @param patches where the local network looked
 * @param segmentation the DICOM Segmentation; empty if no organ was found, for such an object cannot exist
 * @param volumes ml by the organ's name, in the order of the table; 0 for organs that were not found
 * @param model name and version, e.g. {@code abdomen 3}
 * @param parameters how the model was run
 * @param timings from decode to encode
 */
public record SegmentedSeries(
    String seriesUid,
    CtSeries series,
    SliceLabels labels,
    LabelTable table,
    List<PatientBox> patches,
    Optional<Dataset> segmentation,
    Map<String, Double> volumes,
    String model,
    String parameters,
    Timings timings) {
  public SegmentedSeries {
    patches = List.copyOf(patches);
    volumes = Collections.unmodifiableMap(new LinkedHashMap<>(volumes));
  }
}
