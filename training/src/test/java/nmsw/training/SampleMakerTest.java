package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import nmsw.segmentation.nn.Int3;
import nmsw.training.SampleMaker.Augmentation;
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
    return new TrainingCase("case", size, values, labels);
  }

  @Test
  void plainSamplesArePaddedSymmetricallyAndOtherwiseUntouched() {
    TrainingCase source = checked(5, 8, 9);
    Sample sample = new SampleMaker(0, 400, 8, 8, Augmentation.none()).plain(source);
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
        new SampleMaker(0, 400, 8, 8, new Augmentation(null, 0.2, 3, 0, 0, 0, 1));
    Sample sample =
        maker.varied(new TrainingCase("case", size, values, labels), new SplittableRandom(4));
    int organ = 0;
    for (int v = 0; v < sample.image().length; v++) {
      if (sample.image()[v] == 0 || sample.image()[v] == 1) {
        assertEquals(sample.image()[v], sample.labels()[v], 0.0f, "voxel " + v);
      }
      organ += sample.labels()[v];
    }
    assertTrue(organ > 600, "organ voxels left: " + organ);
  }

  @Test
  void equalSeedsGiveEqualSamples() {
    SampleMaker maker =
        new SampleMaker(0, 400, 8, 8, new Augmentation(List.of(9, 10, 8), 0.2, 3, 0.1, 0.2, 0.1, 1.5));
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
    TrainingCase source = new TrainingCase("case", size, new short[labels.length], labels);
    SampleMaker maker =
        new SampleMaker(0, 400, 8, 8, new Augmentation(List.of(8, 8, 8), 0, 0, 0, 0, 0, 1));
    int cut = 0;
    int small = 0;
    for (int seed = 0; seed < 200; seed++) {
      Sample sample = maker.varied(source, new SplittableRandom(seed));
      if (sample.size().equals(Int3.cube(8))) {
        cut++;
        small += sample.labels()[sample.labels().length - 1] == 2 ? 1 : 0;
      }
    }
    assertTrue(cut > 140 && cut < 180, "cut: " + cut);
    assertTrue(small > cut / 3 && small < cut * 2 / 3, "with the organ of one voxel: " + small);
  }

  @Test
  void boxesThatAreNotThreeExtentsAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Augmentation(List.of(8, 8), 0, 0, 0, 0, 0, 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Augmentation(List.of(8, 0, 8), 0, 0, 0, 0, 0, 1));
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
