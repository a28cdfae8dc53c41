package nmsw.volume;

import java.util.List;
import nmsw.dicom.Dataset;

/**
 * A CT series as it was acquired.
 *
 * @param hounsfield per slice of the stack, {@code [row * columns + column]}; the arrays are not copied
 * @param header attributes of the first slice, without pixels; those of a frame stand as in a single-frame image
 * @param findings objects of the series that are not in the stack
 */
public record CtSeries(SliceStack stack, List<short[]> hounsfield, Dataset header, List<Finding> findings) {
  public CtSeries {
    hounsfield = List.copyOf(hounsfield);
    findings = List.copyOf(findings);
    if (hounsfield.size() != stack.size()) {
      throw new IllegalArgumentException(hounsfield.size() + " slices for a stack of " + stack.size());
    }
    for (short[] slice : hounsfield) {
      if (slice.length != stack.rows() * stack.columns()) {
        throw new IllegalArgumentException(
            slice.length + " values in a slice of " + stack.rows() + "x" + stack.columns());
      }
    }
  }
}
