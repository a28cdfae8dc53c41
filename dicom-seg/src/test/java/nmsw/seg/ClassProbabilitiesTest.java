package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import nmsw.volume.Grid;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.LabelVolume;
import nmsw.volume.ModelGrid;
import nmsw.volume.Resampler;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.Test;

class ClassProbabilitiesTest {
  private static final int[] LABELS = {1, 2, 7, 200};

  /** Two voxels of 2 mm along x, the second one of the class; pixels of 1 mm whose centres lie at -0.5, 0.5, ... mm. */
  @Test
  void isTheProbabilityOfTheVoxelsAroundThePixel() {
    Grid grid = new Grid(2, 1, 1, Vec3.ZERO, new Vec3(2, 0, 0), new Vec3(0, 2, 0), new Vec3(0, 0, 2));
    LabelProbabilities volume = LabelProbabilities.certain(new LabelVolume(grid, new byte[] {0, 9}));
    SliceStack.Slice slice = new SliceStack.Slice("1.2", "1.3", 1, 1, new Vec3(-0.5, 0, 0));
    SliceStack stack = new SliceStack(5, 1, 1, 1, new Vec3(1, 0, 0), new Vec3(0, 1, 0), List.of(slice));
    ClassProbabilities probabilities = new ClassProbabilities(volume, stack);
    byte[] fractions = probabilities.of(9, 0).orElseThrow();
    int[] expected = {8, 72, 183, 247, 0};
    for (int c = 0; c < 5; c++) {
      assertEquals(expected[c], fractions[c] & 0xFF, "column " + c);
    }
    assertEquals(Optional.empty(), probabilities.of(8, 0));

    byte[] second = {9, 0};
    ClassProbabilities unsure =
        new ClassProbabilities(
            new LabelProbabilities(volume.labels(), new byte[] {(byte) 155, (byte) 200}, second, new byte[] {100, 55}),
            stack);
    byte[] ofSecond = unsure.of(9, 0).orElseThrow();
    // 100 and 200 in place of 0 and 255.
    int[] expectedOfSecond = {103, 128, 172, 197, 0};
    for (int c = 0; c < 5; c++) {
      assertEquals(expectedOfSecond[c], ofSecond[c] & 0xFF, "column " + c);
    }
  }

  /** What the resampling of labels takes is the largest, and probabilities add up to one. */
  @Property(tries = 60)
  void theLargestIsWhatTheSlicesGet(
      @ForAll @IntRange(min = 0, max = 3) int geometry, @ForAll long seed) {
    String[][] orientations = {
      CtFixture.AXIAL, CtFixture.SAGITTAL, CtFixture.TILTED, {"0.8", "0.6", "0", "-0.6", "0.8", "0"}
    };
    CtFixture ct = new CtFixture(19, 23, 6, "0.7", "0.9", orientations[geometry]);
    SliceStack stack = ct.stack();
    Grid grid = ModelGrid.forStack(stack, new Vec3(2.1, 1.7, 2.3));
    byte[] voxels = new byte[grid.voxels()];
    Random random = new Random(seed);
    for (int i = 0; i < voxels.length; i++) {
      voxels[i] = (byte) (random.nextInt(3) > 0 && i > 0 ? voxels[i - 1] : random.nextInt(2) * LABELS[random.nextInt(4)]);
    }
    byte[] probability = new byte[voxels.length];
    byte[] second = new byte[voxels.length];
    byte[] secondProbability = new byte[voxels.length];
    for (int i = 0; i < voxels.length; i++) {
      second[i] = (byte) (voxels[i] == 0 ? 7 : random.nextBoolean() || voxels[i] == 2 ? 0 : 2);
      int first = random.nextInt(3) == 0 ? 255 : 128 + random.nextInt(127);
      probability[i] = (byte) first;
      secondProbability[i] = (byte) (255 - first);
    }
    LabelProbabilities volume =
        new LabelProbabilities(new LabelVolume(grid, voxels), probability, second, secondProbability);
    SliceLabels labels = Resampler.toSlices(volume, stack);
    ClassProbabilities probabilities = new ClassProbabilities(volume, stack);
    for (int k = 0; k < stack.size(); k++) {
      int[] sum = new int[19 * 23];
      int[] largest = new int[19 * 23];
      int[] chosen = new int[19 * 23];
      for (int label : LABELS) {
        byte[] fractions = probabilities.of(label, k).map(byte[]::clone).orElse(new byte[19 * 23]);
        for (int i = 0; i < fractions.length; i++) {
          int fraction = fractions[i] & 0xFF;
          sum[i] += fraction;
          largest[i] = Math.max(largest[i], fraction);
          chosen[i] += (labels.labels().get(k)[i] & 0xFF) == label ? fraction : 0;
        }
      }
      for (int i = 0; i < sum.length; i++) {
        int rest = SegmentFractions.WHOLE - sum[i];
        int winner = labels.labels().get(k)[i] == 0 ? rest : chosen[i];
        assertTrue(rest >= -2, "probabilities of " + sum[i]);
        // A probability is rounded to 1/255, the background's by as many of them as there are.
        assertTrue(winner >= Math.max(rest, largest[i]) - 2, winner + " of " + largest[i] + " and " + rest);
      }
    }
  }
}
