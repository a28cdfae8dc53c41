package nmsw.seg;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
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
