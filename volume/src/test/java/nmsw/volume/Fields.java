package nmsw.volume;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Analytic fields in patient coordinates, sampled on slices and grids. */
final class Fields {
  private Fields() {}

  /** Different slopes along every axis: a mirrored, swapped or shifted axis changes it. */
  static double ramp(Vec3 p) {
    return 3 * p.x() - 1.5 * p.y() + 0.75 * p.z() + 100;
  }

  static List<short[]> sample(SliceStack stack, ToDoubleFunction<Vec3> field) {
    List<short[]> slices = new ArrayList<>();
    for (int k = 0; k < stack.size(); k++) {
      short[] slice = new short[stack.rows() * stack.columns()];
      for (int r = 0; r < stack.rows(); r++) {
        for (int c = 0; c < stack.columns(); c++) {
          slice[r * stack.columns() + c] = (short) Math.rint(field.applyAsDouble(stack.toPatient(c, r, k)));
        }
      }
      slices.add(slice);
    }
    return slices;
  }

  static Volume sample(Grid grid, ToDoubleFunction<Vec3> field) {
    short[] voxels = new short[grid.voxels()];
    for (int k = 0; k < grid.nz(); k++) {
      for (int j = 0; j < grid.ny(); j++) {
        for (int i = 0; i < grid.nx(); i++) {
          voxels[grid.index(i, j, k)] = (short) Math.rint(field.applyAsDouble(grid.toPatient(i, j, k)));
        }
      }
    }
    return new Volume(grid, voxels);
  }

  static LabelVolume labels(Grid grid, ToDoubleFunction<Vec3> field) {
    Volume v = sample(grid, field);
    byte[] labels = new byte[v.hounsfield().length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) v.hounsfield()[i];
    }
    return new LabelVolume(grid, labels);
  }

  /** Slices at {@code first + distances[k] normal + k shift}, in-plane axes as given. */
  static SliceStack stack(
      int columns, int rows, double columnSpacing, double rowSpacing, Vec3 row, Vec3 column, Vec3 first,
      double[] distances, Vec3 shift) {
    Vec3 normal = row.cross(column);
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (int k = 0; k < distances.length; k++) {
      slices.add(
          new SliceStack.Slice(
              "1.2.3." + (k + 1), "1.2.840.10008.5.1.4.1.1.2", 1, k + 1,
              first.plus(normal.times(distances[k])).plus(shift.times(k))));
    }
    return new SliceStack(columns, rows, columnSpacing, rowSpacing, row, column, slices);
  }

  static double[] regular(int count, double gap) {
    double[] distances = new double[count];
    for (int k = 0; k < count; k++) {
      distances[k] = k * gap;
    }
    return distances;
  }
}
