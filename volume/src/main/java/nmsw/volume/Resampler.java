package nmsw.volume;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Moves voxels between slices, grids and back, at the true patient position of every slice and voxel.
 *
 * <p>Images are interpolated linearly: bilinear in each plane at that plane's own offset (so a tilted gantry
 * needs no repair), linear between the two neighbouring planes at their true distance. Where the target is
 * coarser than the source the interpolant is averaged over the target voxel's footprint (see {@link
 * AxisWeights}), for without that noise and fine structure alias; a box is taken because it is what a scanner
 * with thicker slices would have measured, it never overshoots, and its integral over a piecewise-linear
 * function is exact at irregular slice distances. Positions outside the area of the source's pixels are air.
 *
 * <p>Labels go to a grid by the nearest voxel and back to slices by vote: the class whose probability, smoothed by a
 * quadratic B-spline, is largest. Two classes of a voxel vote, which is what is kept of its scores. Of labels alone that
 * smoothing loses least without eating what is a voxel thin; docs/PERFORMANCE.md has the figures.
 *
 * <p>If the target's axes are a permutation of the source's, as {@link ModelGrid} makes them, the work
 * separates into one pass along rows, one along columns and one across slices; oblique targets are sampled
 * point by point. All work is shared among the cores by ranges of target planes.
 *
 * <p>Cost, warm, on two cores: 512x512x300 slices are 157 MB, which arraycopy moves in 0.012 s; they took 0.1
 * to 0.2 s to a grid of 3 mm and 0.2 to 0.4 s to one of 1.5 mm (axial, tilted and coronal alike), labels back
 * onto them 0.5 to 0.8 s and 0.7 to 1 s, an oblique grid of 3 mm 2 to 3 s.
 */
public final class Resampler {
  /** Hounsfield value of what lies outside the source. */
  public static final short AIR = -1024;

  private static final int PLANES_PER_TASK = 16;
  private static final int MAX_SAMPLES_PER_AXIS = 8;

  private Resampler() {}

  /** Resamples a series from its slices as they were acquired; outside of them is {@link #AIR}. */
  public static Volume toGrid(CtSeries series, Grid grid) {
    return resample(PlaneSource.of(series.stack(), series.hounsfield()), grid);
  }

  /** Resamples a volume; outside of it is {@link #AIR}. */
  public static Volume resample(Volume volume, Grid grid) {
    return resample(PlaneSource.of(volume), grid);
  }

  /** The nearest label at every voxel of the grid; outside of the source is background. */
  public static LabelVolume resample(LabelVolume labels, Grid grid) {
    Grid source = labels.grid();
    byte[] from = labels.labels();
    byte[] to = new byte[grid.voxels()];
    Vec3 origin = source.toIndex(grid.origin());
    Vec3 dx = source.toIndex(grid.toPatient(1, 0, 0)).minus(origin);
    Vec3 dy = source.toIndex(grid.toPatient(0, 1, 0)).minus(origin);
    Vec3 dz = source.toIndex(grid.toPatient(0, 0, 1)).minus(origin);
    IntStream.range(0, grid.nz())
        .parallel()
        .forEach(
            k -> {
              for (int j = 0; j < grid.ny(); j++) {
                double x0 = origin.x() + j * dy.x() + k * dz.x() + 0.5;
                double y0 = origin.y() + j * dy.y() + k * dz.y() + 0.5;
                double z0 = origin.z() + j * dy.z() + k * dz.z() + 0.5;
                int out = grid.index(0, j, k);
                for (int i = 0; i < grid.nx(); i++) {
                  int x = (int) Math.floor(x0 + i * dx.x());
                  int y = (int) Math.floor(y0 + i * dx.y());
                  int z = (int) Math.floor(z0 + i * dx.z());
                  if (x >= 0 && x < source.nx() && y >= 0 && y < source.ny() && z >= 0 && z < source.nz()) {
                    to[out + i] = from[source.index(x, y, z)];
                  }
                }
              }
            });
    return new LabelVolume(grid, to);
  }

  /**
   * The likeliest class at every pixel's true position, by vote of the 27 voxels around it with their weights in the
   * quadratic B-spline; ties go to the nearest voxel. Positions outside the grid are background.
   */
  public static SliceLabels toSlices(LabelProbabilities labels, SliceStack stack) {
    byte[][] slices = new byte[stack.size()][];
    LabelBorders borders = new LabelBorders(labels.labels());
    IntStream.range(0, stack.size())
        .parallel()
        .forEach(k -> slices[k] = new LabelVote(labels, borders, stack, k).slice());
    return new SliceLabels(stack, Arrays.asList(slices));
  }

  /** As of {@linkplain LabelProbabilities#certain certain} labels. */
  public static SliceLabels toSlices(LabelVolume labels, SliceStack stack) {
    return toSlices(LabelProbabilities.certain(labels), stack);
  }

  static Volume resample(PlaneSource source, Grid grid) {
    int[] axes = alignedAxes(source, grid);
    short[] out = new short[grid.voxels()];
    if (axes != null) {
      separable(source, grid, axes, out);
    } else {
      pointwise(source, grid, out);
    }
    return new Volume(grid, out);
  }

  /**
   * Which grid axis runs along the source's columns, rows and normal; null if some grid axis runs obliquely,
   * by more than a thousandth of a pixel over its whole length.
   */
  private static int[] alignedAxes(PlaneSource source, Grid grid) {
    Vec3[] directions = {source.columnAxis, source.rowAxis, source.normal.times(1 / source.gap)};
    Vec3[] steps = {grid.stepX(), grid.stepY(), grid.stepZ()};
    int[] sizes = {grid.nx(), grid.ny(), grid.nz()};
    int[] axes = {-1, -1, -1};
    for (int d = 0; d < 3; d++) {
      int along = 0;
      for (int s = 1; s < 3; s++) {
        if (Math.abs(directions[s].dot(steps[d])) > Math.abs(directions[along].dot(steps[d]))) {
          along = s;
        }
      }
      for (int s = 0; s < 3; s++) {
        if (s != along && Math.abs(directions[s].dot(steps[d])) * sizes[d] > 1e-3) {
          return null;
        }
      }
      axes[along] = d;
    }
    return axes[0] < 0 || axes[1] < 0 || axes[2] < 0 ? null : axes;
  }

  private static void separable(PlaneSource source, Grid grid, int[] axes, short[] out) {
    int[] sizes = {grid.nx(), grid.ny(), grid.nz()};
    int[] strides = {1, grid.nx(), grid.nx() * grid.ny()};
    Vec3[] steps = {grid.stepX(), grid.stepY(), grid.stepZ()};
    int width = sizes[axes[0]];
    int height = sizes[axes[1]];
    int planes = sizes[axes[2]];
    double columnStep = source.columnAxis.dot(steps[axes[0]]);
    double rowStep = source.rowAxis.dot(steps[axes[1]]);
    double normalStep = source.normal.dot(steps[axes[2]]);
    AxisWeights across =
        new AxisWeights(
            source.distance, source.low, source.high, source.normal.dot(grid.origin()), normalStep, planes,
            AxisWeights.footprint(normalStep, source.gap));
    PlaneResampler inPlane =
        new PlaneResampler(
            source, width, height, source.columnAxis.dot(grid.origin()), columnStep,
            source.rowAxis.dot(grid.origin()), rowStep);
    int tasks = (planes + PLANES_PER_TASK - 1) / PLANES_PER_TASK;
    IntStream.range(0, tasks)
        .parallel()
        .forEach(
            task -> {
              int from = task * PLANES_PER_TASK;
              int to = Math.min(planes, from + PLANES_PER_TASK);
              float[][] sums = sumPlanes(source, across, inPlane, from, to, width * height);
              for (int t = from; t < to; t++) {
                store(sums[t - from], width, height, out, t * strides[axes[2]], strides[axes[0]],
                    strides[axes[1]]);
              }
            });
  }

  /**
   * Target planes from..to-1, as Hounsfield units above air: every source plane they need is resampled once.
   */
  private static float[][] sumPlanes(
      PlaneSource source, AxisWeights across, PlaneResampler inPlane, int from, int to, int pixels) {
    float[][] sums = new float[to - from][pixels];
    int low = Integer.MAX_VALUE;
    int high = -1;
    for (int t = from; t < to; t++) {
      if (across.count[t] > 0) {
        low = Math.min(low, across.first[t]);
        high = Math.max(high, across.first[t] + across.count[t] - 1);
      }
    }
    float[] plane = new float[pixels];
    float[] line = new float[source.columns];
    for (int k = low; k <= high; k++) {
      inPlane.resample(k, plane, line);
      for (int t = from; t < to; t++) {
        int tap = k - across.first[t];
        if (tap >= 0 && tap < across.count[t]) {
          addScaled(sums[t - from], plane, across.weights()[across.offset[t] + tap]);
        }
      }
    }
    return sums;
  }

  private static void addScaled(float[] sum, float[] plane, float weight) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += weight * plane[i];
    }
  }

  private static void store(
      float[] aboveAir, int width, int height, short[] out, int base, int columnStride, int rowStride) {
    for (int r = 0; r < height; r++) {
      int at = base + r * rowStride;
      for (int c = 0; c < width; c++) {
        out[at + c * columnStride] = toShort(aboveAir[r * width + c] + AIR);
      }
    }
  }

  private static short toShort(double value) {
    return (short) Math.floor(value + 0.5);
  }

  private static void pointwise(PlaneSource source, Grid grid, short[] out) {
    List<Vec3> samples = footprintSamples(source, grid);
    IntStream.range(0, grid.nz())
        .parallel()
        .forEach(
            k -> {
              PointSampler sampler = new PointSampler(source, grid, samples);
              for (int j = 0; j < grid.ny(); j++) {
                int at = grid.index(0, j, k);
                for (int i = 0; i < grid.nx(); i++) {
                  out[at + i] = toShort(sampler.at(i, j, k));
                }
              }
            });
  }

  /** Offsets, in voxels of the grid, of the points whose mean stands for a voxel. */
  private static List<Vec3> footprintSamples(PlaneSource source, Grid grid) {
    double[] spacings = {1 / source.columnAxis.length(), 1 / source.rowAxis.length(), source.gap};
    Vec3[] directions = {source.columnAxis.normalized(), source.rowAxis.normalized(), source.normal};
    Vec3[] steps = {grid.stepX(), grid.stepY(), grid.stepZ()};
    double[][] offsets = new double[3][];
    for (int d = 0; d < 3; d++) {
      double apertureSquared = 0;
      for (int s = 0; s < 3; s++) {
        double cosine = directions[s].dot(steps[d].normalized());
        apertureSquared += cosine * cosine * spacings[s] * spacings[s];
      }
      double length = steps[d].length();
      double width = AxisWeights.footprint(length, Math.sqrt(apertureSquared)) / length;
      int count =
          (int) Math.ceil(
              Math.min(MAX_SAMPLES_PER_AXIS, Math.max(1, width * length / Math.sqrt(apertureSquared))));
      offsets[d] = new double[count];
      for (int i = 0; i < count; i++) {
        offsets[d][i] = width * ((i + 0.5) / count - 0.5);
      }
    }
    List<Vec3> samples = new ArrayList<>();
    for (double z : offsets[2]) {
      for (double y : offsets[1]) {
        for (double x : offsets[0]) {
          samples.add(new Vec3(x, y, z));
        }
      }
    }
    return samples;
  }
}
