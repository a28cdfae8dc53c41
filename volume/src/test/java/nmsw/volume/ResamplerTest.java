package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ResamplerTest {
  private static final Vec3 L = new Vec3(1, 0, 0);
  private static final Vec3 P = new Vec3(0, 1, 0);
  private static final Vec3 S = new Vec3(0, 0, 1);
  private static final Vec3 FIRST = new Vec3(-61.5, 17.25, -203);

  static Stream<Arguments> stacks() {
    double[] regular = Fields.regular(20, 3);
    double[] irregular = new double[20];
    for (int k = 1; k < irregular.length; k++) {
      irregular[k] = irregular[k - 1] + new double[] {4.3, 2.1, 3.2}[k % 3];
    }
    Vec3 still = Vec3.ZERO;
    return Stream.of(
        Arguments.of("axial", Fields.stack(40, 30, 1, 1, L, P, FIRST, regular, still)),
        Arguments.of("anisotropic pixels", Fields.stack(40, 30, 0.7, 1.9, L, P, FIRST, regular, still)),
        Arguments.of("irregular distances", Fields.stack(40, 30, 0.9, 1.1, L, P, FIRST, irregular, still)),
        Arguments.of("feet first", Fields.stack(40, 30, 0.9, 1.1, L.times(-1), P, FIRST, regular, still)),
        Arguments.of("prone", Fields.stack(40, 30, 0.9, 1.1, L.times(-1), P.times(-1), FIRST, regular,
            still)),
        Arguments.of("coronal", Fields.stack(40, 30, 0.9, 1.3, L, S.times(-1), FIRST, regular, still)),
        Arguments.of("sagittal", Fields.stack(40, 30, 0.9, 1.3, P, S.times(-1), FIRST, irregular, still)),
        Arguments.of("transposed axial", Fields.stack(40, 30, 0.9, 1.3, P, L, FIRST, regular, still)),
        Arguments.of(
            "tilted gantry",
            Fields.stack(
                60, 60, 0.9, 1.1, L, new Vec3(0, Math.cos(0.3), Math.sin(0.3)), FIRST, regular,
                new Vec3(0, Math.cos(0.3), Math.sin(0.3)).times(1.2))),
        Arguments.of(
            "oblique",
            Fields.stack(
                40, 30, 0.9, 1.1, new Vec3(0.8, 0.6, 0), new Vec3(-0.36, 0.48, 0.8), FIRST, irregular,
                    still)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("stacks")
  void rampIsReproducedAtFinerCoarserAndAnisotropicSpacing(String name, SliceStack stack) {
    for (Vec3 spacing : List.of(new Vec3(0.8, 0.9, 1), new Vec3(1.5, 1.5, 1.5), new Vec3(3, 2, 5))) {
      Grid grid = ModelGrid.forStack(stack, spacing);
      assertRamp(name, stack, grid, 200);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("stacks")
  void rampIsReproducedOnAGridOfItsOwnDirection(String name, SliceStack stack) {
    Vec3 centre = stack.toPatient(stack.columns() / 2.0, stack.rows() / 2.0, stack.size() / 2);
    Vec3 x = new Vec3(0.6, 0.64, 0.48);
    Vec3 y = new Vec3(-0.8, 0.48, 0.36);
    Vec3 z = x.cross(y);
    Vec3 corner = centre.minus(x.times(4)).minus(y.times(4)).minus(z.times(4));
    assertRamp(name, stack, new Grid(9, 9, 9, corner, x, y, z), 400);
    Grid coarse = new Grid(3, 3, 3, corner, x.times(4), y.times(4), z.times(4));
    assertRamp(name, stack, coarse, 1);
  }

  private static void assertRamp(String name, SliceStack stack, Grid grid, int least) {
    Volume volume = Resampler.resample(PlaneSource.of(stack, Fields.sample(stack, Fields::ramp)), grid);
    Vec3 normal = stack.normal();
    int checked = 0;
    double reach = (grid.stepX().length() + grid.stepY().length() + grid.stepZ().length()) / 2;
    for (int k = 0; k < grid.nz(); k++) {
      for (int j = 0; j < grid.ny(); j++) {
        for (int i = 0; i < grid.nx(); i++) {
          Vec3 p = grid.toPatient(i, j, k);
          if (inside(stack, normal, p, reach)) {
            checked++;
            assertEquals(
                Fields.ramp(p), volume.hounsfield()[grid.index(i, j, k)], 1.01,
                name + " at " + i + "," + j + "," + k);
          }
        }
      }
    }
    assertTrue(checked >= least, name + ": only " + checked + " voxels lie well inside");
  }

  /** Whether everything within reach of p lies among the pixel centres of all slices. */
  private static boolean inside(SliceStack stack, Vec3 normal, Vec3 p, double reach) {
    double d = normal.dot(p);
    if (d - reach < stack.distance(0) || d + reach > stack.distance(stack.size() - 1)) {
      return false;
    }
    for (SliceStack.Slice slice : stack.slices()) {
      double u = stack.rowDirection().dot(p.minus(slice.position()));
      double v = stack.columnDirection().dot(p.minus(slice.position()));
      if (u - reach < 0 || u + reach > (stack.columns() - 1) * stack.columnSpacing()
          || v - reach < 0 || v + reach > (stack.rows() - 1) * stack.rowSpacing()) {
        return false;
      }
    }
    return true;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("stacks")
  void labelsComeBackToTheirPixels(String name, SliceStack stack) {
    Grid grid = ModelGrid.forStack(stack, new Vec3(0.7, 0.7, 0.7));
    ToDoubleFunction<Vec3> octants = octants(stack);
    SliceLabels back = Resampler.toSlices(Fields.labels(grid, octants), stack);
    Vec3 centre = stack.toPatient(stack.columns() / 2.0, stack.rows() / 2.0, stack.size() / 2);
    int checked = 0;
    for (int k = 0; k < stack.size(); k++) {
      for (int r = 0; r < stack.rows(); r++) {
        for (int c = 0; c < stack.columns(); c++) {
          Vec3 p = stack.toPatient(c, r, k);
          Vec3 q = p.minus(centre);
          if (Math.min(Math.abs(q.x()), Math.min(Math.abs(q.y()), Math.abs(q.z()))) > 1.3) {
            checked++;
            assertEquals(
                (int) octants.applyAsDouble(p), back.labels().get(k)[r * stack.columns() + c],
                name + " at column " + c + ", row " + r + ", slice " + k);
          }
        }
      }
    }
    assertTrue(checked > 1000);
  }

  private static ToDoubleFunction<Vec3> octants(SliceStack stack) {
    Vec3 centre = stack.toPatient(stack.columns() / 2.0, stack.rows() / 2.0, stack.size() / 2);
    return p -> {
      Vec3 q = p.minus(centre);
      return 1 + (q.x() > 0 ? 1 : 0) + (q.y() > 0 ? 2 : 0) + (q.z() > 0 ? 4 : 0);
    };
  }

  @Test
  void outsideTheSourceIsAir() {
    SliceStack stack = Fields.stack(8, 8, 1, 1, L, P, Vec3.ZERO, Fields.regular(8, 1), Vec3.ZERO);
    Grid grid = new Grid(20, 1, 1, new Vec3(-6, 4, 4), L, P, S);
    short[] line = Resampler.resample(PlaneSource.of(stack, Fields.sample(stack, p -> 50)),
        grid).hounsfield();
    for (int i = 0; i < 20; i++) {
      assertEquals(i >= 6 && i < 14 ? 50 : Resampler.AIR, line[i], "voxel " + i);
    }
  }

  @Test
  void downSamplingAveragesInsteadOfPickingSamples() {
    Grid fine = new Grid(48, 48, 48, Vec3.ZERO, L, P, S);
    short[] checkers = new short[fine.voxels()];
    for (int i = 0; i < checkers.length; i++) {
      checkers[i] = (short) ((i + i / 48 + i / (48 * 48)) % 2 == 0 ? 1000 : -1000);
    }
    for (Vec3 axis : List.of(L, new Vec3(0.96, 0.28, 0))) {
      Grid coarse =
          new Grid(6, 6, 6, new Vec3(16, 12, 16), axis.times(3), S.cross(axis).times(3), S.times(3));
      for (short value : Resampler.resample(new Volume(fine, checkers), coarse).hounsfield()) {
        assertEquals(0, value, 150);
      }
    }
  }

  @Test
  void alignedAndObliquePathsAgree() {
    SliceStack stack = Fields.stack(32, 28, 0.9, 1.2, L, P, FIRST, Fields.regular(24, 2), Vec3.ZERO);
    PlaneSource source = PlaneSource.of(stack, Fields.sample(stack, ResamplerTest::smooth));
    Grid aligned = ModelGrid.forStack(stack, new Vec3(3, 3, 3));
    double turn = 2e-4;
    Vec3 x = aligned.stepX().plus(aligned.stepY().times(turn));
    Vec3 y = aligned.stepY().minus(aligned.stepX().times(turn));
    Grid turned = new Grid(aligned.nx(), aligned.ny(), aligned.nz(), aligned.origin(), x, y, aligned.stepZ());
    short[] a = Resampler.resample(source, aligned).hounsfield();
    short[] b = Resampler.resample(source, turned).hounsfield();
    for (int k = 1; k < aligned.nz() - 1; k++) {
      for (int j = 1; j < aligned.ny() - 1; j++) {
        for (int i = 1; i < aligned.nx() - 1; i++) {
          int at = aligned.index(i, j, k);
          assertEquals(a[at], b[at], 15, i + "," + j + "," + k);
        }
      }
    }
  }

  @Property(tries = 40)
  void smoothVolumesComeBack(
      @ForAll @IntRange(min = 12, max = 30) int nx,
      @ForAll @IntRange(min = 12, max = 30) int ny,
      @ForAll @IntRange(min = 12, max = 30) int nz,
      @ForAll @DoubleRange(min = 0.6, max = 2) double spacing,
      @ForAll @DoubleRange(min = 0.5, max = 1) double finer) {
    Grid grid =
        new Grid(
            nx, ny, nz, FIRST, P.times(spacing), L.times(-1.3 * spacing), S.times(0.9 * spacing));
    Volume volume = Fields.sample(grid, ResamplerTest::smooth);
    Grid between = ModelGrid.forGrid(grid, new Vec3(finer, finer, finer));
    short[] back = Resampler.resample(Resampler.resample(volume, between), grid).hounsfield();
    double error = 0;
    for (int k = 2; k < nz - 2; k++) {
      for (int j = 2; j < ny - 2; j++) {
        for (int i = 2; i < nx - 2; i++) {
          int at = grid.index(i, j, k);
          error = Math.max(error, Math.abs(back[at] - volume.hounsfield()[at]));
        }
      }
    }
    assertTrue(error < 20, "largest error " + error + " HU in a field of +-300 HU");
  }

  @Property(tries = 50)
  void theSameGridChangesNothing(
      @ForAll @IntRange(min = 1, max = 9) int nx,
      @ForAll @IntRange(min = 1, max = 9) int ny,
      @ForAll @IntRange(min = 1, max = 9) int nz,
      @ForAll @DoubleRange(min = 0.3, max = 6) double spacing,
      @ForAll boolean leftHanded) {
    Grid grid =
        new Grid(
            nx, ny, nz, FIRST, P.times(spacing), S.times(1.7),
                L.times(leftHanded ? -spacing : 0.4 * spacing));
    Volume volume = Fields.sample(grid, ResamplerTest::smooth);
    assertArrayEquals(volume.hounsfield(), Resampler.resample(volume, grid).hounsfield());
    LabelVolume labels = Fields.labels(grid, p -> Math.floorMod((int) (p.x() + 3 * p.y() + 7 * p.z()), 5));
    assertArrayEquals(labels.labels(), Resampler.resample(labels, grid).labels());
  }

  private static double smooth(Vec3 p) {
    return 100 * (Math.sin(p.x() / 12) + Math.sin(p.y() / 15 + 1) + Math.cos(p.z() / 11));
  }

  /** Why labels go back by vote and not to the nearest voxel: it loses less at every border. docs/PERFORMANCE.md. */
  @Test
  void voteLosesLessThanNearestOnEllipsoidsAtThreeMillimetres() {
    SliceStack stack = Fields.stack(160, 160, 0.8, 0.8, L, P, Vec3.ZERO, Fields.regular(60, 1.5), Vec3.ZERO);
    ToDoubleFunction<Vec3> truth =
        p ->
            ellipsoid(p, 55, 60, 45, 30, 22, 26) ? 1
                : ellipsoid(p, 88, 75, 45, 21, 30, 14) ? 2 : ellipsoid(p, 45, 100, 30, 9, 14, 11) ? 3 : 0;
    Grid grid = ModelGrid.forStack(stack, new Vec3(3, 3, 3));
    LabelVolume coarse = Fields.labels(grid, truth);
    List<byte[]> vote = Resampler.toSlices(coarse, stack).labels();
    for (int label = 1; label <= 3; label++) {
      double byVote = dice(stack, truth, label, (k, c, r) -> vote.get(k)[r * stack.columns() + c]);
      double byNearest =
          dice(
              stack, truth, label,
              (k, c, r) -> {
                Vec3 at = grid.toIndex(stack.toPatient(c, r, k));
                return coarse.labels()[
                    grid.index((int) Math.rint(at.x()), (int) Math.rint(at.y()), (int) Math.rint(at.z()))];
              });
      assertTrue(byVote > byNearest, "label " + label + ": " + byVote + " by vote, " + byNearest
          + " nearest");
    }
  }

  /** Smoothing must not eat what is thin: a vessel of one voxel keeps its middle. */
  @Test
  void aLineOfOneVoxelIsKept() {
    SliceStack stack = Fields.stack(40, 40, 0.5, 0.5, L, P, Vec3.ZERO, Fields.regular(20, 0.5), Vec3.ZERO);
    Grid grid = new Grid(14, 14, 7, Vec3.ZERO, L.times(1.5), P.times(1.5), S.times(1.5));
    byte[] labels = new byte[grid.voxels()];
    for (int k = 0; k < 7; k++) {
      labels[grid.index(5, 6, k)] = 9;
    }
    for (byte[] slice : Resampler.toSlices(new LabelVolume(grid, labels), stack).labels()) {
      assertEquals(9, slice[18 * 40 + 15]);
      assertEquals(0, slice[18 * 40 + 15 + 3]);
    }
  }

  private interface Labels {
    int at(int slice, int column, int row);
  }

  private static double dice(SliceStack stack, ToDoubleFunction<Vec3> truth, int label, Labels labels) {
    long both = 0;
    long sum = 0;
    for (int k = 0; k < stack.size(); k++) {
      for (int r = 0; r < stack.rows(); r++) {
        for (int c = 0; c < stack.columns(); c++) {
          boolean is = truth.applyAsDouble(stack.toPatient(c, r, k)) == label;
          boolean said = labels.at(k, c, r) == label;
          both += is && said ? 1 : 0;
          sum += (is ? 1 : 0) + (said ? 1 : 0);
        }
      }
    }
    return 2.0 * both / sum;
  }

  private static boolean ellipsoid(Vec3 p, double x, double y, double z, double a, double b, double c) {
    return Math.pow((p.x() - x) / a, 2) + Math.pow((p.y() - y) / b, 2) + Math.pow((p.z() - z) / c, 2) < 1;
  }
}
