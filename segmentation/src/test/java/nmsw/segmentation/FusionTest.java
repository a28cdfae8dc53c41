package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.Golden;
import nmsw.segmentation.nn.Int3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FusionTest {
  private static final Int3 ORIGIN = new Int3(0, 0, 0);

  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void argmaxMatchesGolden(Aggregation aggregation) {
    JsonNode golden = Golden.read("aggregation.json");
    Case c = golden(golden, aggregation);

    double[] expected = Golden.data(golden.path(variant(aggregation)).path("argmax"));
    byte[] labels = c.fused(ORIGIN, c.size);
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
        golden.path(variant(aggregation)).path("out"), c.plainLogits(), 2e-5, "fused logits");
  }

  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void planeByPlaneEqualsThePlainComputation(Aggregation aggregation) {
    Random random = new Random(4);
    for (int repeat = 0; repeat < 20; repeat++) {
      Int3 lowSize = new Int3(4 + random.nextInt(3), 3 + random.nextInt(3), 3);
      Int3 rate = new Int3(2, 3, 4);
      Int3 patch = new Int3(4, 5, 6);
      Int3 size = lowSize.times(rate);
      List<Int3> starts = new ArrayList<>();
      for (int k = random.nextInt(4); k > 0; k--) {
        starts.add(
            new Int3(
                random.nextInt(size.x() - 3), random.nextInt(size.y() - 4), random.nextInt(size.z() - 5)));
      }
      starts.sort(Comparator.comparingInt(Int3::x));
      int classes = 5;
      // Few distinct values along z give whole cells of one class, where the interpolation is skipped.
      float[] low = normal(random, (int) lowSize.product() * classes);
      for (int i = 0; i < low.length; i++) {
        low[i] += i % classes == random.nextInt(2) ? 3 : 0;
      }
      List<float[]> patches = new ArrayList<>();
      starts.forEach(start -> patches.add(normal(random, (int) patch.product() * classes)));
      Case c =
          new Case(
              new LowLogits(low, lowSize, classes), size, patch, starts, patches, aggregation,
              normal(random, classes));

      assertArrayEquals(c.plain(), c.fused(ORIGIN, size), "repeat " + repeat);
    }
  }

  @Test
  void onlyTheWantedPartIsLabelled() {
    Random random = new Random(5);
    Int3 size = Int3.cube(8);
    Int3 patch = Int3.cube(4);
    List<Int3> starts = List.of(ORIGIN, new Int3(4, 2, 4));
    List<float[]> patches = List.of(normal(random, 192), normal(random, 192));
    LowLogits low = new LowLogits(normal(random, 192), Int3.cube(4), 3);
    Case c = new Case(low, size, patch, starts, patches, Aggregation.NORMALISED_CW, new float[3]);
    Int3 from = new Int3(2, 1, 3);
    Int3 to = new Int3(7, 8, 6);

    byte[] part = c.fused(from, to);
    byte[] whole = c.plain();
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
    LowLogits low = new LowLogits(new float[] {0, 1, 1, 0, 1, 1}, new Int3(1, 1, 2), 3);
    Case c =
        new Case(
            low, new Int3(2, 2, 4), Int3.cube(2), List.of(), List.of(), Aggregation.REPLACE,
            new float[3]);

    for (byte label : c.fused(ORIGIN, new Int3(2, 2, 4))) {
      assertEquals(1, label);
    }
  }

  private static String variant(Aggregation aggregation) {
    return aggregation == Aggregation.REPLACE ? "replace" : "normalised_cw";
  }

  private static Case golden(JsonNode golden, Aggregation aggregation) {
    int classes = golden.path("C").asInt();
    Int3 patch = Golden.triple(golden.path("patch"));
    Int3 size = Golden.triple(golden.path("volume"));
    Int3 lowSize = size.dividedBy(Golden.triple(golden.path("rate")));
    float[] all = Golden.floats(golden.path("patch_logits"));
    int length = all.length / golden.path("starts").size();
    List<Integer> order =
        IntStream.range(0, golden.path("starts").size())
            .boxed()
            .sorted(Comparator.comparingInt(k -> golden.path("starts").get(k).get(0).asInt()))
            .toList();
    List<Int3> starts = new ArrayList<>();
    List<float[]> patches = new ArrayList<>();
    for (int k : order) {
      starts.add(Golden.triple(golden.path("starts").get(k)));
      float[] one = new float[length];
      System.arraycopy(all, k * length, one, 0, length);
      patches.add(classesLast(one, classes));
    }
    float[] low = classesLast(Golden.floats(golden.path("low_logits")), classes);
    return new Case(
        new LowLogits(low, lowSize, classes), size, patch, starts, patches, aggregation,
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

  private record Case(
      LowLogits low,
      Int3 size,
      Int3 patch,
      List<Int3> starts,
      List<float[]> patches,
      Aggregation aggregation,
      float[] classWeight) {

    /** Labels of the whole map, -1 where none was given. */
    byte[] fused(Int3 from, Int3 to) {
      byte[] labels = new byte[(int) size.product()];
      Arrays.fill(labels, (byte) -1);
      Fusion fusion =
          new Fusion(
              low,
              size,
              from,
              to,
              patch,
              starts,
              aggregation,
              classWeight,
              (x, y, row) ->
                  System.arraycopy(
                      row, 0, labels, (x * size.y() + y) * size.z() + from.z(), row.length));
      for (int k = 0; k < starts.size(); k++) {
        fusion.add(starts.get(k), FloatBuffer.wrap(patches.get(k)));
      }
      fusion.finish();
      return labels;
    }

    byte[] plain() {
      double[] logits = plainLogits();
      int voxels = (int) size.product();
      byte[] labels = new byte[voxels];
      for (int v = 0; v < voxels; v++) {
        for (int c = 1; c < low.classes(); c++) {
          if (logits[c * voxels + v] > logits[labels[v] * voxels + v]) {
            labels[v] = (byte) c;
          }
        }
      }
      return labels;
    }

    /** The definition of NMSW §7, every class of every voxel, [classes, X, Y, Z]. */
    double[] plainLogits() {
      int voxels = (int) size.product();
      double[] out = new double[voxels * low.classes()];
      GaussianWeight weight = new GaussianWeight(patch);
      for (int c = 0; c < low.classes(); c++) {
        double share = aggregation == Aggregation.REPLACE ? 1 : 1 / (1 + Math.exp(-classWeight[c]));
        for (int v = 0; v < voxels; v++) {
          int x = v / (size.y() * size.z());
          int y = v / size.z() % size.y();
          int z = v % size.z();
          double sum = 0;
          double total = 0;
          for (int k = 0; k < starts.size(); k++) {
            int px = x - starts.get(k).x();
            int py = y - starts.get(k).y();
            int pz = z - starts.get(k).z();
            if (px >= 0 && px < patch.x() && py >= 0 && py < patch.y() && pz >= 0 && pz < patch.z()) {
              double w = weight.at(px, py, pz);
              int at = (px * patch.y() + py) * patch.z() + pz;
              sum += w * patches.get(k)[at * low.classes() + c];
              total += w;
            }
          }
          double global = upsampled(c, x, y, z);
          out[c * voxels + v] = total > 0 ? share * sum / total + (1 - share) * global : global;
        }
      }
      return out;
    }

    private double upsampled(int c, int x, int y, int z) {
      int[] at = {x, y, z};
      double value = 0;
      for (int corner = 0; corner < 8; corner++) {
        double w = 1;
        int index = 0;
        for (int axis = 0; axis < 3; axis++) {
          int n = low.size().get(axis);
          double position = Math.max(0, (at[axis] + 0.5) * n / size.get(axis) - 0.5);
          int below = (int) position;
          boolean above = (corner >> axis & 1) == 1;
          w *= above ? position - below : 1 - (position - below);
          index = index * n + Math.min(n - 1, below + (above ? 1 : 0));
        }
        value += w * low.values()[index * low.classes() + c];
      }
      return value;
    }
  }
}
