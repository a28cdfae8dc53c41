package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.Golden;
import nmsw.segmentation.nn.Int3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FusionTest {
  private static final Int3 ORIGIN = new Int3(0, 0, 0);

  /** What binary16 may change about a logit of a few units: below this, two classes are a tie. */
  private static final double TIE = 0.02;

  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void argmaxMatchesGolden(Aggregation aggregation) {
    JsonNode golden = Golden.read("aggregation.json");
    Case c = golden(golden, aggregation);

    double[] expected = Golden.data(golden.path(variant(aggregation)).path("argmax"));
    byte[] labels = c.fused(ORIGIN, c.size, List.of(3, 0, 2, 1));
    for (int v = 0; v < expected.length; v++) {
      assertEquals((int) expected[v], labels[v], "voxel " + v);
    }
  }

  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void plainLogitsMatchGolden(Aggregation aggregation) {
    JsonNode golden = Golden.read("aggregation.json");
    Case c = golden(golden, aggregation);

    Golden.assertClose(
        golden.path(variant(aggregation)).path("out"), c.plainLogits(List.of(0, 1, 2, 3)), 2e-5, "fused logits");
  }

  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void blockByBlockEqualsThePlainComputationInAnyOrder(Aggregation aggregation) {
    Random random = new Random(4);
    int covered = 0;
    for (int repeat = 0; repeat < 20; repeat++) {
      Case c = random(random, aggregation, random.nextInt(5), 5);
      covered += c.starts.size() > 1 ? 1 : 0;
      List<Integer> order = new ArrayList<>();
      for (int k = 0; k < c.starts.size(); k++) {
        order.add(k);
      }
      Collections.shuffle(order, random);

      c.assertLabels(c.fused(ORIGIN, c.size, order), order);
      c.assertLabels(c.fused(ORIGIN, c.size, order, 1 + random.nextInt(3)), order);
    }
    assertTrue(covered > 5, covered + " cases with overlap");
  }

  /** The two likeliest classes have the probabilities of the plain computation's softmax. */
  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void probabilitiesAreThoseOfThePlainComputation(Aggregation aggregation) {
    Random random = new Random(8);
    int unsure = 0;
    int certain = 0;
    for (int repeat = 0; repeat < 12; repeat++) {
      Case c = random(random, aggregation, random.nextInt(4), 2 + repeat % 5);
      if (repeat % 2 == 1) {
        for (int i = 0; i < c.low.length; i++) {
          // Sure of one class: what the fusion does not interpolate.
          c.low[i] += i % c.classes() == 1 ? 14 : 0;
        }
      }
      List<Integer> order = IntStream.range(0, c.starts.size()).boxed().toList();
      int ofCase = c.assertLikely(order, c.patch.x());
      unsure += ofCase;
      certain += (int) c.size.product() - ofCase;
    }
    assertTrue(unsure > 1000 && certain > 1000, unsure + " unsure, " + certain + " certain");
  }

  /**
   * Long rows that are certain but for the boundaries of classes, here and there; patches whose slices are more voxels than are
   * computed at a time.
   */
  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void boundariesBetweenCertainVoxelsAreThoseOfThePlainComputation(Aggregation aggregation) {
    Random random = new Random(11);
    int classes = 4;
    Int3 lowSize = new Int3(20, 3, 40);
    Int3 size = lowSize.times(new Int3(3, 2, 3));
    Int3 patch = new Int3(40, 4, 50);
    float[] low = normal(random, (int) lowSize.product() * classes);
    for (int v = 0; v < lowSize.product(); v++) {
      int z = v % lowSize.z();
      int x = v / (lowSize.y() * lowSize.z());
      low[v * classes + (z + x / 3) / 17] += 16;
    }
    List<Int3> starts = List.of(new Int3(5, 0, 20), new Int3(15, 2, 60));
    List<float[]> patches = new ArrayList<>();
    starts.forEach(start -> patches.add(normal(random, (int) patch.product() * classes)));
    Case c = new Case(low, lowSize, size, patch, starts, patches, aggregation, normal(random, classes));

    int alone = c.with(List.of(), List.of()).assertLikely(List.of(), 1);
    assertTrue(alone > 1000 && alone < size.product() / 4, alone + " unsure of " + size.product());
    c.assertLikely(List.of(1, 0), 16);
  }

  /** Patches that are sure of the same few classes; one of them also sees another that never wins. */
  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void classesWithoutMassAreLeftOutWithoutEffect(Aggregation aggregation) {
    Random random = new Random(6);
    int classes = 12;
    for (int repeat = 0; repeat < 10; repeat++) {
      Case c = random(random, aggregation, 4, classes);
      for (int k = 0; k < c.patches.size(); k++) {
        float[] logits = c.patches.get(k);
        for (int i = 0; i < logits.length; i++) {
          boolean secondThought = k == 3 && i % classes == 7;
          logits[i] -= i % classes < 3 ? 0 : secondThought ? 10 : 45;
        }
      }
      List<Integer> order = List.of(2, 0, 3, 1);

      c.assertLabels(c.fused(ORIGIN, c.size, order), order);
    }
  }

  @Test
  void heldLogitsCarryOnlyClassesWithMass() {
    HeldLogits held = new HeldLogits(3, 2);
    float[] one = {1, 1, 1};
    float[] half = {0.5f, 0.5f};
    held.carry(1);
    held.add(0, new float[][] {{-50, -60}, {4, 2}, {-40, -70}}, new float[] {4, 2}, half, one, 2);
    held.carry(2);
    held.add(0, new float[][] {{-50, -60}, {4, 2}, {3, 1}}, new float[] {4, 2}, half, one, 2);

    assertTrue(!held.carries(0) && held.carries(1) && held.carries(2));
    float[] sums = new float[2];
    held.read(0, 0, sums, 2);
    assertEquals(4 - HeldLogits.NO_MASS, sums[0]);
    held.read(1, 0, sums, 2);
    assertEquals(4, sums[0]);
    held.read(2, 0, sums, 2);
    assertEquals(0.5f * (4 - HeldLogits.NO_MASS) + 1.5f, sums[0]);
    assertEquals(0.5f * (2 - HeldLogits.NO_MASS) + 0.5f, sums[1]);
  }

  @Test
  void patchesThatNeverCameHaveNoWeight() {
    Random random = new Random(7);
    for (int repeat = 0; repeat < 10; repeat++) {
      Case c = random(random, Aggregation.NORMALISED_CW, 4, 5);
      c.assertLabels(c.fused(ORIGIN, c.size, List.of(3, 1)), List.of(3, 1));
      c.assertLabels(c.fused(ORIGIN, c.size, List.of(3, 1), 2), List.of(3, 1));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Aggregation.class,
      names = {"EQ6_SEQUENTIAL", "LEGACY_LOWRES_GATE"})
  void someAggregationsNeedEveryPatch(Aggregation aggregation) {
    Case c = random(new Random(8), aggregation, 3, 5);
    IllegalStateException refusal =
        assertThrows(IllegalStateException.class, () -> c.fused(ORIGIN, c.size, List.of(1)));
    assertTrue(refusal.getMessage().contains(aggregation.name()), refusal.getMessage());
  }

  @Test
  void aPatchThatWasNotAnnouncedIsRefused() {
    Case c = random(new Random(9), Aggregation.REPLACE, 2, 5);
    assertThrows(
        IllegalArgumentException.class, () -> c.fused(ORIGIN, c.size, List.of(0, 1, 1)));
  }

  @Test
  void onlyTheWantedPartIsLabelled() {
    Random random = new Random(5);
    Int3 size = Int3.cube(8);
    Int3 patch = Int3.cube(4);
    List<Int3> starts = List.of(ORIGIN, new Int3(4, 2, 4));
    List<float[]> patches = List.of(normal(random, 192), normal(random, 192));
    Case c =
        new Case(
            normal(random, 192), Int3.cube(4), size, patch, starts, patches, Aggregation.NORMALISED_CW,
            new float[3]);
    Int3 from = new Int3(2, 1, 3);
    Int3 to = new Int3(7, 8, 6);

    byte[] part = c.fused(from, to, List.of(1, 0));
    byte[] whole = c.fused(ORIGIN, size, List.of(0, 1));
    c.assertLabels(whole, List.of(0, 1));
    for (int v = 0; v < 512; v++) {
      int x = v / 64;
      int y = v / 8 % 8;
      int z = v % 8;
      boolean wanted = x >= 2 && x < 7 && y >= 1 && z >= 3 && z < 6;
      assertEquals(wanted ? whole[v] : -1, part[v], "voxel " + v);
    }
  }

  @Test
  void tiesGoToTheLowestClass() {
    Case c =
        new Case(
            new float[] {0, 1, 1, 0, 1, 1}, new Int3(1, 1, 2), new Int3(2, 2, 4), Int3.cube(2), List.of(),
            List.of(), Aggregation.REPLACE, new float[3]);

    for (byte label : c.fused(ORIGIN, new Int3(2, 2, 4), List.of())) {
      assertEquals(1, label);
    }
  }

  private static String variant(Aggregation aggregation) {
    return aggregation.name().toLowerCase(Locale.ROOT);
  }

  private static Case random(Random random, Aggregation aggregation, int patchCount, int classes) {
    Int3 lowSize = new Int3(4 + random.nextInt(3), 3 + random.nextInt(3), 3);
    Int3 patch = new Int3(4, 5, 6);
    Int3 size = lowSize.times(new Int3(2, 3, 4));
    List<Int3> starts = new ArrayList<>();
    for (int k = 0; k < patchCount; k++) {
      starts.add(
          new Int3(
              random.nextInt(size.x() - 3), random.nextInt(size.y() - 4), random.nextInt(size.z() - 5)));
    }
    // Few distinct values along z give whole cells of one class, where the interpolation is skipped.
    float[] low = normal(random, (int) lowSize.product() * classes);
    for (int i = 0; i < low.length; i++) {
      low[i] += i % classes == random.nextInt(2) ? 3 : 0;
    }
    List<float[]> patches = new ArrayList<>();
    starts.forEach(start -> patches.add(normal(random, (int) patch.product() * classes)));
    return new Case(
        low, lowSize, size, patch, starts, patches, aggregation, normal(random, classes));
  }

  private static Case golden(JsonNode golden, Aggregation aggregation) {
    int classes = golden.path("C").asInt();
    Int3 patch = Golden.triple(golden.path("patch"));
    Int3 size = Golden.triple(golden.path("volume"));
    Int3 lowSize = size.dividedBy(Golden.triple(golden.path("rate")));
    float[] all = Golden.floats(golden.path("patch_logits"));
    int length = all.length / golden.path("starts").size();
    List<Int3> starts = new ArrayList<>();
    List<float[]> patches = new ArrayList<>();
    for (int k = 0; k < golden.path("starts").size(); k++) {
      starts.add(Golden.triple(golden.path("starts").get(k)));
      float[] one = new float[length];
      System.arraycopy(all, k * length, one, 0, length);
      patches.add(classesLast(one, classes));
    }
    float[] low = classesLast(Golden.floats(golden.path("low_logits")), classes);
    return new Case(
        low, lowSize, size, patch, starts, patches, aggregation,
        Golden.floats(golden.path("class_param")));
  }

  private static float[] classesLast(float[] values, int classes) {
    int voxels = values.length / classes;
    float[] turned = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      turned[i % voxels * classes + i / voxels] = values[i];
    }
    return turned;
  }

  private static float[] normal(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private record Likely(byte[] labels, byte[] probability, byte[] second, byte[] secondProbability) {}

  private record Case(
      float[] low,
      Int3 lowSize,
      Int3 size,
      Int3 patch,
      List<Int3> starts,
      List<float[]> patches,
      Aggregation aggregation,
      float[] classWeight) {

    int classes() {
      return classWeight.length;
    }

    Case with(List<Int3> otherStarts, List<float[]> otherPatches) {
      return new Case(low, lowSize, size, patch, otherStarts, otherPatches, aggregation, classWeight);
    }

    /** Labels of the whole map, -1 where none was given; patches are added in this order. */
    byte[] fused(Int3 from, Int3 to, List<Integer> order) {
      return fused(from, to, order, patch.x());
    }

    /** As above; a patch comes in slabs of so many planes. */
    byte[] fused(Int3 from, Int3 to, List<Integer> order, int stride) {
      return likely(from, to, order, stride).labels;
    }

    private Likely likely(Int3 from, Int3 to, List<Integer> order, int stride) {
      int voxels = (int) size.product();
      Likely likely = new Likely(new byte[voxels], new byte[voxels], new byte[voxels], new byte[voxels]);
      byte[] labels = likely.labels;
      Arrays.fill(labels, (byte) -1);
      int lowPlane = lowSize.y() * lowSize.z() * classes();
      LowLogits logits =
          LowLogits.of(lowSize, classes(), x -> FloatBuffer.wrap(low, x * lowPlane, lowPlane).slice());
      Fusion fusion =
          new Fusion(
              logits,
              size,
              from,
              to,
              patch,
              stride,
              starts,
              aggregation,
              classWeight,
              (fromX, y, fromZ, sizeX, sizeZ, slice) -> {
                for (int i = 0; i < sizeX * sizeZ; i++) {
                  int v = ((fromX + i / sizeZ) * size.y() + y) * size.z() + fromZ + i % sizeZ;
                  assertEquals(-1, labels[v], "labelled twice: voxel " + v);
                  labels[v] = slice.label(i);
                  likely.probability[v] = slice.probability(i);
                  likely.second[v] = slice.second(i);
                  likely.secondProbability[v] = slice.secondProbability(i);
                }
              });
      for (int k : order) {
        int plane = patches.get(k).length / patch.x();
        for (int x = 0; x < patch.x(); x += stride) {
          int planes = Math.min(stride, patch.x() - x);
          fusion.add(starts.get(k), x, FloatBuffer.wrap(patches.get(k), x * plane, planes * plane).slice());
        }
      }
      fusion.finish();
      return likely;
    }

    /** Every label is the plain computation's, or one that ties with it. */
    void assertLabels(byte[] labels, List<Integer> present) {
      double[] logits = plainLogits(present);
      int voxels = (int) size.product();
      int ties = 0;
      for (int v = 0; v < voxels; v++) {
        int best = 0;
        for (int c = 1; c < classes(); c++) {
          best = logits[c * voxels + v] > logits[best * voxels + v] ? c : best;
        }
        double behind = logits[best * voxels + v] - logits[labels[v] * voxels + v];
        assertTrue(behind < TIE, "voxel " + v + " is " + labels[v] + ", behind " + best + " by " + behind);
        ties += labels[v] == best ? 0 : 1;
      }
      assertTrue(ties <= voxels / 100, ties + " ties of " + voxels + " voxels");
    }

    /**
     * The two likeliest classes have the probabilities of the plain computation's softmax.
     *
     * @return voxels whose second class counts
     */
    int assertLikely(List<Integer> order, int stride) {
      Likely likely = likely(ORIGIN, size, order, stride);
      byte[] labels = likely.labels;
      double[] logits = plainLogits(order);
      int voxels = labels.length;
      int unsure = 0;
      for (int v = 0; v < voxels; v++) {
        double sum = 0;
        for (int k = 0; k < classes(); k++) {
          sum += Math.exp(logits[k * voxels + v] - logits[labels[v] * voxels + v]);
        }
        double first = 255 / sum;
        int second = likely.second[v];
        // binary16 logits, then 255ths.
        assertEquals(first, likely.probability[v] & 0xFF, 2.5, "voxel " + v);
        double ofSecond = 255 / sum * Math.exp(logits[second * voxels + v] - logits[labels[v] * voxels + v]);
        boolean counts = likely.secondProbability[v] != 0;
        if (counts) {
          assertTrue(second != labels[v], "voxel " + v);
          assertEquals(ofSecond, likely.secondProbability[v] & 0xFF, 2.5, "voxel " + v);
        }
        for (int k = 0; k < classes(); k++) {
          double other = 255 / sum * Math.exp(logits[k * voxels + v] - logits[labels[v] * voxels + v]);
          assertTrue(
              k == labels[v] || other < (counts ? ofSecond : 0) + 2.5, "voxel " + v + ", class " + k + ": " + other);
        }
        unsure += counts ? 1 : 0;
      }
      return unsure;
    }

    /** The definitions of NMSW §7, every class of every voxel, [classes, X, Y, Z]. */
    double[] plainLogits(List<Integer> present) {
      int voxels = (int) size.product();
      double[] out = new double[voxels * classes()];
      GaussianWeight weight = new GaussianWeight(patch);
      for (int c = 0; c < classes(); c++) {
        double share = aggregation == Aggregation.REPLACE ? 1 : 1 / (1 + Math.exp(-classWeight[c]));
        float[] global = aggregation == Aggregation.LEGACY_LOWRES_GATE ? gated(c, share, present) : low;
        for (int v = 0; v < voxels; v++) {
          int x = v / (size.y() * size.z());
          int y = v / size.z() % size.y();
          int z = v % size.z();
          double sum = 0;
          double total = 0;
          double upsampled = upsampled(global, c, x, y, z);
          double sequential = upsampled;
          for (int k = 0; k < starts.size(); k++) {
            int at = index(k, x, y, z);
            if (at >= 0 && present.contains(k)) {
              double w = weight.at(at / patch.z() / patch.y(), at / patch.z() % patch.y(), at % patch.z());
              double logit = patches.get(k)[at * classes() + c];
              sum += w * logit;
              total += w;
              sequential = share * w * logit + (1 - share) * sequential;
            }
          }
          double mean = total > 0 ? sum / total : 0;
          out[c * voxels + v] =
              switch (aggregation) {
                case NORMALISED_CW, REPLACE ->
                    total > 0 ? share * mean + (1 - share) * upsampled : upsampled;
                case EQ6_SEQUENTIAL -> sequential;
                case LEGACY_LOWRES_GATE -> share * mean + upsampled;
              };
        }
      }
      return out;
    }

    /** Voxel of patch k, or -1 where it does not reach. */
    private int index(int k, int x, int y, int z) {
      int px = x - starts.get(k).x();
      int py = y - starts.get(k).y();
      int pz = z - starts.get(k).z();
      boolean inside =
          px >= 0 && px < patch.x() && py >= 0 && py < patch.y() && pz >= 0 && pz < patch.z();
      return inside ? (px * patch.y() + py) * patch.z() + pz : -1;
    }

    /** Global logits, those of class c damped where the nearest voxel is covered. */
    private float[] gated(int c, double share, List<Integer> present) {
      float[] damped = low.clone();
      for (int v = 0; v < lowSize.product(); v++) {
        int x = v / (lowSize.y() * lowSize.z()) * size.x() / lowSize.x();
        int y = v / lowSize.z() % lowSize.y() * size.y() / lowSize.y();
        int z = v % lowSize.z() * size.z() / lowSize.z();
        if (present.stream().anyMatch(k -> index(k, x, y, z) >= 0)) {
          damped[v * classes() + c] *= 1 - share;
        }
      }
      return damped;
    }

    private double upsampled(float[] global, int c, int x, int y, int z) {
      int[] at = {x, y, z};
      double value = 0;
      for (int corner = 0; corner < 8; corner++) {
        double w = 1;
        int index = 0;
        for (int axis = 0; axis < 3; axis++) {
          int n = lowSize.get(axis);
          double position = Math.max(0, (at[axis] + 0.5) * n / size.get(axis) - 0.5);
          int below = (int) position;
          boolean above = (corner >> axis & 1) == 1;
          w *= above ? position - below : 1 - (position - below);
          index = index * n + Math.min(n - 1, below + (above ? 1 : 0));
        }
        value += w * global[index * classes() + c];
      }
      return value;
    }
  }
}
