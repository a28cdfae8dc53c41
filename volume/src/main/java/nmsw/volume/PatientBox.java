package nmsw.volume;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A box in patient coordinates (LPS, mm), in any orientation: a corner and the three edges that leave it. Drawn on a
 * {@link ContactSheet} to show where a patch lies.
 */
public record PatientBox(Vec3 corner, Vec3 edgeX, Vec3 edgeY, Vec3 edgeZ) {

  /** The box that covers the voxels {@code i..i+sizeX-1} and so on of a grid, out to the voxels' outer faces. */
  public static PatientBox of(Grid grid, int i, int j, int k, int sizeX, int sizeY, int sizeZ) {
    return new PatientBox(
        grid.toPatient(i - 0.5, j - 0.5, k - 0.5),
        grid.stepX().times(sizeX),
        grid.stepY().times(sizeY),
        grid.stepZ().times(sizeZ));
  }

  /**
   * Where the plane through {@code point} spanned by the unit vectors {@code right} and {@code down} cuts the box: the
   * corners of a convex polygon in order around it, each as (mm to the right, mm down) of the point; empty if it does
   * not.
   */
  List<double[]> section(Vec3 point, Vec3 right, Vec3 down) {
    Vec3 normal = right.cross(down);
    List<double[]> polygon = new ArrayList<>();
    for (int from = 0; from < 8; from++) {
      for (int bit = 1; bit < 8; bit <<= 1) {
        if ((from & bit) != 0) {
          continue;
        }
        Vec3 a = vertex(from).minus(point);
        Vec3 b = vertex(from | bit).minus(point);
        double da = a.dot(normal);
        double db = b.dot(normal);
        if (da < 0 == db < 0) {
          continue;
        }
        Vec3 cut = a.plus(b.minus(a).times(da / (da - db)));
        polygon.add(new double[] {cut.dot(right), cut.dot(down)});
      }
    }
    double cx = polygon.stream().mapToDouble(p -> p[0]).average().orElse(0);
    double cy = polygon.stream().mapToDouble(p -> p[1]).average().orElse(0);
    polygon.sort(Comparator.comparingDouble(p -> Math.atan2(p[1] - cy, p[0] - cx)));
    return polygon;
  }

  private Vec3 vertex(int bits) {
    Vec3 v = corner;
    v = (bits & 1) != 0 ? v.plus(edgeX) : v;
    v = (bits & 2) != 0 ? v.plus(edgeY) : v;
    return (bits & 4) != 0 ? v.plus(edgeZ) : v;
  }
}
