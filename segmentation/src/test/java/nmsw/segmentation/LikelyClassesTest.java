package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import nmsw.volume.LabelProbabilities;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LikelyClassesTest {
  private static final int VOXELS = 1000;

  /** Every label is the plain sort's, every probability the double softmax's to the nearest 255th or its neighbour at a tie. */
  @ParameterizedTest
  @CsvSource({"2, 0.01", "2, 10", "14, 1", "14, 30", "105, 5", "14, 1000", "3, 30000"})
  void probabilitiesAreTheSoftmax(int classes, double spread) {
    SplittableRandom random = new SplittableRandom(classes);
    float[][] logits = new float[classes][VOXELS];
    for (float[] ofClass : logits) {
      for (int z = 0; z < VOXELS; z++) {
        ofClass[z] = (float) (spread * (2 * random.nextDouble() - 1));
      }
    }
    int count = VOXELS - 5;
    TwoHighest highest = new TwoHighest(VOXELS);
    highest.find(logits, count);
    LikelyClasses likely = new LikelyClasses(VOXELS);
    likely.take(highest, logits, count);
    for (int z = 0; z < count; z++) {
      int voxel = z;
      int[] order =
          IntStream.range(0, classes)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer c) -> -logits[c][voxel]))
              .mapToInt(c -> c)
              .toArray();
      double most = logits[order[0]][z];
      double sum = IntStream.range(0, classes).mapToDouble(c -> Math.exp(logits[c][voxel] - most)).sum();
      double first = LabelProbabilities.CERTAIN / sum;
      double second = LabelProbabilities.CERTAIN * Math.exp(logits[order[1]][z] - most) / sum;
      assertEquals(order[0], likely.label(z), "class of voxel " + z);
      assertEquals(order[1], likely.second(z), "second class of voxel " + z);
      assertEquals(first, likely.probability(z) & 0xff, 0.52, "probability of voxel " + z);
      assertEquals(second, likely.secondProbability(z) & 0xff, 0.52, "second probability of voxel " + z);
    }
  }

  @Test
  void amongEqualsTheLowestClassIsFirst() {
    float[][] logits = {{0, 5, -2, 7, 1}, {3, 5, -2, 8, 1}, {3, 5, -2, 7, 0}, {3, 4, -2, 7, 1}};
    TwoHighest highest = new TwoHighest(5);
    highest.find(logits, 5);
    assertArrayEquals(new float[] {1, 0, 0, 1, 0}, highest.label());
    assertArrayEquals(new float[] {2, 1, 1, 0, 1}, highest.secondLabel());
  }
}
