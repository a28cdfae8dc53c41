package nmsw.scp.cli;

import java.util.Locale;
import java.util.Optional;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;

/**
 * Volume of each organ on the source slices and, where the truth is known, how well it was found: Dice = 2 |P and T| /
 * (|P| + |T|) over pixels.
 */
final class OrganTable {
  private final LabelTable table;
  private final long[] found = new long[256];
  private final long[] real = new long[256];
  private final long[] both = new long[256];
  private final boolean hasTruth;
  private final double pixelMillilitres;

  OrganTable(LabelTable table, SliceLabels labels, Optional<SliceLabels> truth) {
    this.table = table;
    this.hasTruth = truth.isPresent();
    SliceStack stack = labels.stack();
    // Slices stand for half the way to each neighbour; over a whole stack that is the mean distance.
    double thickness =
        (stack.distance(stack.size() - 1) - stack.distance(0)) / Math.max(1, stack.size() - 1);
    this.pixelMillilitres = stack.columnSpacing() * stack.rowSpacing() * thickness / 1000;
    for (int k = 0; k < stack.size(); k++) {
      byte[] slice = labels.labels().get(k);
      for (byte label : slice) {
        found[label & 0xff]++;
      }
      if (hasTruth) {
        byte[] trueSlice = truth.get().labels().get(k);
        for (int i = 0; i < slice.length; i++) {
          real[trueSlice[i] & 0xff]++;
          if (slice[i] == trueSlice[i]) {
            both[slice[i] & 0xff]++;
          }
        }
      }
    }
  }

  /** Mean Dice over the organs that the truth holds; empty without a truth. */
  Optional<Double> meanDice() {
    if (!hasTruth) {
      return Optional.empty();
    }
    return Optional.of(
        table.classes().stream()
            .mapToInt(LabelClass::index)
            .filter(label -> real[label] > 0)
            .mapToDouble(this::dice)
            .average()
            .orElse(Double.NaN));
  }

  private double dice(int label) {
    return 2.0 * both[label] / (found[label] + real[label]);
  }

  TextTable toText() {
    TextTable text = hasTruth ? new TextTable().row("organ", "ml", "Dice") : new TextTable().row("organ", "ml");
    for (LabelClass organ : table.classes()) {
      int label = organ.index();
      String volume =
          found[label] == 0 ? "not found" : String.format(Locale.ROOT, "%.1f", found[label] * pixelMillilitres);
      if (hasTruth) {
        boolean nowhere = found[label] + real[label] == 0;
        text.row(organ.label(), volume, nowhere ? "absent" : String.format(Locale.ROOT, "%.3f", dice(label)));
      } else {
        text.row(organ.label(), volume);
      }
    }
    meanDice().ifPresent(mean -> text.row("mean", "", String.format(Locale.ROOT, "%.3f", mean)));
    return text;
  }
}
