package nmsw.training.metrics;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;

/** The metrics of all classes of any number of cases, one case per patient, by both rules. */
public final class MetricTable {
  private static final long SEED = 1;
  private static final String HEADER =
      "case,class,dice,nsd_2mm,hd95_mm,compat_dice,compat_nsd_2voxels,compat_hd95_voxels";
  private static final List<MetricRule> RULES = List.of(MetricRule.MILLIMETRES, MetricRule.COMPAT);

  /** In the place of each number of a class that nobody looked for in the case. */
  private static final String NOT_ANNOTATED = "not annotated";

  /**
   * Per rule the metrics of each class, index 0 being class 1.
   *
   * @param unannotated classes that are not measured
   */
  private record Row(
      String id, Map<MetricRule, List<ClassMetrics>> metrics, Set<Integer> unannotated) {}

  private final List<String> classes;
  private final List<Row> rows = new ArrayList<>();

  /**
   * @param classes names, without the background
   */
  public MetricTable(List<String> classes) {
    this.classes = List.copyOf(classes);
  }

  /**
   * Measures one case in which all classes were annotated.
   *
   * @param predicted on the grid of {@code truth}
   */
  public void add(String id, LabelVolume predicted, LabelVolume truth) {
    add(id, predicted, truth, Set.of());
  }

  /**
   * Measures one case.
   *
   * @param predicted on the grid of {@code truth}
   * @param unannotated classes that nobody looked for, so that nothing can be said about them
   */
  public void add(String id, LabelVolume predicted, LabelVolume truth, Set<Integer> unannotated) {
    Grid grid = truth.grid();
    int[] size = {grid.nx(), grid.ny(), grid.nz()};
    double[] spacing = {grid.stepX().length(), grid.stepY().length(), grid.stepZ().length()};
    LabelComparison comparison = new LabelComparison(predicted.labels(), truth.labels(), size);
    Map<MetricRule, List<ClassMetrics>> metrics = new EnumMap<>(MetricRule.class);
    RULES.forEach(rule -> metrics.put(rule, new ArrayList<>()));
    for (int label = 1; label <= classes.size(); label++) {
      if (unannotated.contains(label)) {
        metrics.values().forEach(ofClasses -> ofClasses.add(ClassMetrics.NONE));
        continue;
      }
      LabelSurfaces surfaces = comparison.surfaces(label);
      for (MetricRule rule : RULES) {
        metrics.get(rule).add(rule.measure(comparison, surfaces, label, spacing));
      }
    }
    rows.add(new Row(id, metrics, Set.copyOf(unannotated)));
  }

  /** Names of the classes, without the background. */
  public List<String> classes() {
    return classes;
  }

  /** The cases in the order in which they were added. */
  public List<String> ids() {
    return rows.stream().map(Row::id).toList();
  }

  /** Number of cases in which the metric counts for the class. */
  public int cases(MetricRule rule, Metric metric, int label) {
    return (int)
        rows.stream().filter(row -> !Double.isNaN(value(row, rule, metric, label))).count();
  }

  /** The number of cases in which Dice counts for the class, and of those in which nobody looked for it; for people. */
  public String casesText(MetricRule rule, int label) {
    int counted = cases(rule, Metric.DICE, label);
    long unannotated = rows.stream().filter(row -> row.unannotated().contains(label)).count();
    return unannotated == 0 ? "" + counted : counted + ", not annotated in " + unannotated;
  }

  /** Whether the other was measured on the same cases, and in each of the same classes. */
  public boolean isOfSameTruthAs(MetricTable other) {
    return classes.equals(other.classes) && ids().equals(other.ids()) && unannotated().equals(other.unannotated());
  }

  private List<Set<Integer>> unannotated() {
    return rows.stream().map(Row::unannotated).toList();
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

  /** Mean of the classes' means over the cases of these indices, which may repeat. */
  double mean(MetricRule rule, Metric metric, int[] cases) {
    return IntStream.rangeClosed(1, classes.size())
        .mapToDouble(label -> mean(rule, metric, label, cases))
        .filter(value -> !Double.isNaN(value))
        .average()
        .orElse(Double.NaN);
  }

  /** Mean over the cases of these indices, which may repeat. */
  double mean(MetricRule rule, Metric metric, int label, int[] cases) {
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

  /** The means over classes and cases in one line, for people. */
  public String summary() {
    return String.format(
        Locale.ROOT,
        "mean Dice %.3f, NSD at 2 mm %.3f, HD95 %.1f mm on %d cases",
        mean(MetricRule.MILLIMETRES, Metric.DICE),
        mean(MetricRule.MILLIMETRES, Metric.NSD),
        mean(MetricRule.MILLIMETRES, Metric.HD95),
        rows.size());
  }

  /** One line per case and class; what a rule does not count is left empty, a class that was not annotated said to be so. */
  public void write(Path csv) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(csv)) {
      out.write(HEADER + "\n");
      for (Row row : rows) {
        for (int label = 1; label <= classes.size(); label++) {
          StringBuilder line = new StringBuilder(row.id() + "," + classes.get(label - 1));
          for (MetricRule rule : RULES) {
            for (Metric metric : Metric.values()) {
              line.append(',').append(text(row, rule, metric, label));
            }
          }
          out.write(line.append('\n').toString());
        }
      }
    }
  }

  private static String text(Row row, MetricRule rule, Metric metric, int label) {
    if (row.unannotated().contains(label)) {
      return NOT_ANNOTATED;
    }
    double value = value(row, rule, metric, label);
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.5f", value);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IOException if the file is no such table; the message names file and line
   */
  public static MetricTable read(Path csv) throws IOException {
    List<String> lines = Files.readAllLines(csv);
    if (lines.isEmpty() || !lines.get(0).equals(HEADER)) {
      throw new IOException(csv + " line 1: expected " + HEADER);
    }
    List<String> classes = new ArrayList<>();
    Map<String, List<String[]>> cases = new LinkedHashMap<>();
    for (int i = 1; i < lines.size(); i++) {
      String[] fields = lines.get(i).split(",", -1);
      if (fields.length != 2 + RULES.size() * Metric.values().length) {
        throw new IOException("%s line %d: %d fields".formatted(csv, i + 1, fields.length));
      }
      List<String[]> ofCase = cases.computeIfAbsent(fields[0], id -> new ArrayList<>());
      if (cases.size() == 1) {
        classes.add(fields[1]);
      } else if (ofCase.size() == classes.size() || !classes.get(ofCase.size()).equals(fields[1])) {
        throw new IOException("%s line %d: class %s is not expected there".formatted(csv, i + 1, fields[1]));
      }
      ofCase.add(fields);
    }
    MetricTable table = new MetricTable(classes);
    for (Map.Entry<String, List<String[]>> ofCase : cases.entrySet()) {
      if (ofCase.getValue().size() != classes.size()) {
        throw new IOException(csv + ": case " + ofCase.getKey() + " lacks classes");
      }
      table.rows.add(row(csv, ofCase.getKey(), ofCase.getValue()));
    }
    return table;
  }

  private static Row row(Path csv, String id, List<String[]> lines) throws IOException {
    Map<MetricRule, List<ClassMetrics>> metrics = new EnumMap<>(MetricRule.class);
    Set<Integer> unannotated = new HashSet<>();
    for (int i = 0; i < lines.size(); i++) {
      if (isUnannotated(lines.get(i))) {
        unannotated.add(i + 1);
      }
    }
    int at = 2;
    for (MetricRule rule : RULES) {
      List<ClassMetrics> ofClasses = new ArrayList<>();
      for (String[] fields : lines) {
        try {
          ofClasses.add(
              isUnannotated(fields)
                  ? ClassMetrics.NONE
                  : new ClassMetrics(number(fields[at]), number(fields[at + 1]), number(fields[at + 2])));
        } catch (NumberFormatException e) {
          throw new IOException(csv + ": case " + id + " class " + fields[1] + ": " + e.getMessage(), e);
        }
      }
      metrics.put(rule, List.copyOf(ofClasses));
      at += Metric.values().length;
    }
    return new Row(id, metrics, Set.copyOf(unannotated));
  }

  private static boolean isUnannotated(String[] fields) {
    return Arrays.stream(fields).skip(2).allMatch(NOT_ANNOTATED::equals);
  }

  private static double number(String field) {
    return field.isEmpty() ? Double.NaN : Double.parseDouble(field);
  }
}
