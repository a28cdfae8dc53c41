package nmsw.volume.phantom;

import static nmsw.volume.phantom.Layer.Shape.blend;
import static nmsw.volume.phantom.Layer.Shape.both;

import java.util.ArrayList;
import java.util.List;
import nmsw.volume.phantom.Layer.Box;
import nmsw.volume.phantom.Layer.Fill;
import nmsw.volume.phantom.Layer.Shape;

/**
 * One patient's organs, as layers painted from the outside in. Where two organs would overlap the later layer wins, so
 * the order below is the priority order of the labels.
 */
final class Anatomy {
  private static final double FAT = -102;
  private static final double MUSCLE = 56;

  final Space space;

  /** Standard deviation of the CT noise, HU. */
  final double noise;

  private final List<Layer> layers = new ArrayList<>();
  private final Jitter jitter;
  private final Contrast contrast;

  /** Hounsfield values of blood and organs in one contrast phase. */
  private record Contrast(
      double aorta, double cava, double portal, double liver, double spleen, double cortex, double medulla,
      double pancreas, double bowelWall) {
    static Contrast draw(Jitter j) {
      return switch (j.index(3)) {
        case 0 -> new Contrast(j.around(42, 5), j.around(40, 5), j.around(40, 5), j.around(58, 8),
            j.around(49, 5), j.around(34, 4), j.around(32, 4), j.around(40, 6), j.around(38, 5));
        case 1 -> new Contrast(j.around(265, 45), j.around(95, 25), j.around(95, 25), j.around(68, 8),
            j.around(110, 14), j.around(168, 15), j.around(75, 15), j.around(98, 12), j.around(75, 12));
        default -> new Contrast(j.around(155, 25), j.around(145, 20), j.around(170, 20), j.around(104, 12),
            j.around(116, 12), j.around(175, 15), j.around(150, 20), j.around(92, 12), j.around(80, 12));
      };
    }
  }

  Anatomy(long seed) {
    jitter = new Jitter(seed);
    space = new Space(jitter);
    contrast = Contrast.draw(jitter);
    noise = jitter.between(6, 16);
    couch();
    body();
    chest();
    muscles();
    pelvis();
    bowel();
    colon();
    stomach();
    liver();
    spleen();
    kidneys();
    pancreas();
    gallbladder();
    vessels();
    bladder();
    spine();
    ribs();
  }

  /** The layers that may matter inside a box, in painting order. */
  Layer[] layersIn(Box box) {
    return layers.stream().filter(l -> l.bounds.meets(box)).toArray(Layer[]::new);
  }

  private void add(int label, Box bounds, Shape shape, Fill fill) {
    layers.add(Layer.of(label, bounds, shape, fill));
  }

  private void add(Organ organ, Box bounds, Shape shape, Fill fill) {
    add(organ.label(), bounds, shape, fill);
  }

  private void add(Ellipsoid shape, Fill fill) {
    add(0, shape.bounds(), shape, fill);
  }

  private void add(Tube tube, Fill fill) {
    add(0, tube.bounds(), tube, fill);
  }

  private double[] at(double x, double y, double z, double spread) {
    return new double[] {jitter.around(x, spread), jitter.around(y, spread), jitter.around(z, spread)};
  }

  private double[][] bent(double spread, double[]... knots) {
    for (double[] k : knots) {
      k[0] = jitter.around(k[0], spread);
      k[1] = jitter.around(k[1], spread);
      k[2] = jitter.around(k[2], spread);
    }
    return knots;
  }

  private static double[] knot(double x, double y, double z, double radius) {
    return new double[] {x, y, z, radius};
  }

  private void couch() {
    double top = space.skinBack * space.scaleY + jitter.between(11, 16);
    double bend = jitter.between(0.0004, 0.0011);
    double thick = jitter.between(22, 38);
    double half = jitter.between(200, 235);
    Shape slab = p -> {
      double under = top - bend * p.patientX * p.patientX;
      return Math.max(Math.max(under - p.patientY, p.patientY - under - thick), Math.abs(p.patientX) - half);
    };
    add(0, Box.EVERYWHERE, slab, (p, d) -> d > -3.2 ? 45 : -915);
  }

  private void body() {
    double skin = jitter.between(1.4, 2.2);
    add(0, Box.EVERYWHERE, p -> p.skin, (p, d) -> {
      double strand = p.noise(1, 9);
      double septa = Math.abs(strand) < 0.035 ? 55 : 0;
      return d > -skin ? 5 : FAT + 7 * p.texture() + septa;
    });
    add(0, Box.EVERYWHERE, p -> p.muscle, (p, d) -> {
      double plane = Math.abs(p.noise(2, 19));
      double marbling = plane < 0.055 && d < -3 ? 90 * (1 - plane / 0.055) : 0;
      return MUSCLE + 7 * p.texture() - marbling;
    });
    add(0, Box.EVERYWHERE, p -> p.cavity, (p, d) -> {
      double strand = Math.abs(p.noise(3, 13));
      return FAT + 8 * p.texture() + (strand < 0.05 ? 60 * (1 - strand / 0.05) : 0);
    });
  }

  private void chest() {
    Box box = new Box(-200, 200, -160, 160, 20, 1e9);
    double lung = jitter.around(-855, 25);
    double blood = contrast.cava();
    add(0, box, p -> {
      double column = 15 + 15 * Noise.step(-50, 40, p.y) - Math.abs(p.x - 8);
      return both(both(p.cavity + 2.5, -0.75 * (p.diaphragm - 1), 6), column, 10);
    }, (p, d) -> {
      double branch = Math.abs(p.noise(4, 11)) + Math.abs(p.noise(5, 11));
      double vessel = branch < 0.17 && d < -4 ? 620 * (1 - branch / 0.17) : 0;
      return lung + 0.5 * p.y + 25 * p.texture() + vessel;
    });
    double[] centre = at(24, -44, 196, 6);
    double turn = jitter.around(28, 8);
    double[] axes = Ellipsoid.turned(0, 12, turn);
    add(new Ellipsoid(centre, new double[] {68, 50, 46}, axes, 2, 0.3), (p, d) -> FAT + 12 * p.texture());
    add(new Ellipsoid(centre, new double[] {62, 45, 41}, axes, 2, 0.3), Fill.tissue(blood * 0.35 + 55, 6));
    add(new Ellipsoid(centre, new double[] {49, 32, 29}, axes, 3, 0.6),
        Fill.tissue(0.5 * (contrast.aorta() + blood), 5));
    // The diaphragm: a thin sheet under the lungs.
    double sheet = jitter.between(1.6, 2.6);
    add(0, box, p -> Math.max(Math.abs(0.75 * (p.diaphragm + 2)) - sheet, p.cavity), Fill.tissue(50, 6));
    add(Tube.plain(bent(2, knot(4, 26, 300, 9), knot(5, 20, 200, 9), knot(16, 8, 165, 9), knot(28, -2, 146, 10)), 3),
        Fill.tissue(42, 8));
  }

  private void muscles() {
    for (int side = -1; side <= 1; side += 2) {
      double bulk = jitter.around(1, 0.15);
      double[][] knots = {
        knot(side * 30, space.spineY(62) + 4, 62, 9 * bulk),
        knot(side * 39, space.spineY(20) + 3, 20, 17 * bulk),
        knot(side * 47, space.spineY(-30) + 2, -30, 22 * bulk),
        knot(side * 60, 22, -80, 22 * bulk), knot(side * 78, -12, -130, 19 * bulk),
        knot(side * 96, -26, -180, 17 * bulk), knot(side * 108, -4, -222, 15 * bulk)
      };
      add(new Tube(knots, 3, 0.95, 0, 1), Fill.tissue(MUSCLE + 4, 6));
      // The fat between erector spinae and the wall, then the muscle itself.
      double[][] back = {
        knot(side * 30, 86, -130, 14), knot(side * 34, 80, -60, 23), knot(side * 34, 76, 10, 24),
        knot(side * 32, 80, 90, 20), knot(side * 30, 86, 200, 17), knot(side * 30, 88, 320, 16)
      };
      double[][] halo = new double[back.length][];
      for (int k = 0; k < back.length; k++) {
        halo[k] = knot(back[k][0], back[k][1], back[k][2], back[k][3] + 2.5);
      }
      Tube wide = new Tube(halo, 2, 0.75, 0, 1);
      add(0, wide.bounds(), p -> Math.max(wide.distance(p), p.muscle + 2), Fill.tissue(-75, 12));
      Tube narrow = new Tube(back, 2, 0.75, 0, 1);
      add(0, narrow.bounds(), p -> Math.max(narrow.distance(p), p.muscle + 3), (p, d) ->
          MUSCLE + 6 * p.texture() - (Math.abs(p.noise(6, 14)) < 0.05 ? 70 : 0));
    }
  }

  private void pelvis() {
    // Fat planes around the gluteal muscles.
    for (int side = -1; side <= 1; side += 2) {
      double s = side;
      Ellipsoid plane = new Ellipsoid(new double[] {s * 86, 62, -150},
          new double[] {62, 33, 72}, Ellipsoid.turned(0, 0, s * -32), 2, 0.2);
      add(0, plane.bounds(), p -> Math.max(Math.abs(plane.distance(p)) - 1.8, p.muscle + 1), Fill.tissue(-80, 15));
    }
    Shape wing = p -> {
      double crest = -42 - 32 * p.cavityHeight * p.cavityHeight - 12 * Math.max(0, -p.cavityHeight);
      double thick = 3.6 + 5 * Noise.step(-110, -165, p.z) + 4 * Noise.step(0.5, 1, p.cavityHeight);
      double plate = Math.abs(p.cavity - 12) - thick;
      double edge = Math.max(Math.max(p.z - crest, -172 - p.z), Math.max(30 - Math.abs(p.x), -28 - p.y));
      return both(plate, edge, 5);
    };
    add(0, new Box(-180, 180, -60, 120, -180, -30), wing, Fill.bone(560, 230, 1.6));
    double[][] sacral = {
      knot(0, space.spineY(-92) + 6, -92, 40), knot(0, space.spineY(-120) + 6, -120, 38),
      knot(0, space.spineY(-150) + 6, -150, 27), knot(0, space.spineY(-178) + 2, -178, 15),
      knot(0, space.spineY(-200) - 6, -198, 7)
    };
    Tube sacrum = new Tube(sacral, 3, 0.42, 0, 1);
    add(0, sacrum.bounds(), p -> {
      double u = Math.abs(Math.abs(p.x) - 17) - 1e-9;
      double v = (p.z + 92) / 24;
      double w = (v - Math.floor(v) - 0.5) * 24;
      double hole = 4.6 - Math.sqrt(u * u + w * w + 0.1 * (p.y - p.spineY) * (p.y - p.spineY));
      return Math.max(sacrum.distance(p), hole);
    }, Fill.bone(430, 170, 1.8));
    for (int side = -1; side <= 1; side += 2) {
      double s = side;
      double hipX = s * jitter.around(91, 3);
      double hipY = jitter.around(8, 4);
      double hipZ = -182;
      Ellipsoid cup = new Ellipsoid(new double[] {hipX, hipY, hipZ}, new double[] {34, 34, 34}, Ellipsoid.UPRIGHT, 0, 0);
      add(0, cup.bounds(), p -> both(cup.distance(p), s * (p.x - hipX) - 9, 5), Fill.bone(560, 240, 2));
      add(Tube.plain(new double[][] {
        knot(s * 66, -8, -186, 11), knot(s * 38, -42, -198, 8), knot(s * 9, -56, -208, 10)}, 3), Fill.bone(520, 210, 1.6));
      add(Tube.plain(new double[][] {
        knot(s * 68, 30, -190, 13), knot(s * 58, 46, -222, 14), knot(s * 50, 38, -242, 11),
        knot(s * 22, -30, -228, 7), knot(s * 9, -52, -214, 8)}, 3), Fill.bone(520, 210, 1.6));
      // The joint space, then the femur.
      add(new Ellipsoid(new double[] {hipX, hipY, hipZ}, new double[] {26.5, 26.5, 26.5}, Ellipsoid.UPRIGHT, 0, 0),
          Fill.tissue(62, 5));
      add(new Ellipsoid(new double[] {hipX, hipY, hipZ}, new double[] {23.5, 23.5, 23.5}, Ellipsoid.UPRIGHT, 0, 0),
          Fill.bone(520, 300, 1.4));
      add(Tube.plain(new double[][] {
        knot(hipX, hipY, hipZ, 16), knot(s * 116, 16, -196, 15), knot(s * 138, 22, -206, 19),
        knot(s * 136, 18, -240, 17), knot(s * 131, 14, -340, 15)}, 3), Fill.bone(900, 190, 4));
      double[] artery = knot(s * 58, -46, -190, 5);
      add(Tube.plain(new double[][] {
        knot(s * 9, space.spineY(-42) - 26, -42, 6.5), knot(s * 26, space.spineY(-75) - 22, -75, 6),
        knot(s * 52, 4, -115, 5.5), knot(s * 62, -34, -165, 5), artery, knot(s * 70, -52, -260, 4.5)}, 3),
          Fill.tissue(contrast.aorta(), 3));
      add(Tube.plain(new double[][] {
        knot(s * 14 - 10, space.spineY(-52) - 24, -52, 8), knot(s * 30, space.spineY(-80) - 14, -80, 7),
        knot(s * 48, 14, -118, 6.5), knot(s * 50, -22, -165, 6), knot(s * 47, -42, -195, 6),
        knot(s * 56, -46, -260, 5.5)}, 3), Fill.tissue(0.8 * contrast.cava(), 3));
    }
    // Prostate or uterus, seminal vesicles or cervix.
    boolean large = jitter.chance(0.5);
    double[] gland = at(0, large ? 10 : -4, large ? -150 : -196, 4);
    double[] size = large ? new double[] {27, 24, 30} : new double[] {22, 17, 19};
    add(new Ellipsoid(gland, size, Ellipsoid.turned(jitter.around(20, 15), 0, 0), 2.5, 0.4), Fill.tissue(58, 9));
  }

  private void bowel() {
    double wall = contrast.bowelWall();
    double oral = jitter.chance(0.25) ? jitter.between(120, 260) : jitter.around(22, 10);
    for (int loop = 0; loop < 9; loop++) {
      double zc = -108 + 15 * loop + jitter.around(0, 6);
      int knots = 9;
      double[][] path = new double[knots][];
      double phase = jitter.between(0, 1);
      double depth = -44 + 22 * (loop % 2);
      for (int k = 0; k < knots; k++) {
        double t = k / (double) (knots - 1);
        path[k] = knot(-78 + 156 * t + jitter.around(0, 7),
            jitter.around(depth, 8) + 13 * Noise.wave(1.6 * t + phase),
            zc + 16 * Noise.wave(2.2 * t + 1.7 * phase) + jitter.around(0, 5), jitter.around(12, 3));
      }
      Tube tube = new Tube(path, 3, 1, 0.06, 19);
      double gasAbove = jitter.chance(0.35) ? jitter.between(0.0, 0.5) : 2;
      add(0, tube.bounds(), p -> both(tube.distance(p), p.cavity + 5, 4),
          hollow(tube, wall, 2.2, oral, 10, gasAbove, 31 + loop));
    }
    Tube duodenum = Tube.plain(bent(3,
        knot(-24, -40, 48, 12), knot(-42, -26, 44, 13), knot(-50, -8, 28, 13), knot(-47, 0, 4, 13),
        knot(-28, space.spineY(-10) - 36, -8, 12), knot(6, space.spineY(-4) - 43, -6, 11), knot(32, -18, 12, 12),
        knot(42, -36, 14, 12)), 3);
    add(0, duodenum.bounds(), duodenum, hollow(duodenum, wall, 2.4, jitter.around(24, 8), 8, 1.1, 51));
  }

  /** Wall, contents and, above a level, gas. */
  private static Fill hollow(
      Tube tube, double wallHu, double wall, double contents, double mottle, double gasAbove, int kind) {
    return (p, d) -> {
      if (d > -wall) {
        return wallHu;
      }
      Tube.Where where = p.where;
      tube.distance(p, where);
      double level = gasAbove + 0.55 * Noise.wave(where.along / 83 + 0.37 * kind) - 0.1;
      double gas = Noise.step(level - 0.05, level + 0.05, where.height);
      return Noise.mix(contents + mottle * p.noise(kind, 7), -960, gas);
    };
  }

  private void colon() {
    double caliber = jitter.around(1, 0.14);
    double dip = jitter.around(0, 16);
    double[][] path = bent(5,
        knot(-88, -30, -98, 22), knot(-98, -18, -70, 25), knot(-104, -6, -35, 23), knot(-106, 0, 0, 22),
        knot(-98, -16, 24, 21), knot(-78, -58, 16 + 0.3 * dip, 20), knot(-42, -76, -2 - dip, 19),
        knot(4, -80, -8 - dip, 18), knot(48, -76, 10 - 0.5 * dip, 18), knot(84, -50, 46, 18), knot(108, -4, 78, 18),
        knot(114, 22, 52, 16), knot(113, 24, 10, 15), knot(112, 18, -35, 14), knot(102, -4, -75, 14),
        knot(74, -24, -104, 14), knot(38, -34, -112, 15), knot(14, -22, -98, 14), knot(6, 14, -104, 15),
        knot(4, 44, -128, 16));
    double[][] rectum = {knot(2, 53, -152, 18), knot(0, 50, -176, 20), knot(0, 46, -200, 15), knot(0, 52, -222, 11)};
    double[][] all = new double[path.length + rectum.length][];
    System.arraycopy(path, 0, all, 0, path.length);
    System.arraycopy(rectum, 0, all, path.length, rectum.length);
    for (double[] k : all) {
      k[3] *= caliber;
    }
    Tube tube = new Tube(all, 3, 1, 0.13, 31);
    double stool = jitter.chance(0.2) ? jitter.between(150, 300) : jitter.around(28, 14);
    Fill fill = hollow(tube, contrast.bowelWall(), 2.3, stool, 75, jitter.between(-0.1, 0.55), 60);
    add(Organ.COLON, tube.bounds(), p -> both(tube.distance(p), p.cavity + 3, 4), fill);
  }

  private void stomach() {
    double full = jitter.around(1, 0.22);
    Tube tube = Tube.plain(bent(5,
        knot(70, 12, 134, 30 * full), knot(74, -6, 112, 34 * full), knot(70, -34, 86, 30 * full),
        knot(50, -56, 62, 25 * full), knot(20, -60, 48, 19 * full), knot(-8, -50, 48, 14), knot(-22, -42, 49, 11)), 3);
    double level = jitter.between(-52, -8);
    double contents = jitter.around(28, 10);
    double wall = jitter.between(3.2, 5.5);
    double tissue = contrast.bowelWall();
    add(Organ.STOMACH, tube.bounds(),
        p -> both(both(tube.distance(p), p.cavity + 4, 6), 0.75 * (p.diaphragm + 6), 6), (p, d) -> {
          double rugae = wall + 1.2 * p.noise(70, 6);
          if (d > -rugae) {
            return tissue + 5 * p.texture();
          }
          double gas = Noise.step(level + 1, level - 1, p.y);
          return Noise.mix(contents + 14 * p.noise(71, 9), -970, gas);
        });
  }

  private void liver() {
    double size = jitter.around(1, 0.1);
    double leftReach = jitter.around(1, 0.22);
    Ellipsoid right = new Ellipsoid(at(-76, -4, 86, 5),
        new double[] {96 * size, 104 * size, 96 * size}, Ellipsoid.turned(0, jitter.around(-8, 5), 0), 3, 0.1);
    Ellipsoid left = new Ellipsoid(at(6, -52, 108, 5), new double[] {84 * leftReach, 42 * size, 40 * size},
        Ellipsoid.turned(0, jitter.around(-10, 6), jitter.around(8, 6)), 2, 0.6);
    double tip = jitter.around(0, 16);
    double slope = jitter.around(0.62, 0.12);
    double rise = jitter.around(0.30, 0.12);
    double medial = jitter.around(0, 5);
    double fissure = jitter.around(-22, 8);
    Shape shape = p -> {
      double lobes = blend(right.distance(p), left.distance(p), 14);
      double hollow = 7 * Noise.wave(p.x / 105 + 0.2) * Noise.wave(p.y / 120 + 0.1);
      double under = 0.8 * (2 + tip + slope * (p.x + 125) + rise * (p.y + 10) - p.z + hollow);
      // Behind the liver and left of it: spine and great vessels keep their place.
      double clear = blend(p.x + 14 + medial, 0.9 * (p.y - p.spineY + 50), 14);
      // The cleft of the falciform ligament.
      double cleft = 4 - Math.abs(p.x - fissure) - 0.25 * Math.max(0, p.y + 62) - 0.1 * Math.max(0, p.z - 100);
      double inside = both(both(lobes, under, 10), both(p.cavity + 2.5, clear, 9), 8);
      return both(both(inside, 0.75 * (p.diaphragm + 5), 8), cleft, 6);
    };
    Box bounds = new Box(-190, 120, -130, 130, -60, 200);
    Fill tissue = Fill.tissue(contrast.liver(), 6);
    add(Organ.LIVER, bounds, shape, tissue);
    double hepatic = contrast.cava() > 60 ? Math.max(contrast.liver() + 12, contrast.cava()) : contrast.liver() - 14;
    double portal = contrast.portal() > 60 ? contrast.portal() : contrast.liver() - 14;
    veins(shape, hepatic, new double[][][] {
      {knot(-22, 14, 134, 6), knot(-60, 14, 126, 5), knot(-100, 22, 100, 3), knot(-118, 26, 70, 1.5)},
      {knot(-22, 12, 134, 5.5), knot(-48, -22, 124, 5), knot(-74, -56, 98, 3.5), knot(-84, -70, 66, 1.5)},
      {knot(-20, 10, 134, 5), knot(-6, -24, 126, 4.5), knot(14, -52, 112, 3), knot(34, -60, 104, 1.5)}});
    veins(shape, portal, new double[][][] {
      {knot(-30, -14, 66, 7), knot(-46, -14, 78, 6.5), knot(-74, -6, 82, 5.5), knot(-104, 8, 90, 3.5), knot(-122, 10, 104, 1.5)},
      {knot(-74, -6, 82, 5), knot(-92, -36, 72, 3.5), knot(-110, -52, 58, 1.5)},
      {knot(-46, -14, 78, 5), knot(-22, -38, 92, 4.5), knot(6, -56, 104, 3), knot(30, -60, 112, 1.5)}});
    int lesions = jitter.chance(0.3) ? 1 + jitter.index(3) : 0;
    for (int n = 0; n < lesions; n++) {
      double r = jitter.between(5, 17);
      double hu = jitter.chance(0.6) ? jitter.around(8, 6) : contrast.liver() - 28;
      Ellipsoid cyst = new Ellipsoid(
          new double[] {jitter.between(-125, -30), jitter.between(-50, 40), jitter.between(60, 130)},
          new double[] {r, r, r * jitter.around(1, 0.15)}, Ellipsoid.UPRIGHT, 0, 0);
      add(Organ.LIVER, cyst.bounds(), p -> Math.max(cyst.distance(p), shape.distance(p) + 1.5), Fill.tissue(hu, 4));
    }
  }

  private void veins(Shape organ, double hu, double[][][] branches) {
    for (double[][] branch : branches) {
      Tube tube = Tube.plain(bent(3, branch), 3);
      add(Organ.LIVER, tube.bounds(), p -> Math.max(tube.distance(p), organ.distance(p) + 1.5), Fill.tissue(hu, 3));
    }
  }

  private void spleen() {
    double size = jitter.around(1, 0.14);
    double[] centre = at(108, 32, 100, 5);
    Ellipsoid outer = new Ellipsoid(centre, new double[] {36 * size, 56 * size, 60 * size},
        Ellipsoid.turned(jitter.around(-24, 8), jitter.around(8, 6), jitter.around(18, 8)), 3, jitter.between(0, 1));
    Ellipsoid hilum = new Ellipsoid(
        new double[] {centre[0] - 50 * size, centre[1] - 16, centre[2] - 4},
        new double[] {30, 46, 50}, Ellipsoid.turned(0, 0, 18), 3, 0.5);
    boolean mottled = contrast.aorta() > 210;
    Shape shape = p -> both(
        both(both(outer.distance(p), -hilum.distance(p), 6), p.cavity + 2.5, 8), 0.75 * (p.diaphragm + 5), 8);
    add(Organ.SPLEEN, outer.bounds(), shape, (p, d) ->
        contrast.spleen() + 5 * p.texture() + (mottled ? 16 * p.noise(80, 8) : 0));
  }

  private void kidneys() {
    kidney(Organ.KIDNEY_LEFT, 1, 50);
    kidney(Organ.KIDNEY_RIGHT, -1, 36);
  }

  private void kidney(Organ organ, int side, double height) {
    double size = jitter.around(1, 0.1);
    double s = side;
    double[] centre = at(s * 68, space.spineY(height) - 3, height, 5);
    double[] axes = Ellipsoid.turned(jitter.around(-10, 6), s * jitter.around(12, 5), s * jitter.around(-28, 10));
    Ellipsoid fat = new Ellipsoid(centre, new double[] {37 * size, 34 * size, 68 * size}, axes, 2, 0.3);
    add(0, fat.bounds(), p -> both(fat.distance(p), p.cavity + 1.5, 5), Fill.tissue(FAT, 7));
    Ellipsoid body = new Ellipsoid(centre, new double[] {29 * size, 26 * size, 56 * size}, axes, 2, jitter.between(0, 1));
    double hx = centre[0] - s * 27 * size;
    double hy = centre[1] - 11 * size;
    Ellipsoid sinus = new Ellipsoid(new double[] {hx, hy, centre[2]}, new double[] {17 * size, 10 * size, 21 * size},
        axes, 2.5, 0.7);
    double renalPelvis = jitter.around(8, 5);
    double cortex = contrast.cortex();
    double medulla = contrast.medulla();
    // The sinus opens to the hilum: its mouth belongs to no organ.
    add(organ, body.bounds(), p -> both(body.distance(p), -sinus.distance(p), 4), (p, d) -> {
      double pyramid = Noise.step(-6.5, -9, body.distance(p)) * Noise.step(-0.15, 0.1, p.noise(90 + side, 13));
      return Noise.mix(cortex, medulla, pyramid) + 4 * p.texture();
    });
    add(0, sinus.bounds(), p -> Math.max(sinus.distance(p), body.distance(p) - 3), Fill.tissue(FAT + 15, 12));
    Tube ureter = Tube.plain(bent(2, knot(centre[0] - s * 20 * size, centre[1] - 8 * size, centre[2], 7),
        knot(hx - s * 8, hy - 2, centre[2] - 10, 4.5), knot(s * 38, centre[1] - 14, centre[2] - 50, 2.6),
        knot(s * 36, space.spineY(-40) - 24, -40, 2.2), knot(s * 46, 18, -110, 2.2), knot(s * 28, 0, -170, 2.2)), 3);
    add(ureter, Fill.tissue(renalPelvis, 2));
    Tube vein = Tube.plain(new double[][] {
      knot(hx + s * 4, hy, centre[2] + 5, 4), knot(s * 30, space.spineY(height) - 28, height + 4, 4.5),
      knot(s > 0 ? 4 : -14, space.spineY(height) - 35, height + 6, 4.5)}, 3);
    add(vein, Fill.tissue(contrast.cava(), 2));
    Tube artery = Tube.plain(new double[][] {
      knot(hx + s * 4, hy + 3, centre[2] + 1, 2.6), knot(s * 30, space.spineY(height) - 18, height + 5, 2.8),
      knot(10, space.spineY(height) - 28, height + 8, 3)}, 3);
    add(artery, Fill.tissue(contrast.aorta(), 2));
    Tube adrenal = new Tube(new double[][] {
      knot(s * 40, space.spineY(height + 55) - 14, height + 50, 4), knot(s * 36, space.spineY(height + 55) - 22, height + 62, 4.5),
      knot(s * 44, space.spineY(height + 55) - 8, height + 66, 2.5)}, 3, 1, 0, 1);
    add(adrenal, Fill.tissue(0.5 * (contrast.pancreas() + 40), 4));
  }

  private void pancreas() {
    double bulk = jitter.around(1, 0.14);
    double front = space.spineY(50) - 62;
    double[][] knots = bent(3.5,
        knot(-30, front + 12, 18, 12 * bulk), knot(-31, front + 8, 34, 16 * bulk), knot(-18, front + 2, 45, 13 * bulk),
        knot(2, front - 6, 52, 10 * bulk), knot(26, front + 2, 60, 11.5 * bulk), knot(52, front + 20, 71, 11.5 * bulk),
        knot(74, front + 32, 82, 10 * bulk), knot(88, front + 38, 90, 7.5 * bulk));
    Tube tube = new Tube(knots, 4, 0.95, 0.08, 14);
    double lobulation = jitter.between(1, 2.2);
    double fat = jitter.between(4, 26);
    add(Organ.PANCREAS, tube.bounds(), p -> {
      double d = tube.distance(p);
      return d > Layer.REACH ? d : d + lobulation * p.noise(100, 7);
    }, (p, d) -> contrast.pancreas() + 5 * p.texture() - fat * Math.max(0, p.noise(101, 6)));
    double[][] splenic = new double[5][];
    for (int k = 0; k < 5; k++) {
      double[] at = knots[k + 3];
      splenic[4 - k] = knot(at[0], at[1] + 12 * bulk, at[2] + 3, 4);
    }
    add(Tube.plain(splenic, 3), Fill.tissue(contrast.portal(), 2));
    add(Tube.plain(new double[][] {
      knot(-6, front + 4, -10, 4), knot(-5, front + 8, 30, 5), splenic[4], knot(-14, front - 2, 58, 6),
      knot(-30, -14, 68, 6.5)}, 3), Fill.tissue(contrast.portal(), 2));
    add(Tube.plain(new double[][] {
      knot(9, space.spineY(62) - 30, 62, 4), knot(8, space.spineY(48) - 44, 48, 4), knot(6, front + 10, 20, 3.5),
      knot(2, front + 4, -30, 3)}, 3), Fill.tissue(contrast.aorta(), 2));
  }

  private void gallbladder() {
    boolean present = !jitter.chance(0.08);
    double fill = jitter.around(1, 0.3);
    double hu = jitter.around(10, 5);
    double[] fundus = at(-66, -70, 18, 6);
    double[] neck = at(-44, -28, 52, 4);
    double mx = 0.5 * (fundus[0] + neck[0]);
    double my = 0.5 * (fundus[1] + neck[1]);
    double mz = 0.5 * (fundus[2] + neck[2]);
    Tube tube = Tube.plain(new double[][] {
      knot(fundus[0], fundus[1], fundus[2], 15 * fill), knot(mx, my, mz, 14 * fill),
      knot(neck[0], neck[1], neck[2], 6)}, 5);
    boolean stones = jitter.chance(0.15);
    double stone = jitter.between(80, 350);
    double wall = contrast.bowelWall();
    if (present) {
      add(Organ.GALLBLADDER, tube.bounds(), p -> both(tube.distance(p), p.cavity + 3, 4), (p, d) -> {
        if (d > -1.4) {
          return 0.5 * (wall + hu);
        }
        boolean settled = stones && p.y > my + 4 && p.noise(110, 5) > 0.1;
        return settled ? stone : hu + 3 * p.texture();
      });
    }
  }

  private void vessels() {
    double cava = jitter.around(1, 0.15);
    double[][] path = {
      knot(-15, space.spineY(-52) - 26, -52, 9.5 * cava), knot(-19, space.spineY(-20) - 27, -20, 11 * cava),
      knot(-20, space.spineY(20) - 27, 20, 11.5 * cava), knot(-21, space.spineY(60) - 27, 60, 12.5 * cava),
      knot(-23, space.spineY(100) - 32, 100, 13 * cava), knot(-22, space.spineY(134) - 40, 134, 13.5 * cava),
      knot(-18, space.spineY(160) - 56, 160, 13.5 * cava)
    };
    Tube ivc = new Tube(bent(2, path), 3, 0.78, 0, 1);
    double high = contrast.cava();
    double low = high > 60 ? 0.72 * high : high;
    add(Organ.INFERIOR_VENA_CAVA, ivc.bounds(), ivc, (p, d) ->
        Noise.mix(low, high, Noise.step(20, 55, p.z)) + 3 * p.texture());
    double width = jitter.around(1, 0.12);
    double sway = jitter.around(0, 5);
    double[][] great = {
      knot(8, space.spineY(-42) - 28, -42, 8 * width), knot(9 + 0.5 * sway, space.spineY(-10) - 28, -10, 8.3 * width),
      knot(9 + sway, space.spineY(30) - 29, 30, 9 * width), knot(9 + 0.5 * sway, space.spineY(70) - 29, 70, 10 * width),
      knot(9, space.spineY(110) - 29, 110, 11 * width), knot(14, space.spineY(150) - 27, 150, 11.5 * width),
      knot(22, space.spineY(200) - 22, 200, 12 * width), knot(25, space.spineY(260) - 18, 260, 12 * width),
      knot(25, space.spineY(330) - 18, 330, 12 * width)
    };
    Tube aorta = Tube.plain(bent(1.5, great), 3);
    double plaque = jitter.chance(0.5) ? jitter.between(0.25, 0.5) : 2;
    add(Organ.AORTA, aorta.bounds(), aorta, (p, d) ->
        d > -1.8 && p.noise(120, 8) > plaque ? 520 : contrast.aorta() + 3 * p.texture());
  }

  private void bladder() {
    double full = jitter.between(0.68, 1.25);
    double rz = 30 * full;
    Ellipsoid shape = new Ellipsoid(at(0, -24, -196 + rz, 3), new double[] {42 * full, 33 * full, rz},
        Ellipsoid.turned(jitter.around(-12, 8), 0, 0), 2, jitter.between(0, 1));
    double urine = jitter.around(6, 5);
    double wall = jitter.between(2, 4);
    add(Organ.URINARY_BLADDER, shape.bounds(), shape, (p, d) ->
        Noise.mix(urine, 42, Noise.step(-wall - 0.6, -wall + 0.6, d)) + 2 * p.texture());
  }

  private void spine() {
    double pitch = jitter.around(33, 1.5);
    double offset = jitter.between(0, 1);
    double marrow = jitter.between(130, 230);
    Box box = new Box(-60, 60, -20, 130, -112, 1e9);
    double bottom = -104;
    add(0, box, p -> {
      double t = (p.z / pitch + offset) - Math.floor(p.z / pitch + offset) - 0.5;
      double waist = 1 - 0.10 * (1 - Noise.clamp(16 * t * t * 0.45, 0, 1));
      double dy = p.y - p.spineY;
      double u = p.x / (25.5 * waist);
      double v = dy / (17.5 * waist);
      double level = Math.sqrt(u * u + v * v);
      double body = level < 1e-3 ? -17 : Math.sqrt(p.x * p.x + dy * dy) * (1 - 1 / level);
      return Math.max(body, bottom - p.z);
    }, (p, d) -> {
      double t = (p.z / pitch + offset) - Math.floor(p.z / pitch + offset) - 0.5;
      double disc = (Math.abs(t) - 0.385) * pitch;
      if (disc > 0) {
        return 82 + 6 * p.texture();
      }
      double shell = Math.max(Noise.step(-3.2, -1, d), Noise.step(-2.6, -0.8, disc));
      return Noise.mix(marrow + 40 * p.noise(130, 4), 480, shell);
    });
    add(0, box, p -> {
      double t = (p.z / pitch + offset) - Math.floor(p.z / pitch + offset) - 0.5;
      double zc = t * pitch;
      double cy = p.y - p.spineY - 25;
      double ring = Math.abs(Math.sqrt(p.x * p.x + cy * cy) - 13) - 3.4;
      double arch = both(ring, Math.abs(zc) - 10.5, 3);
      double spinous = Math.max(Math.max(Math.abs(p.x) - 3.6, Math.abs(zc + 0.2 * (cy - 30)) - 9), Math.max(13 - cy, cy - 36));
      double ax = Math.abs(p.x);
      double transverse = Math.max(Math.max(12 - ax, ax - 43),
          Math.sqrt((cy + 3 - 0.18 * ax) * (cy + 3 - 0.18 * ax) * 1.4 + (zc - 2) * (zc - 2)) - 5.2 + 0.04 * ax);
      double facet = Math.sqrt((ax - 19) * (ax - 19) + (cy - 6) * (cy - 6)) - 7.5;
      double all = blend(blend(arch, spinous, 4), blend(transverse, both(facet, 9 - Math.abs(zc), 2), 4), 4);
      return Math.max(Math.max(all, bottom - p.z), p.muscle + 3);
    }, Fill.bone(520, 260, 1.6));
    add(0, box, p -> {
      double cy = p.y - p.spineY - 25;
      return Math.sqrt(p.x * p.x + 1.2 * cy * cy) - 9;
    }, (p, d) -> d < -4 && p.z > 40 ? 38 : d < -1.5 ? 18 : -40);
  }

  private void ribs() {
    double gap = jitter.around(30, 2);
    double offset = jitter.between(0, 30);
    double calcified = jitter.between(90, 200);
    add(0, new Box(-190, 190, -140, 140, -60, 1e9), p -> {
      if (Math.abs(p.cavity - 7) > 12) {
        return Tube.FAR;
      }
      double h = p.cavityHeight;
      double drop = 80 * h;
      double at = (p.z - drop - offset) / gap;
      double index = Math.floor(at + 0.5);
      double centre = index * gap + offset;
      double dz = (p.z - drop - centre) * 0.85;
      // The lower a rib, the sooner it ends: 12th and 11th float.
      double reach = Noise.clamp((55 - centre) / 70, -1.1, 0.75);
      double end = (reach - h) * 70;
      double radial = (p.cavity - 6) / 3.6;
      double vertical = dz / 5.4;
      double level = Math.sqrt(radial * radial + vertical * vertical);
      double rib = (level - 1) * 4.6;
      double low = -4 - centre;
      return Math.max(Math.max(rib, end), Math.max(low, 14 - Math.abs(p.x)));
    }, (p, d) -> {
      if (p.cavityHeight < -0.62) {
        return calcified + 40 * p.noise(140, 6);
      }
      return Noise.mix(190 + 30 * p.texture(), 640, Noise.step(-2.6, -1.0, d));
    });
    add(0, new Box(-40, 40, -140, -40, 130, 1e9), p ->
        both(both(Math.abs(p.cavity - 8) - 5, Math.abs(p.x) - 15 - 0.05 * (p.z - 170), 4), 168 - p.z, 5),
        Fill.bone(420, 150, 1.5));
  }
}
