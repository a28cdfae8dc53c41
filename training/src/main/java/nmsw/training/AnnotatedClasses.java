package nmsw.training;

import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The classes that the loss of a sample tells apart: the background, and those that were annotated. A class that was not may
 * be anywhere in what the labels call background, so there the two are one: probabilities are added up, and the labels' row is
 * the background's (the marginal loss of G. Shi et al., Medical Image Analysis 70, 2021, 101979).
 */
final class AnnotatedClasses {
  private final int[] rows;
  private final long[] annotated;
  private final long[] merged;

  /**
   * @param classes with the background
   * @param unannotated classes of these, not the background
   * @throws IllegalArgumentException if nothing is left to learn
   */
  AnnotatedClasses(int classes, Set<Integer> unannotated) {
    this.annotated = classes(classes, c -> c > 0 && !unannotated.contains(c));
    this.merged = classes(classes, c -> c == 0 || unannotated.contains(c));
    this.rows = new int[classes];
    for (int i = 0; i < annotated.length; i++) {
      rows[(int) annotated[i]] = 1 + i;
    }
    if (annotated.length == 0) {
      throw new IllegalArgumentException("no class was annotated");
    }
  }

  private static long[] classes(int classes, IntPredicate which) {
    return IntStream.range(0, classes).filter(which).asLongStream().toArray();
  }

  /** Whether every class was annotated. */
  boolean areAll() {
    return merged.length == 1;
  }

  /** Number of rows, the first of which is the background's. */
  int count() {
    return 1 + annotated.length;
  }

  /** The row that a class is counted in. */
  int row(int label) {
    return rows[label];
  }

  /** The classes of rows 1, 2, ... */
  long[] annotated() {
    return annotated.clone();
  }

  /** The classes of row 0. */
  long[] merged() {
    return merged.clone();
  }
}
