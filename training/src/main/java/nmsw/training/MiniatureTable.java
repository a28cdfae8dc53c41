package nmsw.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import nmsw.segmentation.Method;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.PatchGrid;
import nmsw.segmentation.nn.RunCost;
import nmsw.training.HeldOutMeasurement.Effort;
import nmsw.training.metrics.Bootstrap;
import nmsw.training.metrics.Metric;
import nmsw.training.metrics.MetricRule;
import nmsw.training.metrics.MetricTable;
import nmsw.training.metrics.Repetitions;

/** The paper's table in miniature, of what is measured so far. */
final class MiniatureTable {
  private static final MetricRule RULE = MetricRule.MILLIMETRES;

  /**
   * One row, of all runs that were measured for it.
   *
   * @param runs trained models
   * @param macs multiply-accumulates per case
   * @param seconds per case on one thread
   */
  private record Line(
      String backbone, String title, int runs, Repetitions metrics, double macs, double seconds) {}

  private final MiniatureGrid grid;
  private final Path folder;
  private final List<Line> lines = new ArrayList<>();

  /**
   * @param folder of all runs
   */
  MiniatureTable(MiniatureGrid grid, Path folder) throws IOException {
    this.grid = grid;
    this.folder = folder;
    for (String backbone : grid.backbones().keySet()) {
      for (MiniatureGrid.Row row : grid.rows()) {
        line(backbone, row).ifPresent(lines::add);
      }
    }
  }

  /** The metrics of a row on a run's model. */
  static Path metrics(Path run, MiniatureGrid.Row row, int draw) {
    return run.resolve("rows").resolve(row.name() + "-" + draw + ".csv");
  }

  /** Seconds and patches of a row on a run's model. */
  static Path efforts(Path run, MiniatureGrid.Row row, int draw) {
    return run.resolve("rows").resolve(row.name() + "-" + draw + "-efforts.csv");
  }

  private Optional<Line> line(String backbone, MiniatureGrid.Row row) throws IOException {
    List<MetricTable> tables = new ArrayList<>();
    List<Effort> efforts = new ArrayList<>();
    Recipe recipe = null;
    int runs = 0;
    for (MiniatureGrid.Run run : grid.runs()) {
      Path of = folder.resolve(run.folder());
      boolean wanted = run.backbone().equals(backbone) && run.training().equals(row.training());
      // All draws of a run or none: a mean of some would weigh the runs differently.
      if (wanted && Files.exists(metrics(of, row, row.draws() - 1))) {
        runs++;
        recipe = Recipe.read(of.resolve("recipe.yaml"));
        for (int draw = 0; draw < row.draws(); draw++) {
          tables.add(MetricTable.read(metrics(of, row, draw)));
          efforts.addAll(HeldOutMeasurement.readEfforts(efforts(of, row, draw)));
        }
      }
    }
    if (runs == 0) {
      return Optional.empty();
    }
    double seconds = efforts.stream().mapToDouble(Effort::seconds).average().orElse(Double.NaN);
    double patches = efforts.stream().mapToInt(Effort::patches).average().orElse(Double.NaN);
    double macs = macs(recipe, tables.get(0).classes().size() + 1, patches);
    return Optional.of(
        new Line(backbone, row.title(), runs, new Repetitions(tables), macs, seconds));
  }

  private static double macs(Recipe recipe, int classes, double patches) {
    NmswNet net = recipe.net(classes);
    Int3 size = recipe.modelDescription().compat().fixedSize().orElseThrow();
    PatchGrid cells = PatchGrid.of(size, Int3.cube(recipe.patch()), recipe.overlap());
    double patch = RunCost.of(net.local().costs(cells.patch())).macs();
    if (recipe.method() == Method.SW) {
      return patches * patch;
    }
    double global = RunCost.nmsw(net, cells, Int3.cube(recipe.rate()), 0).macs();
    return global + patches * patch;
  }

  /** As Markdown, means with 95 % bootstrap intervals over the patients. */
  String markdown() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        | local | method | DSC | NSD, 2 mm | HD95, mm | DSC less SW's | GMAC | seconds | runs |
        |---|---|---|---|---|---|---|---|---|
        """);
    for (Line line : lines) {
      text.append("| %s | %s".formatted(line.backbone(), line.title()));
      for (Metric metric : Metric.values()) {
        text.append(
            " | %s (%s)"
                .formatted(
                    number(metric, line.metrics().mean(RULE, metric)),
                    interval(metric, line.metrics().interval(RULE, metric))));
      }
      text.append(" | ").append(difference(line));
      text.append(
          String.format(
              Locale.ROOT,
              " | %.2f | %.2f | %d of %d |%n",
              line.macs() / 1e9,
              line.seconds(),
              line.runs(),
              grid.seeds().size()));
    }
    return text.toString();
  }

  private String difference(Line line) {
    Line first =
        lines.stream().filter(l -> l.backbone().equals(line.backbone())).findFirst().orElseThrow();
    if (first == line || first.runs() == 0) {
      return "";
    }
    double difference =
        line.metrics().mean(RULE, Metric.DICE) - first.metrics().mean(RULE, Metric.DICE);
    Bootstrap interval = line.metrics().differenceTo(first.metrics(), RULE, Metric.DICE);
    return String.format(
        Locale.ROOT, "%+.3f (%+.3f to %+.3f)", difference, interval.lower(), interval.upper());
  }

  private static String number(Metric metric, double value) {
    return String.format(Locale.ROOT, metric == Metric.HD95 ? "%.1f" : "%.3f", value);
  }

  private static String interval(Metric metric, Bootstrap interval) {
    return number(metric, interval.lower()) + " to " + number(metric, interval.upper());
  }

  /** The same figures, one line per row. */
  String csv() {
    StringBuilder text =
        new StringBuilder(
            "local,method,runs,dice,dice_lower,dice_upper,nsd_2mm,nsd_2mm_lower,nsd_2mm_upper,"
                + "hd95_mm,hd95_mm_lower,hd95_mm_upper,macs,seconds\n");
    for (Line line : lines) {
      text.append("%s,%s,%d".formatted(line.backbone(), line.title(), line.runs()));
      for (Metric metric : Metric.values()) {
        Bootstrap interval = line.metrics().interval(RULE, metric);
        text.append(
            String.format(
                Locale.ROOT,
                ",%.4f,%.4f,%.4f",
                line.metrics().mean(RULE, metric),
                interval.lower(),
                interval.upper()));
      }
      text.append(String.format(Locale.ROOT, ",%.0f,%.3f%n", line.macs(), line.seconds()));
    }
    return text.toString();
  }
}
