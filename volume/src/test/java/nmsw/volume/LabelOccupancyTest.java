package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LabelOccupancyTest {
  private static final Grid GRID =
      new Grid(9, 8, 7, new Vec3(-10, -8, -6), new Vec3(-2.5, 0, 0), new Vec3(0, 3, 0), new Vec3(0, 0, 2));

  static Stream<SliceStack> stacks() {
    double s = Math.sqrt(0.5);
    return Stream.of(
        stack(new Vec3(1, 0, 0), new Vec3(0, 1, 0), new Vec3(-33, -12, -8)),
        stack(new Vec3(0, 1, 0), new Vec3(0, 0, -1), new Vec3(-8, -12, 8)),
        stack(new Vec3(s, s, 0), new Vec3(-s, s, 0), new Vec3(-24, -12, -7)));
  }

  private static SliceStack stack(Vec3 row, Vec3 column, Vec3 first) {
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (int k = 0; k < 6; k++) {
      Vec3 position = first.plus(row.cross(column).times(2.3 * k)).plus(row.times(0.4 * k));
      slices.add(new SliceStack.Slice("1." + k, "1.2", 1, k + 1, position));
    }
    return new SliceStack(26, 21, 1.1, 1.3, row, column, slices);
  }

  /** Blobs, a label in a single voxel, and one in the corner of the grid. */
  private static LabelVolume volume() {
    byte[] labels = new byte[GRID.voxels()];
    Random random = new Random(2);
    for (int z = 0; z < 7; z++) {
      for (int y = 0; y < 8; y++) {
        for (int x = 0; x < 9; x++) {
          labels[GRID.index(x, y, z)] = (byte) (x > 4 ? 0 : y < 4 ? 1 : random.nextBoolean() ? 2 : 200);
        }
      }
    }
    labels[GRID.index(6, 3, 3)] = 7;
    labels[GRID.index(8, 7, 6)] = 9;
    return new LabelVolume(GRID, labels);
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void allLabelsOfAPixelAreOneAndTheVoteHasTheMost(SliceStack stack) {
    LabelVolume volume = volume();
    LabelOccupancy occupancy = new LabelOccupancy(volume, stack);
    SliceLabels voted = Resampler.toSlices(volume, stack);
    int[] all = {0, 1, 2, 7, 9, 200};
    int inside = 0;
    for (int k = 0; k < stack.size(); k++) {
      List<Optional<byte[]>> slices = new ArrayList<>();
      for (int label : all) {
        slices.add(occupancy.of(label, k));
      }
      for (int i = 0; i < stack.rows() * stack.columns(); i++) {
        int sum = 0;
        int most = 0;
        int ofWinner = 0;
        for (int n = 0; n < all.length; n++) {
          int pixel = i;
          int value = slices.get(n).map(slice -> slice[pixel] & 0xFF).orElse(0);
          sum += value;
          most = Math.max(most, value);
          ofWinner = all[n] == (voted.labels().get(k)[i] & 0xFF) ? value : ofWinner;
        }
        assertTrue(sum == 0 || Math.abs(sum - LabelOccupancy.WHOLE) <= 2, "the parts are " + sum);
        assertTrue(ofWinner >= most - 1, k + " " + i);
        inside += sum > 0 ? 1 : 0;
      }
    }
    assertTrue(inside > 500, "pixels inside the grid: " + inside);
    assertEquals(Optional.empty(), occupancy.of(3, 0));
  }

  /** Two voxels with the label, then two without: half way between them it is half. */
  @Test
  void fallsLinearlyFromVoxelToVoxel() {
    Grid line = new Grid(4, 1, 1, new Vec3(0, 0, 0), new Vec3(4, 0, 0), new Vec3(0, 4, 0), new Vec3(0, 0, 4));
    SliceStack stack =
        new SliceStack(
            12, 1, 1, 1, new Vec3(1, 0, 0), new Vec3(0, 1, 0),
            List.of(new SliceStack.Slice("1.1", "1.2", 1, 1, new Vec3(0, 0, 0))));
    byte[] slice = new LabelOccupancy(new LabelVolume(line, new byte[] {5, 5, 0, 0}), stack).of(5, 0).orElseThrow();
    int[] expected = {255, 255, 255, 255, 255, 191, 128, 64, 0, 0, 0, 0};
    for (int c = 0; c < 12; c++) {
      assertEquals(expected[c], slice[c] & 0xFF, "column " + c);
    }
  }
}
