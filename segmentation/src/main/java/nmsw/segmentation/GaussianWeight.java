package nmsw.segmentation;

import nmsw.segmentation.nn.Int3;

/**
 * Weight of a patch's voxels when patches are averaged (NMSW §7): a Gaussian about the centre with standard
 * deviation 0.125 of the patch on each axis, at least 1e-3.
 */
public final class GaussianWeight {
  static final float FLOOR = 1e-3f;
  private static final double SIGMA = 0.125;

  private final float[][] axes;

  public GaussianWeight(Int3 patch) {
    axes = new float[][] {axis(patch.x()), axis(patch.y()), axis(patch.z())};
  }

  private static float[] axis(int size) {
    float[] weights = new float[size];
    double sigma = SIGMA * size;
    for (int i = 0; i < size; i++) {
      double x = i - (size - 1) / 2.0;
      weights[i] = (float) Math.exp(-x * x / (2 * sigma * sigma));
    }
    return weights;
  }

  /**
   * Adds the weights of voxels of a row along z.
   *
   * @param z to which {@code voxels} are relative
   * @param into takes the weight of {@code voxels[i]} at {@code at + i}
   */
  void addRow(int x, int y, int z, int[] voxels, float[] into, int at) {
    float xy = axes[0][x] * axes[1][y];
    for (int i = 0; i < voxels.length; i++) {
      into[at + i] += Math.max(FLOOR, xy * axes[2][z + voxels[i]]);
    }
  }

  /** Weight of a voxel of the patch. */
  public float at(int x, int y, int z) {
    return Math.max(FLOOR, axes[0][x] * axes[1][y] * axes[2][z]);
  }
}
