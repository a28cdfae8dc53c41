package nmsw.volume.phantom;

import nmsw.volume.phantom.Layer.Box;

/** A tube of varying radius along a smooth curve, optionally beaded (haustra) and flattened along y. */
final class Tube implements Layer.Shape {
  static final double FAR = 1e6;
  private static final int CHUNK = 6;

  private final double flatten;
  private final double beads;
  private final double beadsPerMm;
  private final int segments;
  private final double[] x;
  private final double[] y;
  private final double[] z;
  private final double[] r;
  private final double[] along;
  private final Box[] chunks;
  private final Box bounds;

  /**
   * @param knots x, y, z, radius of each point that the curve passes through
   * @param pieces straight pieces between two knots
   * @param flatten factor on the y radius
   * @param beads relative amplitude of the radius' modulation, with one bead per {@code beadLength} mm
   */
  Tube(double[][] knots, int pieces, double flatten, double beads, double beadLength) {
    this.flatten = flatten;
    this.beads = beads;
    beadsPerMm = 1 / beadLength;
    segments = (knots.length - 1) * pieces;
    x = new double[segments + 1];
    y = new double[segments + 1];
    z = new double[segments + 1];
    r = new double[segments + 1];
    along = new double[segments + 1];
    for (int s = 0; s <= segments; s++) {
      int k = Math.min(s / pieces, knots.length - 2);
      double t = (s - k * pieces) / (double) pieces;
      x[s] = curve(knots, k, t, 0);
      y[s] = curve(knots, k, t, 1) / flatten;
      z[s] = curve(knots, k, t, 2);
      r[s] = Math.max(1, curve(knots, k, t, 3));
      if (s > 0) {
        double dx = x[s] - x[s - 1];
        double dy = y[s] - y[s - 1];
        double dz = z[s] - z[s - 1];
        along[s] = along[s - 1] + Math.sqrt(dx * dx + dy * dy + dz * dz);
      }
    }
    chunks = new Box[(segments + CHUNK - 1) / CHUNK];
    Box all = null;
    for (int c = 0; c < chunks.length; c++) {
      Box box = null;
      for (int s = c * CHUNK; s <= Math.min(segments, (c + 1) * CHUNK); s++) {
        double m = r[s] * (1 + beads) + Layer.REACH;
        double my = r[s] * (1 + beads) * flatten + Layer.REACH;
        box = union(box, Box.around(x[s], y[s] * flatten, z[s], m, my, m));
      }
      chunks[c] = box;
      all = union(all, box);
    }
    bounds = all;
  }

  static Tube plain(double[][] knots, int pieces) {
    return new Tube(knots, pieces, 1, 0, 1);
  }

  Box bounds() {
    return bounds;
  }

  @Override
  public double distance(Space.Point p) {
    return distance(p, null);
  }

  /** Distance; where {@code where} is given it receives the position relative to the tube's axis. */
  double distance(Space.Point p, Where where) {
    double px = p.x;
    double py = p.y / flatten;
    double pz = p.z;
    double best = FAR;
    for (int c = 0; c < chunks.length; c++) {
      if (!chunks[c].contains(px, p.y, pz)) {
        continue;
      }
      for (int s = c * CHUNK; s < Math.min(segments, (c + 1) * CHUNK); s++) {
        double bx = x[s + 1] - x[s];
        double by = y[s + 1] - y[s];
        double bz = z[s + 1] - z[s];
        double ax = px - x[s];
        double ay = py - y[s];
        double az = pz - z[s];
        double length2 = bx * bx + by * by + bz * bz;
        double h = Noise.clamp((ax * bx + ay * by + az * bz) / length2, 0, 1);
        double ex = ax - h * bx;
        double ey = ay - h * by;
        double ez = az - h * bz;
        double radius = Noise.mix(r[s], r[s + 1], h);
        double at = Noise.mix(along[s], along[s + 1], h);
        if (beads > 0) {
          radius *= 1 + beads * Noise.wave(at * beadsPerMm);
        }
        double d = Math.sqrt(ex * ex + ey * ey + ez * ez) - radius;
        if (d < best) {
          best = d;
          if (where != null) {
            where.height = -ey / radius;
            where.along = at;
          }
        }
      }
    }
    return best * (best < 0 && flatten < 1 ? flatten : 1);
  }

  /** Where in a tube a point lies. */
  static final class Where {
    /** Relative to the axis, in radii, upwards for a supine patient. */
    double height;

    double along;
  }

  private static double curve(double[][] knots, int k, double t, int c) {
    double p1 = knots[k][c];
    double p2 = knots[k + 1][c];
    double p0 = k > 0 ? knots[k - 1][c] : 2 * p1 - p2;
    double p3 = k + 2 < knots.length ? knots[k + 2][c] : 2 * p2 - p1;
    double a = 2 * p1;
    double b = p2 - p0;
    double cc = 2 * p0 - 5 * p1 + 4 * p2 - p3;
    double d = -p0 + 3 * p1 - 3 * p2 + p3;
    return 0.5 * (a + t * (b + t * (cc + t * d)));
  }

  private static Box union(Box a, Box b) {
    return a == null
        ? b
        : new Box(
            Math.min(a.x0(), b.x0()),
            Math.max(a.x1(), b.x1()),
            Math.min(a.y0(), b.y0()),
            Math.max(a.y1(), b.y1()),
            Math.min(a.z0(), b.z0()),
            Math.max(a.z1(), b.z1()));
  }
}
