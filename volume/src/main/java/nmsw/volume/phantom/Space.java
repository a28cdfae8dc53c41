package nmsw.volume.phantom;

/**
 * The patient's proportions: how patient coordinates map to body coordinates (size, posture and a smooth deformation)
 * and where skin, muscle, cavity, spine and diaphragm run.
 *
 * <p>Body coordinates are millimetres with +x to the patient's left, +y to the back and +z to the head; z = 0 lies at
 * the navel, the dome of the diaphragm near 160, the symphysis near -205.
 */
final class Space {
  private static final double Z0 = -360;
  private static final double Z1 = 360;
  private static final double PITCH = 2;
  private static final int ROWS = (int) ((Z1 - Z0) / PITCH) + 2;
  private static final int WAVES = 9;

  // Profile columns: half width, half depth, centre y of the rings; then the centre line of the vertebral bodies.
  private static final int SKIN = 0;
  private static final int MUSCLE = 3;
  private static final int CAVITY = 6;
  private static final int SPINE = 9;
  private static final int COLUMNS = 10;

  final double scaleX;
  final double scaleY;
  final double scaleZ;
  final double skinBack;
  private final double[] toBody = new double[9];
  private final double[][] waves = new double[WAVES][7];
  private final double[] profile = new double[ROWS * COLUMNS];
  private final double domeRight;
  private final double domeLeft;
  private final long textureSeed;

  Space(Jitter jitter) {
    double size = jitter.around(1.05, 0.06);
    scaleX = size * jitter.around(1, 0.05);
    scaleY = size * jitter.around(1, 0.06);
    scaleZ = size * jitter.around(0.97, 0.06);
    double[] turn = Ellipsoid.turned(jitter.around(0, 3), jitter.around(0, 3), jitter.around(0, 4));
    double[] scale = {scaleX, scaleY, scaleZ};
    for (int r = 0; r < 3; r++) {
      for (int c = 0; c < 3; c++) {
        toBody[3 * r + c] = turn[3 * r + c] / scale[r];
      }
    }
    for (int w = 0; w < WAVES; w++) {
      boolean coarse = w < 4;
      double length = coarse ? jitter.between(220, 420) : jitter.between(70, 130);
      double reach = coarse ? 4.5 : 1.1;
      double dx = jitter.between(-1, 1);
      double dy = jitter.between(-1, 1);
      double dz = jitter.between(-1, 1);
      double norm = length * Math.sqrt(dx * dx + dy * dy + dz * dz + 1e-3);
      waves[w] = new double[] {
        dx / norm, dy / norm, dz / norm, jitter.between(0, 1),
        jitter.around(0, reach), jitter.around(0, reach), jitter.around(0, reach)
      };
    }
    domeRight = jitter.around(158, 10);
    domeLeft = domeRight - jitter.between(6, 18);
    double fat = jitter.between(8, 27);
    double hip = jitter.around(0, 8);
    double belly = jitter.around(0, 8);
    double lordosis = jitter.around(0, 6);
    textureSeed = jitter.seed();
    skinBack = 92 + 0.75 * fat;
    double[][] muscle = {
      {-300, 150 + hip, -88, 92}, {-230, 160 + hip, -92, 94}, {-170, 158 + hip, -95, 96},
      {-110, 152 + hip, -96, 95}, {-50, 148, -99 - 0.7 * belly, 92}, {10, 145 + 0.5 * belly, -103 - belly, 91},
      {70, 149 + 0.3 * belly, -105 - 0.7 * belly, 92}, {130, 153, -106, 95}, {190, 153, -106, 98}, {300, 150, -102, 98}
    };
    double[][] wall = {
      {-300, 108, 52, 52}, {-230, 104, 44, 42}, {-195, 92, 28, 22}, {-150, 74, 13, 16}, {-110, 46, 10, 22},
      {-75, 28, 9, 28}, {-45, 20, 8, 30}, {0, 14, 8, 30}, {60, 13, 9, 27}, {120, 14, 11, 20}, {200, 14, 13, 16},
      {300, 15, 14, 16}
    };
    double[][] spine = {
      {-300, 78}, {-205, 72}, {-170, 80}, {-135, 72}, {-100, 54}, {-60, 40}, {-20, 35 - lordosis},
      {20, 36 - lordosis}, {70, 40}, {130, 47}, {200, 54}, {300, 56}
    };
    for (int row = 0; row < ROWS; row++) {
      double z = Z0 + row * PITCH;
      double hips = Noise.step(-20, -120, z);
      double chest = Noise.step(60, 160, z);
      double side = fat * (0.75 + 0.55 * hips - 0.2 * chest);
      double front = fat * (0.95 - 0.1 * hips - 0.3 * chest);
      double back = fat * 0.75;
      double half = along(muscle, z, 1);
      double anterior = along(muscle, z, 2);
      double posterior = along(muscle, z, 3);
      ring(row, SKIN, half + side, anterior - front, posterior + back);
      ring(row, MUSCLE, half, anterior, posterior);
      ring(row, CAVITY, half - along(wall, z, 1), anterior + along(wall, z, 2), posterior - along(wall, z, 3));
      profile[row * COLUMNS + SPINE] = along(spine, z, 1);
    }
  }

  private void ring(int row, int column, double halfWidth, double anterior, double posterior) {
    int at = row * COLUMNS + column;
    profile[at] = halfWidth;
    profile[at + 1] = (posterior - anterior) / 2;
    profile[at + 2] = (posterior + anterior) / 2;
  }

  /** Cubic interpolation of a table with ascending first column; constant beyond its ends. */
  private static double along(double[][] table, double z, int column) {
    int k = 0;
    while (k < table.length - 2 && table[k + 1][0] < z) {
      k++;
    }
    double t = Noise.clamp((z - table[k][0]) / (table[k + 1][0] - table[k][0]), 0, 1);
    double before = slope(table, k, column);
    double after = slope(table, k + 1, column);
    double span = table[k + 1][0] - table[k][0];
    double t2 = t * t;
    double t3 = t2 * t;
    return (2 * t3 - 3 * t2 + 1) * table[k][column]
        + (t3 - 2 * t2 + t) * span * before
        + (-2 * t3 + 3 * t2) * table[k + 1][column]
        + (t3 - t2) * span * after;
  }

  private static double slope(double[][] table, int k, int column) {
    if (k == 0 || k == table.length - 1) {
      return 0;
    }
    return (table[k + 1][column] - table[k - 1][column]) / (table[k + 1][0] - table[k - 1][0]);
  }

  /** y of the centres of the vertebral bodies at body height z. */
  double spineY(double z) {
    double at = Noise.clamp((z - Z0) / PITCH, 0, ROWS - 1.001);
    int row = (int) at;
    return Noise.mix(
        profile[row * COLUMNS + SPINE], profile[(row + 1) * COLUMNS + SPINE], at - row);
  }

  Point point() {
    return new Point();
  }

  /** A point of the body with what the layers ask of it; filled again for each voxel. */
  final class Point {
    /** Scratch for layers that ask a tube where a point lies in it. */
    final Tube.Where where = new Tube.Where();

    /** Body coordinates, mm. */
    double x;

    double y;
    double z;

    /** Patient coordinates (LPS), mm. */
    double patientX;

    double patientY;
    double patientZ;

    /** Signed distances, mm, negative inside; positive above for {@code diaphragm}. */
    double skin;

    double muscle;
    double cavity;
    double diaphragm;

    /** 0 at the axis of the cavity, 1 at its wall. */
    double cavityLevel;

    /** y over half depth of the cavity: -1 at the front wall, 1 at the back wall. */
    double cavityHeight;

    /** y of the centre of the vertebral bodies at this height. */
    double spineY;

    private double level;
    private double texture;
    private boolean textured;

    void move(double px, double py, double pz) {
      patientX = px;
      patientY = py;
      patientZ = pz;
      double x0 = toBody[0] * px + toBody[1] * py + toBody[2] * pz;
      double y0 = toBody[3] * px + toBody[4] * py + toBody[5] * pz;
      double z0 = toBody[6] * px + toBody[7] * py + toBody[8] * pz;
      x = x0;
      y = y0;
      z = z0;
      for (double[] w : waves) {
        double v = Noise.wave(w[0] * x0 + w[1] * y0 + w[2] * z0 + w[3]);
        x += w[4] * v;
        y += w[5] * v;
        z += w[6] * v;
      }
      textured = false;
    }

    /** Takes over coordinates computed before by {@link #move}. */
    void restore(double px, double py, double pz, double bodyX, double bodyY, double bodyZ) {
      patientX = px;
      patientY = py;
      patientZ = pz;
      x = bodyX;
      y = bodyY;
      z = bodyZ;
      textured = false;
    }

    /** Fills in the distances to the body's own surfaces. */
    void measure() {
      double at = Noise.clamp((z - Z0) / PITCH, 0, ROWS - 1.001);
      int row = (int) at;
      double t = at - row;
      int base = row * COLUMNS;
      skin = Math.max(ring(base + SKIN, t), y - skinBack);
      muscle = ring(base + MUSCLE, t);
      cavity = ring(base + CAVITY, t);
      cavityLevel = level;
      cavityHeight = (y - value(base + CAVITY + 2, t)) / value(base + CAVITY + 1, t);
      spineY = value(base + SPINE, t);
      diaphragm = z < 10 ? -Tube.FAR : z - dome();
    }

    private double dome() {
      double left = Noise.step(-35, 45, x);
      double top = Noise.mix(domeRight, domeLeft, left);
      double away = (x - Noise.mix(-72, 78, left)) / 75;
      double rim = Noise.step(0.66, 1.02, cavityLevel);
      double behind = Noise.clamp(y / 60, -1, 1);
      return top - 13 * Math.min(away * away, 2) - 0.10 * Math.max(0, y + 10) - rim * (48 + 20 * behind);
    }

    private double ring(int column, double t) {
      double a = value(column, t);
      double b = value(column + 1, t);
      double dy = y - value(column + 2, t);
      double u = x / a;
      double v = dy / b;
      double u2 = u * u;
      double v2 = v * v;
      level = 0.5 * (Math.sqrt(u2 + v2) + Math.sqrt(Math.sqrt(u2 * u2 + v2 * v2)));
      if (level < 1e-3) {
        return -Math.min(a, b);
      }
      return Math.sqrt(x * x + dy * dy) * (1 - 1 / level);
    }

    private double value(int column, double t) {
      return Noise.mix(profile[column], profile[column + COLUMNS], t);
    }

    /** The tissue texture here, -1..1, a couple of centimetres coarse. */
    double texture() {
      if (!textured) {
        texture = 0.6 * Noise.smooth(textureSeed, x / 17 + 900, y / 17 + 900, z / 17 + 900)
            + 0.4 * Noise.smooth(textureSeed + 77, x / 6 + 900, y / 6 + 900, z / 6 + 900);
        textured = true;
      }
      return texture;
    }

    /** Other noise of the given grain in mm. */
    double noise(int kind, double grain) {
      return Noise.smooth(textureSeed + 1009L * kind, x / grain + 900, y / grain + 900, z / grain + 900);
    }
  }
}
