package nmsw.volume.phantom;

import java.util.ArrayList;
import java.util.List;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/** Cuts the box of a patient that a stack covers in other ways. */
final class ScanPlanes {
  private ScanPlanes() {}

  /** Planes of other directions through the same box, at the same spacings. */
  static SliceStack cut(SliceStack s, Vec3 row, Vec3 column) {
    double gap = gap(s);
    Vec3 normal = row.cross(column);
    int columns = count(extent(s, row), s.columnSpacing());
    int rows = count(extent(s, column), s.rowSpacing());
    double[] along = new double[count(extent(s, normal), gap)];
    for (int k = 0; k < along.length; k++) {
      along[k] = k * gap;
    }
    return stack(columns, rows, s.columnSpacing(), s.rowSpacing(), row, column, along, normal, centre(s));
  }

  /** Other pixels in the same planes. */
  static SliceStack spaced(SliceStack s, double rowSpacing, double columnSpacing) {
    int columns = count(s.columns() * s.columnSpacing(), columnSpacing);
    int rows = count(s.rows() * s.rowSpacing(), rowSpacing);
    return stack(
        columns, rows, columnSpacing, rowSpacing, s.rowDirection(), s.columnDirection(), distances(s), s.normal(),
        centre(s));
  }

  /** The upper left part of every slice. */
  static SliceStack cropped(SliceStack s, int columns, int rows) {
    if (columns < 1 || rows < 1) {
      throw new IllegalArgumentException(s.columns() + " columns are too few");
    }
    return new SliceStack(
        columns, rows, s.columnSpacing(), s.rowSpacing(), s.rowDirection(), s.columnDirection(), s.slices());
  }

  static SliceStack irregular(SliceStack s) {
    double[] along = distances(s);
    double gap = gap(s);
    for (int k = 1; k < along.length; k++) {
      along[k] = along[k - 1] + gap * new double[] {0.7, 1, 1.3}[k % 3];
    }
    return stack(
        s.columns(), s.rows(), s.columnSpacing(), s.rowSpacing(), s.rowDirection(), s.columnDirection(), along,
        s.normal(), centre(s));
  }

  /** The planes turn about their rows, their centres stay where they were. */
  static SliceStack tilted(SliceStack s, double degrees) {
    double angle = Math.toRadians(degrees);
    Vec3 column = s.columnDirection().times(Math.cos(angle)).plus(s.normal().times(Math.sin(angle)));
    return stack(
        s.columns(), s.rows(), s.columnSpacing(), s.rowSpacing(), s.rowDirection(), column, distances(s), s.normal(),
        centre(s));
  }

  static SliceStack descending(SliceStack s) {
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (int k = 0; k < s.size(); k++) {
      slices.add(slice(s.size() - k, s.slices().get(k).position()));
    }
    return new SliceStack(
        s.columns(), s.rows(), s.columnSpacing(), s.rowSpacing(), s.rowDirection(), s.columnDirection(), slices);
  }

  /**
   * @param along distances of the planes' centres in the direction of the table
   * @param centre of the box
   */
  private static SliceStack stack(
      int columns, int rows, double columnSpacing, double rowSpacing, Vec3 row, Vec3 column, double[] along,
      Vec3 table, Vec3 centre) {
    double middle = (along[0] + along[along.length - 1]) / 2;
    Vec3 corner =
        centre
            .minus(row.times((columns - 1) / 2.0 * columnSpacing))
            .minus(column.times((rows - 1) / 2.0 * rowSpacing));
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (int k = 0; k < along.length; k++) {
      slices.add(slice(k + 1, corner.plus(table.times(along[k] - middle))));
    }
    return new SliceStack(columns, rows, columnSpacing, rowSpacing, row, column, slices);
  }

  /** The UID is a placeholder. */
  private static SliceStack.Slice slice(int number, Vec3 position) {
    return new SliceStack.Slice("1.2.3." + number, "1.2", 1, number, position);
  }

  private static double[] distances(SliceStack s) {
    double[] along = new double[s.size()];
    for (int k = 0; k < along.length; k++) {
      along[k] = s.distance(k);
    }
    return along;
  }

  private static double gap(SliceStack s) {
    return s.size() == 1 ? 1 : (s.distance(s.size() - 1) - s.distance(0)) / (s.size() - 1);
  }

  private static Vec3 centre(SliceStack s) {
    double column = (s.columns() - 1) / 2.0;
    double row = (s.rows() - 1) / 2.0;
    return s.toPatient(column, row, 0).plus(s.toPatient(column, row, s.size() - 1)).times(0.5);
  }

  private static double extent(SliceStack s, Vec3 direction) {
    return Math.abs(direction.dot(s.rowDirection())) * s.columns() * s.columnSpacing()
        + Math.abs(direction.dot(s.columnDirection())) * s.rows() * s.rowSpacing()
        + Math.abs(direction.dot(s.normal())) * s.size() * gap(s);
  }

  private static int count(double extent, double spacing) {
    return (int) Math.max(1, Math.round(extent / spacing));
  }
}
