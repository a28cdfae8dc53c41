package nmsw.bench;

import java.util.Random;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.Vec3;

/** Labels such as a network predicts and its truth: ellipsoids of organs' sizes, the predicted ones a little off. */
record LabelledEllipsoids(LabelVolume truth, LabelVolume predicted) {
  private static final double[] SPACING = {0.8, 0.8, 1};
  private static final long SEED = 17;

  /**
   * @param classes without the background
   * @param strays predicted voxels of each class anywhere in the volume, as networks make them
   */
  static LabelledEllipsoids of(int nx, int ny, int nz, int classes, int strays) {
    Grid grid =
        new Grid(
            nx, ny, nz, Vec3.ZERO, new Vec3(SPACING[0], 0, 0), new Vec3(0, SPACING[1], 0), new Vec3(0, 0, SPACING[2]));
    byte[] truth = new byte[grid.voxels()];
    byte[] predicted = new byte[grid.voxels()];
    Random random = new Random(SEED);
    int[] size = {nx, ny, nz};
    for (int label = 1; label <= classes; label++) {
      double[] centre = new double[3];
      double[] radius = new double[3];
      double[] off = new double[3];
      for (int axis = 0; axis < 3; axis++) {
        // Of 512 voxels a radius of 10 to 90: from an adrenal gland to a liver.
        radius[axis] = Math.max(2, size[axis] * 0.02 * Math.pow(9, random.nextDouble()));
        centre[axis] = size[axis] * (0.2 + 0.6 * random.nextDouble());
        off[axis] = random.nextGaussian();
      }
      fill(truth, grid, centre, radius, label);
      for (int axis = 0; axis < 3; axis++) {
        centre[axis] += off[axis];
        radius[axis] *= 1.03;
      }
      fill(predicted, grid, centre, radius, label);
    }
    for (int label = 1; label <= classes; label++) {
      for (int i = 0; i < strays; i++) {
        predicted[random.nextInt(predicted.length)] = (byte) label;
      }
    }
    return new LabelledEllipsoids(new LabelVolume(grid, truth), new LabelVolume(grid, predicted));
  }

  private static void fill(byte[] labels, Grid grid, double[] centre, double[] radius, int label) {
    for (int z = from(centre[2], radius[2]); z < to(centre[2], radius[2], grid.nz()); z++) {
      for (int y = from(centre[1], radius[1]); y < to(centre[1], radius[1], grid.ny()); y++) {
        for (int x = from(centre[0], radius[0]); x < to(centre[0], radius[0], grid.nx()); x++) {
          double rx = (x - centre[0]) / radius[0];
          double ry = (y - centre[1]) / radius[1];
          double rz = (z - centre[2]) / radius[2];
          if (rx * rx + ry * ry + rz * rz < 1) {
            labels[grid.index(x, y, z)] = (byte) label;
          }
        }
      }
    }
  }

  private static int from(double centre, double radius) {
    return Math.max(0, (int) Math.floor(centre - radius));
  }

  private static int to(double centre, double radius, int size) {
    return Math.min(size, (int) Math.ceil(centre + radius) + 1);
  }
}
