package nmsw.volume;

import java.util.Arrays;
import java.util.List;

/**
 * The source of a resampling: parallel planes of pixels, ascending along their unit normal, each with its own
 * in-plane offset. A patient position P has in plane k the fractional column {@code columnAxis.P -
 * column0[k]} and row {@code rowAxis.P - row0[k]}; the plane itself lies at {@code normal.P = distance[k]}.
 * Columns and rows need not be orthogonal.
 */
final class PlaneSource {
  final int columns;
  final int rows;
  final Vec3 columnAxis;
  final Vec3 rowAxis;
  final Vec3 normal;
  final double[] column0;
  final double[] row0;
  final double[] distance;
  final short[][] pixels;
  final int[] pixelOffset;

  /** Edges of the planes' own area along the normal, half a gap beyond the outermost planes. */
  final double low;

  final double high;

  /** Median distance between neighbouring planes, mm. */
  final double gap;

  private PlaneSource(
      int columns, int rows, Vec3 columnStep, Vec3 rowStep, Vec3[] positions, short[][] pixels,
      int[] pixelOffset, double soleGap) {
    this.columns = columns;
    this.rows = rows;
    this.pixels = pixels;
    this.pixelOffset = pixelOffset;
    normal = columnStep.cross(rowStep).normalized();
    Vec3 acrossRows = rowStep.cross(normal);
    Vec3 acrossColumns = normal.cross(columnStep);
    columnAxis = acrossRows.times(1 / columnStep.dot(acrossRows));
    rowAxis = acrossColumns.times(1 / rowStep.dot(acrossColumns));
    int n = positions.length;
    column0 = new double[n];
    row0 = new double[n];
    distance = new double[n];
    for (int k = 0; k < n; k++) {
      column0[k] = columnAxis.dot(positions[k]);
      row0[k] = rowAxis.dot(positions[k]);
      distance[k] = normal.dot(positions[k]);
    }
    double[] gaps = new double[Math.max(1, n - 1)];
    gaps[0] = soleGap;
    for (int k = 0; k + 1 < n; k++) {
      gaps[k] = distance[k + 1] - distance[k];
    }
    low = distance[0] - gaps[0] / 2;
    high = distance[n - 1] + gaps[gaps.length - 1] / 2;
    Arrays.sort(gaps);
    gap = gaps[gaps.length / 2];
  }

  static PlaneSource of(Volume volume) {
    Grid g = volume.grid();
    boolean ascending = g.stepX().cross(g.stepY()).dot(g.stepZ()) > 0;
    Vec3[] positions = new Vec3[g.nz()];
    short[][] pixels = new short[g.nz()][];
    int[] offsets = new int[g.nz()];
    for (int k = 0; k < g.nz(); k++) {
      int z = ascending ? k : g.nz() - 1 - k;
      positions[k] = g.toPatient(0, 0, z);
      pixels[k] = volume.hounsfield();
      offsets[k] = g.index(0, 0, z);
    }
    double soleGap = g.voxelVolume() / g.stepX().cross(g.stepY()).length();
    return new PlaneSource(g.nx(), g.ny(), g.stepX(), g.stepY(), positions, pixels, offsets, soleGap);
  }

  static PlaneSource of(SliceStack stack, List<short[]> hounsfield) {
    Vec3[] positions = stack.slices().stream().map(SliceStack.Slice::position).toArray(Vec3[]::new);
    return new PlaneSource(
        stack.columns(),
        stack.rows(),
        stack.rowDirection().times(stack.columnSpacing()),
        stack.columnDirection().times(stack.rowSpacing()),
        positions,
        hounsfield.toArray(short[][]::new),
        new int[positions.length],
        1);
  }
}
