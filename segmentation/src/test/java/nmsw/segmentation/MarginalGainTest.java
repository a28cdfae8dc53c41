package nmsw.segmentation;

import static nmsw.segmentation.Compat.Background.FOOTPRINT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import nmsw.segmentation.PatchSelection.Candidates;
import nmsw.segmentation.PatchSelection.MarginalGain;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.PatchGrid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarginalGainTest {
  /** A world of blobs of doubt, and what a brute-force reading of the formula says of it. */
  private record World(PatchGrid grid, Int3 low, float[] uncertainty, double whole) {
    static World of(int seed, int wide, int overlapPercent, double whole) {
      Random random = new Random(seed);
      Int3 volume = new Int3(8 * wide, 24, 16 + 4 * random.nextInt(4));
      Int3 low = volume.dividedBy(Int3.cube(2));
      float[] uncertainty = new float[(int) low.product()];
      for (int blob = random.nextInt(5); blob >= 0; blob--) {
        int centre = random.nextInt(uncertainty.length);
        for (int v = Math.max(0, centre - 40); v < Math.min(uncertainty.length, centre + 40); v++) {
          uncertainty[v] = random.nextFloat();
        }
      }
      return new World(
          PatchGrid.of(volume, Int3.cube(16), overlapPercent / 100.0), low, uncertainty, whole);
    }

    /** How well a cell covers a low-resolution voxel of 2 x 2 x 2. */
    double coverage(int cell, int v) {
      int[] at = {v / (low.y() * low.z()), v / low.z() % low.y(), v % low.z()};
      double exponent = 0;
      for (int axis = 0; axis < 3; axis++) {
        double inside = 2 * at[axis] + 0.5 - grid.start(cell).get(axis);
        if (inside < -0.5 || inside >= 15.5) {
          return 0;
        }
        exponent += Math.pow((inside - 7.5) / (0.125 * 16), 2) / 2;
      }
      return Math.min(1, Math.max(1e-3, Math.exp(-exponent)) / whole);
    }

    double gain(int cell, List<Integer> taken) {
      double gain = 0;
      for (int v = 0; v < uncertainty.length; v++) {
        if (uncertainty[v] > 0.01) {
          double covered = 0;
          for (int other : taken) {
            covered = Math.max(covered, coverage(other, v));
          }
          gain += uncertainty[v] * Math.max(0, coverage(cell, v) - covered);
        }
      }
      return gain;
    }

    List<Integer> cells() {
      return IntStream.range(0, grid.cells()).boxed().toList();
    }

    ExpectedGain expectedGain() {
      return new ExpectedGain(grid, low, uncertainty.clone(), whole);
    }

    Candidates candidates(byte[] labels) {
      return new Candidates(grid, new float[grid.cells()], labels, low, uncertainty::clone, FOOTPRINT);
    }
  }

  @Property(tries = 60)
  void gainsAreThoseOfTheFormula(
      @ForAll int seed, @ForAll @IntRange(min = 2, max = 6) int wide, @ForAll @IntRange(max = 70) int overlap) {
    for (double whole : new double[] {1, MarginalGain.QUARTER}) {
      World world = World.of(seed, wide, overlap, whole);
      ExpectedGain gain = world.expectedGain();
      List<Integer> taken = List.of();
      for (int round = 0; round < 2; round++) {
        for (int cell : world.cells()) {
          double expected = world.gain(cell, taken);
          assertEquals(expected, gain.of(cell), 1e-4 * (1 + expected));
        }
        int cell = new Random(seed).nextInt(world.grid().cells());
        gain.take(cell);
        taken = List.of(cell);
      }
    }
  }

  @Property(tries = 200)
  void lazyGreedyIsPlainGreedy(
      @ForAll int seed,
      @ForAll @IntRange(min = 2, max = 12) int wide,
      @ForAll @IntRange(max = 70) int overlap,
      @ForAll @DoubleRange(max = 0.2) double share) {
    World world = World.of(seed, wide, overlap, MarginalGain.QUARTER);
    double least = share * world.expectedGain().coverable(world.cells());

    ExpectedGain gain = world.expectedGain();
    List<Integer> plain = new ArrayList<>();
    double before = Double.POSITIVE_INFINITY;
    while (plain.size() < 9) {
      int best = 0;
      for (int cell : world.cells()) {
        best = gain.of(cell) > gain.of(best) ? cell : best;
      }
      if (gain.of(best) < least || gain.of(best) == 0) {
        break;
      }
      assertTrue(gain.of(best) <= before, "gains must not grow");
      before = gain.of(best);
      gain.take(best);
      plain.add(best);
    }

    List<Integer> lazy = new LazyGreedy(world.expectedGain()).select(world.cells(), 9, least);
    assertEquals(plain, lazy);
    assertEquals(lazy.size(), new HashSet<>(lazy).size());
  }

  @Property(tries = 40)
  void whatIsLeftIsNotWorthAPatch(@ForAll int seed, @ForAll @IntRange(min = 2, max = 8) int wide) {
    World world = World.of(seed, wide, 50, MarginalGain.QUARTER);
    byte[] everywhere = new byte[world.uncertainty().length];
    Arrays.fill(everywhere, (byte) 1);
    List<Integer> cells = new MarginalGain(1000, 0.05, world.whole()).select(world.candidates(everywhere));
    double all = world.expectedGain().coverable(world.cells());

    for (int cell : world.cells()) {
      assertTrue(world.gain(cell, cells) < 0.0501 * all, "cell " + cell + " is worth a patch");
    }
    assertTrue(cells.size() <= 20, "each was worth a twentieth: " + cells.size());
    assertEquals(
        cells.subList(0, Math.min(2, cells.size())),
        new MarginalGain(2, 0.05, world.whole()).select(world.candidates(everywhere)));
  }

  /** A ball of 36 mm in a grid of 7 x 7 x 7 patches of 128 voxels; in the middle of eight of them at worst. */
  @ParameterizedTest
  @ValueSource(ints = {52, 55, 58, 60, 64, 75, 80})
  void aSmallOrganCostsOnePatchOrTwo(int middle) {
    Int3 low = Int3.cube(160);
    float[] uncertainty = new float[160 * 160 * 160];
    byte[] labels = new byte[uncertainty.length];
    for (int v = 0; v < labels.length; v++) {
      double distance =
          Math.sqrt(
              Math.pow(v / 25600 - middle, 2) + Math.pow(v / 160 % 160 - middle, 2)
                  + Math.pow(v % 160 - middle, 2));
      labels[v] = (byte) (distance < 6 ? 1 : 0);
      uncertainty[v] = distance < 4 ? 0.05f : distance < 8 ? 0.5f : 0.005f;
    }
    PatchGrid grid = PatchGrid.of(Int3.cube(480), Int3.cube(128), 0.5);
    Candidates candidates =
        new Candidates(grid, new float[343], labels, low, () -> uncertainty.clone(), FOOTPRINT);

    List<Integer> cells = new MarginalGain(30).select(candidates);

    assertTrue(cells.size() == 1 || cells.size() == 2, "cells " + cells);
    assertEquals(cells, new MarginalGain(30).select(candidates));
  }

  @Test
  void cellsFarFromForegroundAreLeftOut() {
    PatchGrid grid = PatchGrid.of(new Int3(128, 16, 16), Int3.cube(16), 0);
    Int3 low = new Int3(64, 8, 8);
    byte[] labels = new byte[64 * 64];
    float[] uncertainty = new float[labels.length];
    Arrays.fill(uncertainty, 0.3f);
    // The last plane of cell 2: within two voxels of cell 3 at most one voxel away, six from cell 1.
    labels[23 * 64] = 1;
    Candidates candidates = new Candidates(grid, new float[8], labels, low, uncertainty::clone, FOOTPRINT);

    assertEquals(List.of(2, 3), new MarginalGain(30).select(candidates));
  }

  @Test
  void withoutForegroundTheDoubtAloneDecides() {
    PatchGrid grid = PatchGrid.of(new Int3(128, 16, 16), Int3.cube(16), 0);
    Int3 low = new Int3(64, 8, 8);
    float[] uncertainty = new float[64 * 64];
    Candidates candidates =
        new Candidates(grid, new float[8], new byte[64 * 64], low, uncertainty::clone, FOOTPRINT);

    assertEquals(List.of(), new MarginalGain(30).select(candidates), "no doubt, no patch");
    uncertainty[20 * 64] = 0.4f;
    assertEquals(List.of(2), new MarginalGain(30).select(candidates));
  }

  @Test
  void uncertaintyIsOneMinusTheHighestProbability() {
    float[] logits = {1, 2, 3, 40, 0, 0, 5, 5, 5, -9, 7, -200};
    LowLogits low = LowLogits.of(new Int3(2, 1, 2), 3, x -> FloatBuffer.wrap(logits, 6 * x, 6).slice());
    double[] expected = {1 - 1 / (1 + Math.exp(-1) + Math.exp(-2)), 0, 2 / 3.0, 0};
    float[] actual = low.uncertainty();

    double[] found = new double[4];
    Arrays.setAll(found, v -> actual[v]);
    assertArrayEquals(expected, found, 1e-5);
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThrows(IllegalArgumentException.class, () -> new MarginalGain(0));
    assertThrows(IllegalArgumentException.class, () -> new MarginalGain(1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new MarginalGain(1, Double.NaN, 1));
    assertThrows(IllegalArgumentException.class, () -> new MarginalGain(1, 0.1, 1.5));
  }
}
