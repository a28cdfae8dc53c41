package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Logits far from each other, where exponentials vanish, against the definition by logarithms. */
class RowLossTest {
  private static final int CLASSES = 5;
  private static final int VOXELS = 200;

  @ParameterizedTest
  @CsvSource({"0.01, 0", "3, 0", "30, 0", "2000, 0", "60000, 0", "3, 2", "30, 2", "2000, 2", "60000, 4"})
  void equalsTheDefinition(double spread, int unannotated) {
    SplittableRandom random = new SplittableRandom(5);
    double[][] logits = new double[CLASSES][VOXELS];
    byte[] labels = new byte[VOXELS + 3];
    AnnotatedClasses annotated =
        new AnnotatedClasses(CLASSES, unannotated == 0 ? Set.of() : Set.of(unannotated));
    for (int v = 0; v < VOXELS; v++) {
      for (double[] ofClass : logits) {
        ofClass[v] = spread * random.nextGaussian();
      }
      int label = random.nextInt(CLASSES);
      labels[3 + v] = (byte) (label == unannotated ? 0 : label);
    }
    double[][] before = Arrays.stream(logits).map(double[]::clone).toArray(double[][]::new);

    RowLoss rowLoss = new RowLoss(CLASSES, annotated, VOXELS);
    rowLoss.add(logits, labels, 3);
    NmswLoss.Derivatives by =
        new NmswLoss.Derivatives(
            random.doubles(annotated.count(), -1, 0).toArray(), random.doubles(annotated.count()).toArray(), 0.3);
    double[][] derivatives = rowLoss.derivatives(logits, labels, 3, by);

    double entropy = 0;
    for (int v = 0; v < VOXELS; v++) {
      int row = annotated.row(labels[3 + v]);
      double all = logSum(before, v, c -> true);
      double own = logSum(before, v, c -> annotated.row(c) == row);
      entropy += all - own;
      double mean = by.byHit()[row] * Math.exp(own - all);
      for (int c = 0; c < CLASSES; c++) {
        mean += by.byMass()[annotated.row(c)] * Math.exp(before[c][v] - all);
      }
      for (int c = 0; c < CLASSES; c++) {
        double probability = Math.exp(before[c][v] - all);
        double expected = probability * (by.byMass()[annotated.row(c)] - mean + by.byEntropy());
        if (annotated.row(c) == row) {
          expected += by.byHit()[row] * probability - by.byEntropy() * Math.exp(before[c][v] - own);
        }
        assertEquals(expected, derivatives[c][v], 1e-9, "class " + c + " of voxel " + v);
      }
    }
    assertEquals(entropy, rowLoss.totals().entropy(), 1e-9 * entropy);
  }

  private static double logSum(double[][] logits, int voxel, IntPredicate which) {
    return NmswLoss.logSum(
        IntStream.range(0, CLASSES).filter(which).mapToDouble(c -> logits[c][voxel]).toArray());
  }
}
