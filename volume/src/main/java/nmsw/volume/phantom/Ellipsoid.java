package nmsw.volume.phantom;

import nmsw.volume.phantom.Layer.Box;

/** A rotated ellipsoid in body coordinates with a gently lobed surface. */
final class Ellipsoid implements Layer.Shape {
  private final double cx;
  private final double cy;
  private final double cz;
  private final double[] axes;
  private final double rx;
  private final double ry;
  private final double rz;
  private final double lobes;
  private final double phase;

  /**
   * @param axes rows of the rotation from body to own axes
   * @param lobes amplitude, mm, of the surface's low-frequency displacement
   */
  Ellipsoid(double[] centre, double[] radii, double[] axes, double lobes, double phase) {
    cx = centre[0];
    cy = centre[1];
    cz = centre[2];
    rx = radii[0];
    ry = radii[1];
    rz = radii[2];
    this.axes = axes;
    this.lobes = lobes;
    this.phase = phase;
  }

  static final double[] UPRIGHT = {1, 0, 0, 0, 1, 0, 0, 0, 1};

  /** Rotation by angles in degrees about x, then y, then z, as rows. */
  static double[] turned(double aboutX, double aboutY, double aboutZ) {
    double a = StrictMath.toRadians(aboutX);
    double b = StrictMath.toRadians(aboutY);
    double c = StrictMath.toRadians(aboutZ);
    double ca = StrictMath.cos(a);
    double sa = StrictMath.sin(a);
    double cb = StrictMath.cos(b);
    double sb = StrictMath.sin(b);
    double cc = StrictMath.cos(c);
    double sc = StrictMath.sin(c);
    return new double[] {
      cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa,
      sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa,
      -sb, cb * sa, cb * ca
    };
  }

  @Override
  public double distance(Space.Point p) {
    return distance(p.x, p.y, p.z);
  }

  double distance(double x, double y, double z) {
    double dx = x - cx;
    double dy = y - cy;
    double dz = z - cz;
    double u = (axes[0] * dx + axes[1] * dy + axes[2] * dz) / rx;
    double v = (axes[3] * dx + axes[4] * dy + axes[5] * dz) / ry;
    double w = (axes[6] * dx + axes[7] * dy + axes[8] * dz) / rz;
    double k0 = Math.sqrt(u * u + v * v + w * w);
    if (k0 < 1e-3) {
      return -Math.min(rx, Math.min(ry, rz));
    }
    double k1 = Math.sqrt(u * u / (rx * rx) + v * v / (ry * ry) + w * w / (rz * rz));
    double d = k0 * (k0 - 1) / k1;
    if (lobes > 0 && d < lobes + Layer.REACH) {
      d += lobes
          * Noise.wave(0.9 * u + 0.4 * v + phase)
          * Noise.wave(0.8 * w - 0.5 * v + 1.7 * phase);
    }
    return d;
  }

  Box bounds() {
    double m = lobes + Layer.REACH;
    double r = Math.max(rx, Math.max(ry, rz)) + m;
    double ex = Math.min(r, extent(0) + m);
    double ey = Math.min(r, extent(1) + m);
    double ez = Math.min(r, extent(2) + m);
    return Box.around(cx, cy, cz, ex, ey, ez);
  }

  private double extent(int axis) {
    double a = axes[axis] * rx;
    double b = axes[3 + axis] * ry;
    double c = axes[6 + axis] * rz;
    return Math.sqrt(a * a + b * b + c * c);
  }
}
