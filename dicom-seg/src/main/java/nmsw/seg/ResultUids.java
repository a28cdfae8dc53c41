package nmsw.seg;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;

/**
 * The UIDs of a result, a function of what it was made from: a second run over the same series with the same
 * model gives the same object, a changed series or model a new one in a new series (viewers show one
 * segmentation per series).
 */
public record ResultUids(String seriesUid, String sopInstanceUid) {

  /**
   * UIDs for the answer to one series.
   *
   * @param sourceSopInstanceUids the instances that were segmented; order and repetition do not matter
   */
  public static ResultUids derive(
      String sourceSeriesUid,
      Collection<String> sourceSopInstanceUids,
      String modelName,
      String modelVersion) {
    List<String> parts = new ArrayList<>(List.of(sourceSeriesUid, modelName, modelVersion));
    parts.addAll(new TreeSet<>(sourceSopInstanceUids));
    return new ResultUids(derive("series", parts), derive("instance", parts));
  }

  /**
   * Whether a Segmentation bears the UID that it would have as the answer to the series that it names: it is such an answer,
   * come back, be it of this run or another, and of whichever version of the model.
   */
  public static boolean isResult(Dataset segmentation) {
    List<Dataset> series = segmentation.items(Tag.ReferencedSeriesSequence);
    Optional<Dataset> algorithm =
        segmentation.items(Tag.SegmentSequence).stream()
            .flatMap(segment -> segment.items(Tag.SegmentationAlgorithmIdentificationSequence).stream())
            .findFirst();
    if (series.size() != 1 || algorithm.isEmpty()) {
      return false;
    }
    List<String> instances =
        series.get(0).items(Tag.ReferencedInstanceSequence).stream()
            .flatMap(instance -> instance.string(Tag.ReferencedSOPInstanceUID).stream())
            .toList();
    ResultUids result =
        derive(
            series.get(0).string(Tag.SeriesInstanceUID).orElse(""),
            instances,
            algorithm.get().string(Tag.AlgorithmName).orElse(""),
            algorithm.get().string(Tag.AlgorithmVersion).orElse(""));
    String uid = segmentation.string(Tag.SOPInstanceUID).orElse("");
    return Arrays.stream(SegmentationFormat.Kind.values()).anyMatch(kind -> result.of(kind).sopInstanceUid().equals(uid));
  }

  /** Of the same result as another kind of segmentation; those of BINARY are these. */
  ResultUids of(SegmentationFormat.Kind kind) {
    return kind == SegmentationFormat.Kind.BINARY ? this : of(kind.name());
  }

  /**
   * Of another object made of the same, in a series of its own.
   *
   * @param object what it is; no two objects of a result are called the same
   */
  ResultUids of(String object) {
    return new ResultUids(
        derive("series", List.of(seriesUid, object)), derive("instance", List.of(sopInstanceUid, object)));
  }

  private static String derive(String purpose, List<String> parts) {
    List<String> all = new ArrayList<>(parts.size() + 2);
    all.add("nmsw.seg");
    all.add(purpose);
    all.addAll(parts);
    return Uid.derived(all.toArray(String[]::new));
  }
}
