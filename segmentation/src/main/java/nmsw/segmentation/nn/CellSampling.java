package nmsw.segmentation.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * How the global network's feature map becomes one vector per grid cell (NMSW §4 step 3): a weighted sum
 * along each axis, so one small matrix per axis, [cells along the axis, feature size along the axis].
 */
public final class CellSampling {
  private final Int3 counts;
  private final Int3 feature;
  private final double[][] matrices;

  private CellSampling(Int3 counts, Int3 feature, double[][] matrices) {
    this.counts = counts;
    this.feature = feature;
    this.matrices = matrices;
  }

  private interface Row {
    void fill(int axis, int cell, double[] matrix, int offset, int size);
  }

  private static CellSampling of(Int3 counts, Int3 feature, Row row) {
    double[][] matrices = new double[3][];
    for (int axis = 0; axis < 3; axis++) {
      int size = feature.get(axis);
      matrices[axis] = new double[counts.get(axis) * size];
      for (int cell = 0; cell < counts.get(axis); cell++) {
        row.fill(axis, cell, matrices[axis], cell * size, size);
      }
    }
    return new CellSampling(counts, feature, matrices);
  }

  /**
   * The default: mean of the feature over the patch's footprint, voxels at the rim counted by their
   * covered share.
   */
  public static CellSampling footprintMean(PatchGrid grid, Int3 feature) {
    return of(
        grid.counts(),
        feature,
        (axis, cell, matrix, offset, size) -> {
          double scale = (double) size / grid.volume().get(axis);
          double from = grid.starts(axis)[cell] * scale;
          double to = from + grid.patch().get(axis) * scale;
          for (int v = (int) from; v < Math.min(size, Math.ceil(to)); v++) {
            matrix[offset + v] = (Math.min(v + 1, to) - Math.max(v, from)) / (to - from);
          }
        });
  }

  /** The feature at the patch's centre, trilinear. */
  public static CellSampling centre(PatchGrid grid, Int3 feature) {
    return of(
        grid.counts(),
        feature,
        (axis, cell, matrix, offset, size) -> {
          double centre = grid.starts(axis)[cell] + grid.patch().get(axis) / 2.0;
          interpolate(centre * size / grid.volume().get(axis) - 0.5, matrix, offset, size);
        });
  }

  /**
   * What the reference does: a trilinear half-pixel resize of the feature to the grid, wherever the
   * patches lie.
   */
  public static CellSampling compat(Int3 counts, Int3 feature) {
    return of(
        counts,
        feature,
        (axis, cell, matrix, offset, size) ->
            interpolate((cell + 0.5) * size / counts.get(axis) - 0.5, matrix, offset, size));
  }

  private static void interpolate(double position, double[] matrix, int offset, int size) {
    double clamped = Math.max(0, Math.min(size - 1, position));
    int below = (int) clamped;
    int above = Math.min(size - 1, below + 1);
    matrix[offset + below] += 1 - (clamped - below);
    matrix[offset + above] += clamped - below;
  }

  Int3 feature() {
    return feature;
  }

  /** The three matrices as arrays of {@code manager}. */
  List<NDArray> arrays(NDManager manager, DataType type) {
    return List.of(
        array(manager, 0, type), array(manager, 1, type), array(manager, 2, type));
  }

  private NDArray array(NDManager manager, int axis, DataType type) {
    Shape shape = new Shape(counts.get(axis), feature.get(axis));
    if (type == DataType.FLOAT64) {
      return manager.create(matrices[axis], shape);
    }
    float[] values = new float[matrices[axis].length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) matrices[axis][i];
    }
    return manager.create(values, shape);
  }
}
