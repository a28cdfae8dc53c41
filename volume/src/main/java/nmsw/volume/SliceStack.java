package nmsw.volume;

import java.util.List;

/**
 * The geometry of a CT series: parallel planes of equal matrix, each at its own position, sorted by ascending
 * distance along {@link #normal()}. It is not a regular grid: spacing may vary and positions may shift in
 * plane (gantry tilt).
 *
 * @param columns number of columns (DICOM Columns), the fastest index of a slice's pixels
 * @param rows number of rows (DICOM Rows)
 * @param columnSpacing mm between the centres of neighbouring columns: the <em>second</em> value of
 *     PixelSpacing
 * @param rowSpacing mm between the centres of neighbouring rows: the <em>first</em> value of PixelSpacing
 * @param rowDirection unit vector of increasing column index (first triple of ImageOrientationPatient)
 * @param columnDirection unit vector of increasing row index (second triple of ImageOrientationPatient)
 */
public record SliceStack(
    int columns,
    int rows,
    double columnSpacing,
    double rowSpacing,
    Vec3 rowDirection,
    Vec3 columnDirection,
    List<Slice> slices) {

  /**
   * One plane.
   *
   * @param position centre of the first pixel (ImagePositionPatient), LPS mm
   * @param frame frame number in a multi-frame instance, from 1; 1 for a single-frame one
   */
  public record Slice(
      String sopInstanceUid, String sopClassUid, int frame, int instanceNumber, Vec3 position) {}

  public SliceStack {
    slices = List.copyOf(slices);
    if (slices.isEmpty()) {
      throw new IllegalArgumentException("a stack needs at least one slice");
    }
  }

  public int size() {
    return slices.size();
  }

  /** Unit normal of the planes: row direction x column direction. */
  public Vec3 normal() {
    return rowDirection.cross(columnDirection);
  }

  /** Distance of slice k from the patient origin along the normal, mm; ascending in k. */
  public double distance(int k) {
    return normal().dot(slices.get(k).position());
  }

  /** Patient position (LPS, mm) of a possibly fractional pixel index of slice k. */
  public Vec3 toPatient(double column, double row, int k) {
    return slices
        .get(k)
        .position()
        .plus(rowDirection.times(column * columnSpacing))
        .plus(columnDirection.times(row * rowSpacing));
  }
}
