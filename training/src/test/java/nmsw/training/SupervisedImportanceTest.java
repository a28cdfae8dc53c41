package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import java.util.SplittableRandom;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.PatchGrid;
import org.junit.jupiter.api.Test;

class SupervisedImportanceTest {
  private static final AnnotatedClasses ALL = new AnnotatedClasses(2, Set.of());

  /**
   * Low-resolution voxels of 8 x 4 x 4 at rate 2 in a row of 4 along x, patches of 4 voxels (2 low ones) that overlap by
   * half: three cells. Logits of ln 3 give a probability of 3/4, of 0 1/2.
   */
  @Test
  void errorsAreWhatTheProbabilitiesLackInEachPatch() {
    float three = (float) Math.log(3);
    PatchGrid grid = PatchGrid.of(new Int3(8, 2, 2), new Int3(4, 2, 2), 0.5);
    assertEquals(3, grid.cells());
    float[] logits = {
      0, 0, 0, 0, // background
      three, 0, three, 0 // organ
    };
    // True: organ (error 1/4), background (1/2), background (3/4), organ (1/2).
    double[] errors =
        SupervisedImportance.errors(logits, new byte[] {1, 0, 0, 1}, new Int3(4, 1, 1), grid, ALL);
    assertArrayEquals(new double[] {0.75, 1.25, 1.25}, errors, 1e-6);
  }

  /** The same with a third class that nobody looked for: where the truth is background, it may be right. */
  @Test
  void whatWasNotAnnotatedIsNoError() {
    float ten = (float) Math.log(10);
    PatchGrid grid = PatchGrid.of(new Int3(4, 2, 2), new Int3(4, 2, 2), 0.5);
    float[] logits = {
      0, 0, // background
      0, 0, // organ
      ten, ten // not annotated
    };
    AnnotatedClasses two = new AnnotatedClasses(3, Set.of(2));
    // True: background (error 1/12), organ (11/12).
    double[] errors =
        SupervisedImportance.errors(logits, new byte[] {0, 1}, new Int3(2, 1, 1), grid, two);
    assertArrayEquals(new double[] {1}, errors, 1e-6);
  }

  /** q = (1/4, 3/4), equal logits: L = ln 2, and the gradient is 1/2 - q. */
  @Test
  void theLossIsTheCrossEntropyOfTheErrorsShares() {
    SupervisedImportance importance = new SupervisedImportance(new double[] {2, 6});
    double[] equal = {1.5, 1.5};
    assertEquals(Math.log(2), importance.loss(equal), 1e-12);
    assertArrayEquals(new double[] {0.25, -0.25}, importance.gradient(equal), 1e-12);
    double[] learned = {Math.log(2) + 5, Math.log(6) + 5};
    assertArrayEquals(new double[] {0, 0}, importance.gradient(learned), 1e-12);
  }

  @Test
  void theGradientIsThatOfFiniteDifferences() {
    SplittableRandom random = new SplittableRandom(4);
    double[] errors = random.doubles(9).toArray();
    double[] logits = random.doubles(9, -3, 3).toArray();
    SupervisedImportance importance = new SupervisedImportance(errors);
    double[] gradient = importance.gradient(logits);
    double step = 1e-6;
    for (int n = 0; n < logits.length; n++) {
      double[] above = logits.clone();
      double[] below = logits.clone();
      above[n] += step;
      below[n] -= step;
      double difference = (importance.loss(above) - importance.loss(below)) / (2 * step);
      assertEquals(difference, gradient[n], 1e-8, "cell " + n);
    }
  }

  @Test
  void whereNothingIsWrongNothingIsLearned() {
    SupervisedImportance importance = new SupervisedImportance(new double[3]);
    assertEquals(0, importance.loss(new double[] {1, 2, 3}), 0);
    assertArrayEquals(new double[3], importance.gradient(new double[] {1, 2, 3}), 0);
  }
}
