package nmsw.volume;

import java.util.List;

/** Trilinear samples of a source at any position of a grid that runs obliquely to it; used by one thread. */
final class PointSampler {
  private final PlaneSource source;

  /** Column, row and distance of grid index (0, 0, 0) and their change along each grid axis. */
  private final double[] origin;

  private final double[][] steps;
  private final double[][] samples;
  private int near;

  PointSampler(PlaneSource source, Grid grid, List<Vec3> sampleOffsets) {
    this.source = source;
    origin = project(grid.origin());
    steps = new double[][] {project(grid.stepX()), project(grid.stepY()), project(grid.stepZ())};
    samples =
        sampleOffsets.stream()
            .map(o -> project(grid.toPatient(o.x(), o.y(), o.z()).minus(grid.origin())))
            .toArray(double[][]::new);
  }

  /** Mean Hounsfield value over the footprint of grid index (i, j, k). */
  double at(int i, int j, int k) {
    double column = origin[0] + i * steps[0][0] + j * steps[1][0] + k * steps[2][0];
    double row = origin[1] + i * steps[0][1] + j * steps[1][1] + k * steps[2][1];
    double distance = origin[2] + i * steps[0][2] + j * steps[1][2] + k * steps[2][2];
    double sum = 0;
    for (double[] s : samples) {
      sum += interpolate(column + s[0], row + s[1], distance + s[2]);
    }
    return sum / samples.length;
  }

  private double interpolate(double column, double row, double distance) {
    if (distance < source.low || distance > source.high) {
      return Resampler.AIR;
    }
    double[] planes = source.distance;
    while (near > 0 && planes[near] > distance) {
      near--;
    }
    while (near + 1 < planes.length && planes[near + 1] <= distance) {
      near++;
    }
    double here = inPlane(near, column, row);
    if (near + 1 == planes.length || distance <= planes[near]) {
      return here;
    }
    double f = (distance - planes[near]) / (planes[near + 1] - planes[near]);
    return here + f * (inPlane(near + 1, column, row) - here);
  }

  private double inPlane(int k, double columnAxis, double rowAxis) {
    double column = columnAxis - source.column0[k];
    double row = rowAxis - source.row0[k];
    if (column < -0.5 || row < -0.5 || column > source.columns - 0.5 || row > source.rows - 0.5) {
      return Resampler.AIR;
    }
    double c = Math.max(0, Math.min(source.columns - 1, column));
    double r = Math.max(0, Math.min(source.rows - 1, row));
    int c0 = (int) c;
    int r0 = (int) r;
    int c1 = Math.min(c0 + 1, source.columns - 1);
    int r1 = Math.min(r0 + 1, source.rows - 1);
    short[] pixels = source.pixels[k];
    int line0 = source.pixelOffset[k] + r0 * source.columns;
    int line1 = source.pixelOffset[k] + r1 * source.columns;
    double fc = c - c0;
    double top = pixels[line0 + c0] + fc * (pixels[line0 + c1] - pixels[line0 + c0]);
    double bottom = pixels[line1 + c0] + fc * (pixels[line1 + c1] - pixels[line1 + c0]);
    return top + (r - r0) * (bottom - top);
  }

  private double[] project(Vec3 v) {
    return new double[] {source.columnAxis.dot(v), source.rowAxis.dot(v), source.normal.dot(v)};
  }
}
