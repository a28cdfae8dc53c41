package nmsw.training;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import nmsw.segmentation.nn.Int3;

/**
 * Augmentations 2, 3 and 10 of NMSW §9 as one map from a sample's voxels to a case's, so that the image is resampled once.
 * With c the case's middle, D the distortion, which is a function per axis, R a rotation and S a scale:
 *
 * <pre>
 * source(p) = c + R S^-1 (D(p) - c) - t
 * </pre>
 *
 * <p>That is a sum of three vectors, each a function of one of p's coordinates.
 *
 * @param matrix R S^-1, row by row
 * @param shift t, along x, y, z
 * @param cells per axis the widths of the distortion's cells, relative to a fifth of the case; none for no distortion
 */
record Deformation(double[] matrix, double[] shift, double[][] cells) {
  private static final int CELLS = 5;
  private static final double AFFINE = 0.3;
  private static final double DISTORTION = 0.3;

  static Deformation identity() {
    return new Deformation(
        new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, new double[3], new double[3][0]);
  }

  static Deformation random(Augmentation augmentation, RandomGenerator random) {
    double[] shift = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      shift[axis] = symmetric(random, augmentation.translation());
    }
    double[] matrix = identity().matrix;
    if (random.nextDouble() < AFFINE) {
      Augmentation.Affine affine = augmentation.affine();
      double[] angles = new double[3];
      double[] scale = new double[3];
      for (int axis = 0; axis < 3; axis++) {
        angles[axis] = symmetric(random, affine.rotation());
        scale[axis] = 1 + symmetric(random, affine.scale().get(axis));
        shift[axis] += symmetric(random, affine.translation().get(axis));
      }
      matrix = matrix(angles, scale);
    }
    double[][] cells = new double[3][0];
    if (random.nextDouble() < DISTORTION && augmentation.distortion() > 0) {
      for (int axis = 0; axis < 3; axis++) {
        cells[axis] = new double[CELLS];
        for (int cell = 0; cell < CELLS; cell++) {
          cells[axis][cell] = 1 + symmetric(random, augmentation.distortion());
        }
      }
    }
    return new Deformation(matrix, shift, cells);
  }

  private static double symmetric(RandomGenerator random, double largest) {
    return largest * (2 * random.nextDouble() - 1);
  }

  /**
   * Rotations about x, then y, then z, of what was divided by the scale.
   *
   * @param angles radians
   * @param scale above 1 makes larger
   */
  static double[] matrix(double[] angles, double[] scale) {
    double[] result = {1 / scale[0], 0, 0, 0, 1 / scale[1], 0, 0, 0, 1 / scale[2]};
    for (int axis = 0; axis < 3; axis++) {
      int u = (axis + 1) % 3;
      int v = (axis + 2) % 3;
      double cos = Math.cos(angles[axis]);
      double sin = Math.sin(angles[axis]);
      for (int column = 0; column < 3; column++) {
        double a = result[3 * u + column];
        double b = result[3 * v + column];
        result[3 * u + column] = cos * a - sin * b;
        result[3 * v + column] = sin * a + cos * b;
      }
    }
    return result;
  }

  /** The parts of the map that depend on one coordinate of the sample's voxel: {@code [axis][3 * index + coordinate]}. */
  double[][] tables(Int3 sample, Int3 source, Int3 before) {
    double[][] tables = new double[3][];
    for (int axis = 0; axis < 3; axis++) {
      double centre = (source.get(axis) - 1) / 2.0;
      double[] table = new double[3 * sample.get(axis)];
      for (int i = 0; i < sample.get(axis); i++) {
        double p = distorted(axis, i - before.get(axis), source.get(axis)) - centre;
        for (int row = 0; row < 3; row++) {
          table[3 * i + row] = matrix[3 * row + axis] * p;
        }
        table[3 * i + axis] += centre - shift[axis];
      }
      tables[axis] = table;
    }
    return tables;
  }

  /** D along one axis: five pieces, straight on outside. */
  private double distorted(int axis, double p, int extent) {
    double[] widths = cells[axis];
    if (widths.length == 0) {
      return p;
    }
    double cell = (double) extent / widths.length;
    int full = (int) Math.max(0, Math.min(widths.length - 1, Math.floor(p / cell)));
    double passed = cell * Arrays.stream(widths, 0, full).sum();
    return passed + (p - full * cell) * widths[full];
  }
}
