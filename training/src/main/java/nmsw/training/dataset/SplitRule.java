package nmsw.training.dataset;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import nmsw.dicom.deid.DeidentificationKey;

/**
 * Which part a patient is in: drawn by a keyed hash of the patient alone, so that it does not depend on who else is in the
 * data set, nor on when the patient came.
 *
 * @param fractions expected share of the patients in each part, in the order of {@link Part}
 */
record SplitRule(DeidentificationKey key, List<Double> fractions) {
  private static final double TOLERANCE = 1e-6;

  SplitRule {
    fractions = List.copyOf(fractions);
    check(fractions);
  }

  static void check(List<Double> fractions) {
    double sum = fractions.stream().mapToDouble(f -> f).sum();
    if (fractions.size() != Part.values().length
        || fractions.stream().anyMatch(fraction -> !(fraction >= 0))
        || Math.abs(sum - 1) > TOLERANCE) {
      throw new IllegalArgumentException(
          "fractions " + fractions + " must be three, for train, validation and test, that sum to 1");
    }
  }

  /**
   * @throws IllegalArgumentException if the text is not three numbers, with commas between, that sum to 1
   */
  static List<Double> parse(String text) {
    try {
      List<Double> fractions = Arrays.stream(text.split(",")).map(word -> Double.valueOf(word.strip())).toList();
      check(fractions);
      return fractions;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("fractions '" + text + "' are no numbers with commas between", e);
    }
  }

  Part partOf(String patient) {
    long bits = ByteBuffer.wrap(key.hash("split", patient)).getLong() >>> 11;
    double at = bits * 0x1p-53;
    double end = 0;
    for (Part part : Part.values()) {
      end += fractions.get(part.ordinal());
      if (at < end) {
        return part;
      }
    }
    // The sum may fall short of 1 by a rounding error; a part of no patients gets none even then.
    return fractions.get(Part.TEST.ordinal()) > 0 ? Part.TEST : Part.TRAIN;
  }
}
