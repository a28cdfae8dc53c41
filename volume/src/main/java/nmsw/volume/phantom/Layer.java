package nmsw.volume.phantom;

/**
 * One thing painted into the patient. Layers are painted in order, each over the ones before; where a layer's distance
 * is negative its label holds.
 */
abstract class Layer {
  /** How far beyond its surface, mm, a layer may still tint a voxel: bounds are widened by this. */
  static final double REACH = 4;

  final int label;
  final Box bounds;

  Layer(int label, Box bounds) {
    this.label = label;
    this.bounds = bounds;
  }

  /** Approximate signed distance to the surface in mm, negative inside. */
  abstract double distance(Space.Point p);

  /** Hounsfield value at a point at the given signed distance. */
  abstract double hounsfield(Space.Point p, double distance);

  /** Axis-aligned box in body coordinates. */
  record Box(double x0, double x1, double y0, double y1, double z0, double z1) {
    static final Box EVERYWHERE = new Box(-1e9, 1e9, -1e9, 1e9, -1e9, 1e9);

    static Box around(double x, double y, double z, double rx, double ry, double rz) {
      return new Box(x - rx, x + rx, y - ry, y + ry, z - rz, z + rz);
    }

    boolean contains(double x, double y, double z) {
      return x >= x0 && x <= x1 && y >= y0 && y <= y1 && z >= z0 && z <= z1;
    }

    boolean meets(Box o) {
      return x0 <= o.x1 && x1 >= o.x0 && y0 <= o.y1 && y1 >= o.y0 && z0 <= o.z1 && z1 >= o.z0;
    }
  }

  /** What fills a layer. */
  interface Fill {
    double hounsfield(Space.Point p, double distance);

    /** Nearly uniform tissue with the patient's soft texture. */
    static Fill tissue(double hu, double texture) {
      return (p, d) -> hu + texture * p.texture();
    }

    /** Compact bone of the given thickness around cancellous bone. */
    static Fill bone(double compact, double cancellous, double thickness) {
      return (p, d) -> {
        double shell = Noise.step(-thickness - 1, -thickness + 0.5, d);
        return Noise.mix(cancellous + 45 * p.texture(), compact, shell);
      };
    }
  }

  /** Signed distance to a shape. */
  interface Shape {
    double distance(Space.Point p);

    /** Union with rounded seams of about {@code k} mm. */
    static double blend(double a, double b, double k) {
      double h = Noise.clamp(0.5 + 0.5 * (b - a) / k, 0, 1);
      return Noise.mix(b, a, h) - k * h * (1 - h);
    }

    /** Intersection with rounded edges of about {@code k} mm. */
    static double both(double a, double b, double k) {
      return -blend(-a, -b, k);
    }
  }

  static Layer of(int label, Box bounds, Shape shape, Fill fill) {
    return new Layer(label, bounds) {
      @Override
      double distance(Space.Point p) {
        return shape.distance(p);
      }

      @Override
      double hounsfield(Space.Point p, double distance) {
        return fill.hounsfield(p, distance);
      }
    };
  }
}
