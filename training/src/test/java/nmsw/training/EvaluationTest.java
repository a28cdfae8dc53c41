package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class EvaluationTest {
  @Test
  void diceIsTwiceTheOverlapOverBothSizes() {
    double[] dice =
        Evaluation.dice(new byte[] {1, 1, 2, 0, 0}, new byte[] {1, 0, 2, 2, 0}, 4);
    assertArrayEquals(new double[] {Double.NaN, 2.0 / 3, 2.0 / 3, Double.NaN}, dice, 1e-12);
  }

  @Test
  void aMissedOrganIsZeroAndAnAbsentOneIsNotCounted() {
    Evaluation evaluation = new Evaluation(4);
    evaluation.add(new byte[] {0, 0, 3}, new byte[] {1, 0, 0});
    evaluation.add(new byte[] {1, 2, 0}, new byte[] {1, 2, 0});
    assertEquals(0.5, evaluation.dice(1));
    assertEquals(1, evaluation.dice(2));
    assertEquals(Double.NaN, evaluation.dice(3));
    assertEquals(0, evaluation.cases(3));
    assertEquals(0.75, evaluation.meanDice());
  }

  @Test
  void labelsOfAnotherSizeAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> Evaluation.dice(new byte[2], new byte[3], 2));
  }
}
