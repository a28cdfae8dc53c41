package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import nmsw.segmentation.nn.Int3;
import nmsw.training.Augmentation.Affine;
import org.junit.jupiter.api.Test;

class SampleMakerTest {
  private static TrainingCase checked(int x, int y, int z) {
    Int3 size = new Int3(x, y, z);
    short[] values = new short[(int) size.product()];
    byte[] labels = new byte[values.length];
    for (int v = 0; v < values.length; v++) {
      labels[v] = (byte) (v * 31 % 4);
      values[v] = (short) (labels[v] * 100);
    }
    return new TrainingCase("case", size, values, labels, Set.of());
  }

  @Test
  void plainSamplesArePaddedSymmetricallyAndOtherwiseUntouched() {
    TrainingCase source = checked(5, 8, 9);
    Sample sample = new SampleMaker(0, 400, 8, 8, null, Augmentation.none()).plain(source);
    assertEquals(new Int3(8, 8, 16), sample.size());
    Int3 before = new Int3(1, 0, 3);
    float[] box = new float[5 * 8 * 9];
    sample.copyImage(before, source.size(), 1, box, 0);
    for (int v = 0; v < box.length; v++) {
      assertEquals(source.hounsfield()[v] / 400f, box[v], 1e-6f);
    }
    assertArrayEquals(source.labels(), sample.labels(before, source.size()));
    int padding = 0;
    for (float value : sample.image()) {
      padding += value == Sample.PADDING ? 1 : 0;
    }
    assertEquals(8 * 8 * 16 - 5 * 8 * 9, padding);
  }

  @Test
  void imageAndLabelsMoveTogether() {
    Int3 size = new Int3(24, 24, 24);
    short[] values = new short[(int) size.product()];
    byte[] labels = new byte[values.length];
    for (int x = 6; x < 18; x++) {
      for (int y = 8; y < 20; y++) {
        for (int z = 4; z < 14; z++) {
          int v = (x * 24 + y) * 24 + z;
          values[v] = 400;
          labels[v] = 1;
        }
      }
    }
    SampleMaker maker =
        new SampleMaker(
            0,
            400,
            8,
            8,
            null,
            new Augmentation(
                null, 0, 3, new Affine(0.5, List.of(0.2, 0.2, 0.3), List.of(1.0, 1.0, 2.0)), 0, null, 0,
                null, null, null, 0.05));
    TrainingCase source = new TrainingCase("case", size, values, labels, Set.of());
    for (int seed = 0; seed < 30; seed++) {
      Sample sample = maker.varied(source, new SplittableRandom(seed));
      int organ = 0;
      for (int v = 0; v < sample.image().length; v++) {
        float value = sample.image()[v];
        if (value < 0.01 || value > 0.99) {
          assertEquals(value > 0.99 ? 1 : 0, sample.labels()[v], "seed " + seed + " voxel " + v);
        }
        organ += sample.labels()[v];
      }
      assertTrue(organ > 300, "organ voxels left: " + organ);
    }
  }

  @Test
  void equalSeedsGiveEqualSamples() {
    SampleMaker maker =
        new SampleMaker(0, 400, 8, 8, null, all(List.of(9, 10, 8)));
    TrainingCase source = checked(12, 10, 20);
    for (int seed = 0; seed < 20; seed++) {
      Sample once = maker.varied(source, new SplittableRandom(seed));
      Sample again = maker.varied(source, new SplittableRandom(seed));
      assertArrayEquals(once.image(), again.image());
      assertArrayEquals(once.labels(), again.labels());
    }
  }

  @Test
  void cutSamplesShowSmallOrgansAsOftenAsLargeOnes() {
    Int3 size = new Int3(32, 24, 40);
    byte[] labels = new byte[(int) size.product()];
    Arrays.fill(labels, 0, labels.length / 2, (byte) 1);
    labels[labels.length - 1] = 2;
    TrainingCase source = new TrainingCase("case", size, new short[labels.length], labels, Set.of());
    SampleMaker maker =
        new SampleMaker(0, 400, 8, 8, null, boxOnly(List.of(8, 8, 8)));
    int cut = 0;
    int small = 0;
    for (int seed = 0; seed < 200; seed++) {
      Sample sample = maker.varied(source, new SplittableRandom(seed));
      if (sample.size().equals(Int3.cube(8))) {
        cut++;
        small += sample.labels()[sample.labels().length - 1] == 2 ? 1 : 0;
      }
    }
    assertTrue(cut > 165 && cut < 195, "cut: " + cut);
    assertTrue(small > cut / 3 && small < cut * 2 / 3, "with the organ of one voxel: " + small);
  }

  @Test
  void aFixedSizePadsOrCropsAboutTheMiddle() {
    TrainingCase source = checked(5, 8, 13);
    SampleMaker maker = new SampleMaker(0, 400, 8, 8, new Int3(8, 8, 8), Augmentation.none());
    Sample sample = maker.plain(source);
    assertEquals(Int3.cube(8), sample.size());
    // One voxel of padding along x, then the middle 8 of 13 along z: two before the seventh.
    assertArrayEquals(
        source.box(new Int3(0, 0, 2), new Int3(5, 8, 8)).labels(),
        sample.labels(new Int3(1, 0, 0), new Int3(5, 8, 8)));
  }

  private static Augmentation boxOnly(List<Integer> box) {
    return new Augmentation(box, 0, 0, null, 0, null, 0, null, null, null, 0);
  }

  private static Augmentation all(List<Integer> box) {
    return new Augmentation(
        box, 0.1, 3, new Affine(0.5, List.of(0.2, 0.2, 0.3), List.of(1.0, 1.0, 2.0)), 0.1,
        List.of(0.5, 1.0), 0.25, 0.5, List.of(0.7, 1.5), List.of(0.7, 1.5), 0.05);
  }

  @Test
  void boxesThatAreNotThreeExtentsAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> boxOnly(List.of(8, 8)));
    assertThrows(
        IllegalArgumentException.class,
        () -> boxOnly(List.of(8, 0, 8)));
  }

  @Test
  void lowResolutionTakesMeansAndMajorities() {
    Sample sample =
        new Sample(
            "case",
            new Int3(2, 2, 2),
            new float[] {0, 1, 2, 3, 4, 5, 6, 7},
            new byte[] {1, 2, 2, 0, 2, 1, 0, 0});
    assertArrayEquals(new float[] {3.5f}, sample.lowImage(2));
    assertArrayEquals(new byte[] {2}, sample.lowLabels(2));
  }
}
