package nmsw.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import nmsw.training.metrics.Bootstrap;
import nmsw.training.metrics.Metric;
import nmsw.training.metrics.MetricRule;
import nmsw.training.metrics.MetricTable;

/**
 * A model's measurements with several ways to select patches, side by side: in millimetres, with 95 % bootstrap intervals over
 * the patients.
 *
 * @param names of the selections
 * @param measurements of the same cases, one per selection
 */
record SelectionTable(List<String> names, List<HeldOutMeasurement> measurements) {
  private static final MetricRule RULE = MetricRule.MILLIMETRES;
  private static final String HEADER =
      "selection,class,cases,dice,dice_low,dice_high,nsd_2mm,nsd_2mm_low,nsd_2mm_high,hd95_mm,hd95_mm_low,hd95_mm_high,"
          + "patches,seconds,macs";

  /** In the place of a class: the mean over all classes. */
  private static final String MEAN = "(mean)";

  SelectionTable {
    names = List.copyOf(names);
    measurements = List.copyOf(measurements);
    if (names.size() != measurements.size() || names.isEmpty()) {
      throw new IllegalArgumentException(measurements.size() + " measurements of " + names.size() + " selections");
    }
  }

  /**
   * One line per selection and class, and one of its means over the classes, which also says what a case took in the mean:
   * patches, seconds, and multiply-accumulates of the networks.
   */
  void write(Path csv) throws IOException {
    List<String> lines = new ArrayList<>(List.of(HEADER));
    for (int i = 0; i < names.size(); i++) {
      HeldOutMeasurement measured = measurements.get(i);
      MetricTable metrics = measured.metrics();
      for (int label = 1; label <= metrics.classes().size(); label++) {
        StringBuilder line = new StringBuilder(names.get(i) + "," + metrics.classes().get(label - 1));
        line.append(',').append(metrics.cases(RULE, Metric.DICE, label));
        for (Metric metric : Metric.values()) {
          append(line, metrics.mean(RULE, metric, label), metrics.interval(RULE, metric, label));
        }
        lines.add(line + ",,,");
      }
      StringBuilder line = new StringBuilder(names.get(i) + "," + MEAN + "," + metrics.ids().size());
      for (Metric metric : Metric.values()) {
        append(line, metrics.mean(RULE, metric), metrics.interval(RULE, metric));
      }
      lines.add(
          line
              + String.format(
                  Locale.ROOT, ",%.2f,%.3f,%.0f", measured.patches(), measured.seconds(), measured.macs()));
    }
    Files.write(csv, lines);
  }

  private static void append(StringBuilder line, double mean, Bootstrap interval) {
    for (double value : new double[] {mean, interval.lower(), interval.upper()}) {
      line.append(',').append(Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.5f", value));
    }
  }

  /** The means over the classes and what a case took, then the Dice of each class; for people. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            "%-14s%9s%24s%24s%24s%9s%9s%n",
            "selection", "patches", "Dice", "NSD, 2 mm", "HD95, mm", "s/case", "TMAC"));
    for (int i = 0; i < names.size(); i++) {
      HeldOutMeasurement measured = measurements.get(i);
      text.append(String.format(Locale.ROOT, "%-14s%9.1f", names.get(i), measured.patches()));
      for (Metric metric : Metric.values()) {
        MetricTable metrics = measured.metrics();
        text.append(
            "%24s".formatted(cell(metric, metrics.mean(RULE, metric), metrics.interval(RULE, metric))));
      }
      text.append(String.format(Locale.ROOT, "%9.2f%9.4f%n", measured.seconds(), measured.macs() / 1e12));
    }
    List<String> classes = measurements.get(0).metrics().classes();
    int width = classes.stream().mapToInt(String::length).max().orElse(0) + 2;
    text.append(("%n%-" + width + "s").formatted("Dice"));
    names.forEach(name -> text.append("%14s".formatted(name)));
    text.append(System.lineSeparator());
    for (int label = 1; label <= classes.size(); label++) {
      text.append(("%-" + width + "s").formatted(classes.get(label - 1)));
      for (HeldOutMeasurement measured : measurements) {
        text.append("%14s".formatted(number("%.3f", measured.metrics().mean(RULE, Metric.DICE, label))));
      }
      text.append(System.lineSeparator());
    }
    return text.toString();
  }

  private static String cell(Metric metric, double mean, Bootstrap interval) {
    String format = metric == Metric.HD95 ? "%.1f" : "%.3f";
    return Double.isNaN(mean)
        ? "-"
        : number(format, mean) + " (" + number(format, interval.lower()) + "-" + number(format, interval.upper()) + ")";
  }

  private static String number(String format, double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
  }
}
