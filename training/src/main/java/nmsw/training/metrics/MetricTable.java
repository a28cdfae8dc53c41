package nmsw.training.metrics;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;

/** The metrics of all classes of any number of cases, one case per patient, by both rules. */
public final class MetricTable {
  private static final long SEED = 1;

  /** Per rule the metrics of each class, index 0 being class 1. */
  private record Row(String id, Map<MetricRule, List<ClassMetrics>> metrics) {}

  private final List<String> classes;
  private final List<Row> rows = new ArrayList<>();

  /**
   * @param classes names, without the background
   */
  public MetricTable(List<String> classes) {
    this.classes = List.copyOf(classes);
  }

  /**
   * Measures one case.
   *
   * @param predicted on the grid of {@code truth}
   */
  public void add(String id, LabelVolume predicted, LabelVolume truth) {
    Grid grid = truth.grid();
    int[] size = {grid.nx(), grid.ny(), grid.nz()};
    double[] spacing = {grid.stepX().length(), grid.stepY().length(), grid.stepZ().length()};
    LabelComparison comparison = new LabelComparison(predicted.labels(), truth.labels(), size);
    Map<MetricRule, List<ClassMetrics>> metrics = new EnumMap<>(MetricRule.class);
    for (MetricRule rule : MetricRule.values()) {
      List<ClassMetrics> ofClasses = new ArrayList<>();
      for (int label = 1; label <= classes.size(); label++) {
        ofClasses.add(rule.measure(comparison, label, spacing));
      }
      metrics.put(rule, List.copyOf(ofClasses));
    }
    rows.add(new Row(id, metrics));
  }

  /** Number of cases in which the metric counts for the class. */
  public int cases(MetricRule rule, Metric metric, int label) {
    return (int)
        rows.stream().filter(row -> !Double.isNaN(value(row, rule, metric, label))).count();
  }

  /** Mean over the cases in which the metric counts for the class; NaN if there are none. */
  public double mean(MetricRule rule, Metric metric, int label) {
    return mean(rule, metric, label, all());
  }

  /** Mean of the classes' means, those left out that count in no case. */
  public double mean(MetricRule rule, Metric metric) {
    return mean(rule, metric, all());
  }

  /** 95 % interval of {@link #mean(MetricRule, Metric, int)} over the cases. */
  public Bootstrap interval(MetricRule rule, Metric metric, int label) {
    return Bootstrap.of(rows.size(), draw -> mean(rule, metric, label, draw), SEED);
  }

  /** 95 % interval of {@link #mean(MetricRule, Metric)} over the cases. */
  public Bootstrap interval(MetricRule rule, Metric metric) {
    return Bootstrap.of(rows.size(), draw -> mean(rule, metric, draw), SEED);
  }

  private int[] all() {
    return IntStream.range(0, rows.size()).toArray();
  }

  private double mean(MetricRule rule, Metric metric, int[] cases) {
    return IntStream.rangeClosed(1, classes.size())
        .mapToDouble(label -> mean(rule, metric, label, cases))
        .filter(value -> !Double.isNaN(value))
        .average()
        .orElse(Double.NaN);
  }

  private double mean(MetricRule rule, Metric metric, int label, int[] cases) {
    double sum = 0;
    int count = 0;
    for (int i : cases) {
      double value = value(rows.get(i), rule, metric, label);
      if (!Double.isNaN(value)) {
        sum += value;
        count++;
      }
    }
    return count == 0 ? Double.NaN : sum / count;
  }

  private static double value(Row row, MetricRule rule, Metric metric, int label) {
    return metric.of(row.metrics().get(rule).get(label - 1));
  }

  /** One line per case and class; what a rule does not count is left empty. */
  public void write(Path csv) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(csv)) {
      out.write("case,class,dice,nsd_2mm,hd95_mm,compat_dice,compat_nsd_2voxels,compat_hd95_voxels\n");
      for (Row row : rows) {
        for (int label = 1; label <= classes.size(); label++) {
          StringBuilder line = new StringBuilder(row.id() + "," + classes.get(label - 1));
          for (MetricRule rule : List.of(MetricRule.MILLIMETRES, MetricRule.COMPAT)) {
            for (Metric metric : Metric.values()) {
              double value = value(row, rule, metric, label);
              line.append(',');
              line.append(Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.5f", value));
            }
          }
          out.write(line.append('\n').toString());
        }
      }
    }
  }
}
