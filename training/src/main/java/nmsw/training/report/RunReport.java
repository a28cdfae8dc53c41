package nmsw.training.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import nmsw.training.metrics.Bootstrap;
import nmsw.training.metrics.Metric;
import nmsw.training.metrics.MetricRule;
import nmsw.training.metrics.MetricTable;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;

/**
 * A run's page, {@code report.html} in its folder: how loss, learning rate and gradient norm went, what the validations measured and
 * where the chosen patches lay (the paper's Fig. 5), what each class's patches count in the fusion (Fig. 7), and once the run
 * is over the finished model's metrics. Made of {@code log.csv}, {@code validation.csv}, {@code skipped.csv}, {@code
 * class-weights.csv}, {@code evaluation.csv} and the pictures, as far as they are there.
 */
public final class RunReport {
  private static final String STYLE = "report.css";
  private static final int MOST_PICTURES = 8;
  private static final int MOST_SKIPPED = 50;
  private static final MetricRule RULE = MetricRule.MILLIMETRES;
  private static final List<String> TERMS = List.of("total", "high", "low", "patch");

  private final Path folder;
  private final Map<String, String> recipe;
  private final LabelTable table;

  /**
   * @param recipe what decides the run, by its key, in the order in which it is shown; {@code name}, {@code version} and
   *     {@code iterations} are needed
   * @param table the classes
   */
  public RunReport(Path folder, Map<String, String> recipe, LabelTable table) {
    this.folder = folder;
    this.recipe = new LinkedHashMap<>(recipe);
    this.table = table;
  }

  /** Keeps a picture for the page: {@code NAME.png} in the folder's {@code pictures}. */
  public void keep(String name, BufferedImage picture) throws IOException {
    Path pictures = Files.createDirectories(folder.resolve("pictures"));
    Path temporary = pictures.resolve(name + ".tmp");
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(picture, "png", png);
    Files.write(temporary, png.toByteArray());
    Files.move(temporary, picture(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Name of the picture that belongs to a validation. */
  public static String ofIteration(int iteration) {
    return String.format(Locale.ROOT, "iteration-%07d", iteration);
  }

  private Path picture(String name) {
    return folder.resolve("pictures").resolve(name + ".png");
  }

  /**
   * Writes the page; a reader sees the old or the new one.
   *
   * @throws IOException if a table can not be read or the page not be written
   */
  public void write() throws IOException {
    Path temporary = folder.resolve("report.html.tmp");
    Files.writeString(temporary, html());
    Files.move(
        temporary, folder.resolve("report.html"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private String html() throws IOException {
    RunTable log = read("log.csv");
    RunTable validation = read("validation.csv");
    RunTable skipped = read("skipped.csv");
    StringBuilder out = new StringBuilder();
    String title = "Training of " + recipe.get("name") + " " + recipe.get("version");
    out.append(
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <title>%1$s</title>
        <style>
        %2$s</style>
        </head>
        <body>
        <h1>%1$s</h1>
        """
            .formatted(Markup.escape(title), style()));
    figures(out, log, validation, skipped);
    section(out, "Loss and optimiser", curves(log));
    section(out, "Validation", validation(validation));
    section(out, "Chosen patches over the run", pictures(validation));
    section(out, "Class weights", weights());
    section(out, "The finished model", evaluation());
    section(out, "Cases skipped", skipped(skipped));
    section(out, "Recipe", recipe());
    return out.append("</body>\n</html>\n").toString();
  }

  private RunTable read(String name) throws IOException {
    return new RunCsv(folder.resolve(name)).read();
  }

  private static String style() throws IOException {
    try (InputStream in = RunReport.class.getResourceAsStream(STYLE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void section(StringBuilder out, String title, String content) {
    if (!content.isEmpty()) {
      out.append("<section>\n<h2>").append(Markup.escape(title)).append("</h2>\n").append(content).append("</section>\n");
    }
  }

  private void figures(StringBuilder out, RunTable log, RunTable validation, RunTable skipped) {
    double[] iterations = log.numbers("iteration");
    double[] dice = validation.numbers("mean");
    int best = IntStream.range(0, dice.length).filter(i -> !Double.isNaN(dice[i])).reduce((a, b) -> dice[b] > dice[a] ? b : a).orElse(-1);
    double seconds = sum(log.numbers("seconds"));
    Map<String, String> figures = new LinkedHashMap<>();
    figures.put(
        "iterations",
        Markup.number(iterations.length == 0 ? 0 : iterations[iterations.length - 1]) + " of " + recipe.get("iterations"));
    if (best >= 0) {
      figures.put(
          "best validation Dice, at iteration " + validation.texts("iteration").get(best),
          String.format(Locale.ROOT, "%.3f", dice[best]));
    }
    figures.put("spent in iterations", String.format(Locale.ROOT, "%.2f h", seconds / 3600));
    figures.put(
        "of it waiting for data",
        seconds > 0 ? String.format(Locale.ROOT, "%.1f %%", 100 * sum(log.numbers("wait")) / seconds) : "–");
    figures.put("cases skipped", Integer.toString(skipped.rows().size()));
    out.append("<dl class=\"figures\">\n");
    figures.forEach(
        (name, value) ->
            out.append("<div><dt>%s</dt><dd>%s</dd></div>\n".formatted(Markup.escape(name), Markup.escape(value))));
    out.append("</dl>\n");
  }

  private static double sum(double[] values) {
    return Arrays.stream(values).filter(Double::isFinite).sum();
  }

  private static String curves(RunTable log) {
    double[] x = log.numbers("iteration");
    double halfLife = Math.max(2, x.length / 60.0);
    StringBuilder out = new StringBuilder();
    if (log.isEmpty()) {
      return "<p>No iteration yet.</p>\n";
    }
    out.append(
        "<p>Lines are smoothed: exponential moving averages with a half-life of %s iterations. The faint bands are what was measured.</p>\n"
            .formatted(Markup.number(Math.rint(halfLife))));
    List<Curve> terms = new ArrayList<>();
    for (String term : TERMS) {
      terms.add(curve(log, term, terms.size()));
    }
    out.append("<div class=\"charts\">\n");
    out.append(new LineChart("Loss and its terms (NMSW eq. 7)", "loss", false).svg(terms, halfLife));
    out.append(
        new LineChart("Entropy of the importance", "nats", false).svg(List.of(curve(log, "entropy", 0)), halfLife));
    out.append(new LineChart("Learning rate", "per step", false).svg(List.of(curve(log, "rate", 0)), 0));
    out.append(
        new LineChart("Gradient norm before clipping", "L2 norm", true).svg(List.of(curve(log, "norm", 0)), halfLife));
    out.append(
        new LineChart("Time of an iteration", "seconds", false)
            .svg(List.of(curve(log, "seconds", 0), curve(log, "wait", 1)), halfLife));
    return out.append("</div>\n").toString();
  }

  private static Curve curve(RunTable log, String column, int index) {
    return new Curve(
        column, Markup.colour(index), Markup.dashes(index), log.numbers("iteration"), log.numbers(column));
  }

  /** One curve per class, called by the column of its name. */
  private List<Curve> perClass(RunTable from) {
    List<Curve> curves = new ArrayList<>();
    for (LabelClass c : table.classes()) {
      curves.add(
          new Curve(
              c.label(),
              Markup.colour(c),
              Markup.dashes(curves.size()),
              from.numbers("iteration"),
              from.numbers(c.name())));
    }
    return curves;
  }

  private String validation(RunTable validation) {
    if (validation.isEmpty()) {
      return "<p>No validation yet.</p>\n";
    }
    List<Curve> curves = new ArrayList<>(perClass(validation));
    curves.add(
        new Curve("mean", "var(--text)", "none", validation.numbers("iteration"), validation.numbers("mean")));
    return "<div class=\"charts wide\">\n"
        + new LineChart("Dice on validation cases", "Dice", false).svg(curves, 0)
        + "</div>\n";
  }

  private String pictures(RunTable validation) throws IOException {
    List<String> names = new ArrayList<>();
    List<Integer> iterations = new ArrayList<>();
    for (double iteration : validation.numbers("iteration")) {
      if (!Double.isNaN(iteration) && Files.exists(picture(ofIteration((int) iteration)))) {
        iterations.add((int) iteration);
      }
    }
    if (iterations.isEmpty()) {
      return "";
    }
    StringBuilder out = new StringBuilder();
    out.append(
        """
        <p>The first validation case, always in the same axial (left) and coronal (right) plane, those with most of its truth; the
        patient's right is on the left. Yellow boxes are the patches that the importance chose, faint where they lie before
        or behind the plane.</p>
        """);
    out.append("<div class=\"pictures\">\n");
    figure(out, "image", "CT");
    figure(out, "truth", "Truth");
    for (int shown : Thinning.evenly(iterations.size(), MOST_PICTURES)) {
      figure(out, ofIteration(iterations.get(shown)), "Prediction and patches, iteration " + iterations.get(shown));
    }
    out.append("</div>\n<ul class=\"legend\">\n");
    for (LabelClass c : table.classes()) {
      out.append(
          "<li><i style=\"background:#%06x\"></i>%s</li>\n".formatted(c.rgb() & 0xFFFFFF, Markup.escape(c.label())));
    }
    return out.append("</ul>\n").toString();
  }

  private void figure(StringBuilder out, String name, String caption) throws IOException {
    if (!Files.exists(picture(name))) {
      return;
    }
    out.append(
        "<figure><img alt=\"%1$s\" src=\"data:image/png;base64,%2$s\"><figcaption>%1$s</figcaption></figure>\n"
            .formatted(
                Markup.escape(caption), Base64.getEncoder().encodeToString(Files.readAllBytes(picture(name)))));
  }

  private String weights() throws IOException {
    RunTable weights = read("class-weights.csv");
    return weights.isEmpty()
        ? ""
        : """
          <p>σ(c) of NMSW eq. 6 at each validation, from the first to the last: 1 takes the patches' logits where there are patches, 0
          the global network's, 0.5 both alike.</p>
          """
            + WeightBars.html(perClass(weights));
  }

  private String evaluation() throws IOException {
    Path csv = folder.resolve("evaluation.csv");
    if (!Files.exists(csv)) {
      return "";
    }
    MetricTable metrics = MetricTable.read(csv);
    Map<String, String> labels =
        table.classes().stream().collect(Collectors.toMap(LabelClass::name, LabelClass::label));
    StringBuilder out = new StringBuilder();
    out.append(
        "<p>Means over %d held-out cases on their own grids, with 95 %% bootstrap intervals over the cases.</p>\n"
            .formatted(metrics.ids().size()));
    out.append(
        "<table>\n<thead><tr><th scope=\"col\">organ</th><th scope=\"col\">Dice</th><th scope=\"col\">NSD, 2 mm</th>"
            + "<th scope=\"col\">HD95, mm</th><th scope=\"col\">cases</th></tr></thead>\n<tbody>\n");
    for (int label = 1; label <= metrics.classes().size(); label++) {
      String name = metrics.classes().get(label - 1);
      out.append("<tr><th scope=\"row\">").append(Markup.escape(labels.getOrDefault(name, name))).append("</th>");
      for (Metric metric : Metric.values()) {
        cell(out, metric, metrics.mean(RULE, metric, label), metrics.interval(RULE, metric, label));
      }
      out.append("<td>").append(metrics.casesText(RULE, label)).append("</td></tr>\n");
    }
    out.append("</tbody>\n<tfoot><tr><th scope=\"row\">mean</th>");
    for (Metric metric : Metric.values()) {
      cell(out, metric, metrics.mean(RULE, metric), metrics.interval(RULE, metric));
    }
    return out.append("<td></td></tr></tfoot>\n</table>\n").toString();
  }

  private static void cell(StringBuilder out, Metric metric, double mean, Bootstrap interval) {
    String format = metric == Metric.HD95 ? "%.1f" : "%.3f";
    out.append("<td>");
    if (Double.isNaN(mean)) {
      out.append(Markup.number(mean));
    } else {
      out.append(String.format(Locale.ROOT, format, mean));
      out.append(
          String.format(
              Locale.ROOT, " <small>" + format + " to " + format + "</small>", interval.lower(), interval.upper()));
    }
    out.append("</td>");
  }

  private static String skipped(RunTable skipped) {
    if (skipped.isEmpty()) {
      return "";
    }
    StringBuilder out = new StringBuilder();
    int count = skipped.rows().size();
    int from = Math.max(0, count - MOST_SKIPPED);
    if (from > 0) {
      out.append("<p>The last %d of %d; all are in skipped.csv.</p>\n".formatted(MOST_SKIPPED, count));
    }
    out.append(
        "<table class=\"text\">\n<thead><tr><th scope=\"col\">iteration</th><th scope=\"col\">case</th>"
            + "<th scope=\"col\">reason</th></tr></thead>\n<tbody>\n");
    for (int i = from; i < count; i++) {
      out.append(
          "<tr><td>%s</td><td>%s</td><td>%s</td></tr>\n"
              .formatted(
                  Markup.escape(skipped.texts("iteration").get(i)),
                  Markup.escape(skipped.texts("case").get(i)),
                  Markup.escape(skipped.texts("reason").get(i))));
    }
    return out.append("</tbody>\n</table>\n").toString();
  }

  private String recipe() {
    StringBuilder out = new StringBuilder("<table class=\"text\">\n<tbody>\n");
    recipe.forEach(
        (key, value) ->
            out.append(
                "<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n"
                    .formatted(Markup.escape(key), Markup.escape(value))));
    return out.append("</tbody>\n</table>\n").toString();
  }
}
