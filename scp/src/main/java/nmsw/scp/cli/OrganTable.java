package nmsw.scp.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceLabels;

/** The organs of a result: their volume and, where the truth is known, how well they were found. */
final class OrganTable {
  private final LabelTable table;
  private final Map<String, Double> millilitres;
  private final Optional<DiceScores> scores;

  /**
   * @param millilitres by the organ's name, 0 where it was not found
   * @param scores against the truth; empty where there is none
   */
  OrganTable(LabelTable table, Map<String, Double> millilitres, Optional<DiceScores> scores) {
    this.table = table;
    this.millilitres = millilitres;
    this.scores = scores;
  }

  /** Pixel counts of a label map against the truth on the same slices, by label. */
  static final class DiceScores {
    private final long[] found = new long[256];
    private final long[] real = new long[256];
    private final long[] both = new long[256];

    DiceScores(SliceLabels labels, SliceLabels truth) {
      for (int k = 0; k < labels.stack().size(); k++) {
        byte[] slice = labels.labels().get(k);
        byte[] trueSlice = truth.labels().get(k);
        for (int i = 0; i < slice.length; i++) {
          found[slice[i] & 0xff]++;
          real[trueSlice[i] & 0xff]++;
          if (slice[i] == trueSlice[i]) {
            both[slice[i] & 0xff]++;
          }
        }
      }
    }

    /** 2 |P and T| / (|P| + |T|); not a number where neither has the label. */
    double dice(int label) {
      return 2.0 * both[label] / (found[label] + real[label]);
    }

    boolean inTruth(int label) {
      return real[label] > 0;
    }

    /** Mean over the organs that the truth holds. */
    double mean(LabelTable table) {
      return table.classes().stream()
          .mapToInt(LabelClass::index)
          .filter(this::inTruth)
          .mapToDouble(this::dice)
          .average()
          .orElse(Double.NaN);
    }
  }

  TextTable toText() {
    TextTable text = new TextTable();
    if (scores.isEmpty()) {
      text.row("organ", "ml");
      table.classes().forEach(organ -> text.row(organ.label(), volume(organ)));
      return text;
    }
    text.row("organ", "ml", "Dice");
    for (LabelClass organ : table.classes()) {
      double dice = scores.get().dice(organ.index());
      text.row(organ.label(), volume(organ), Double.isNaN(dice) ? "absent" : number("%.3f", dice));
    }
    return text.row("mean", "", number("%.3f", scores.get().mean(table)));
  }

  private String volume(LabelClass organ) {
    double volume = millilitres.getOrDefault(organ.name(), 0.0);
    return volume == 0 ? "not found" : number("%.1f", volume);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
