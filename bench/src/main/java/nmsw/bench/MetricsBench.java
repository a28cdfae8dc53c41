package nmsw.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import nmsw.training.metrics.Metric;
import nmsw.training.metrics.MetricRule;
import nmsw.training.metrics.MetricTable;
import nmsw.volume.Grid;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How long it takes to measure a case, beside SciPy, and whether both find the same. */
@Command(
    name = "metrics",
    mixinStandardHelpOptions = true,
    description = {
      "Measures one synthetic case, Dice, NSD and HD95 of every class by both rules, several times; then the same with"
          + " SciPy's distance transform, each class cut to its box, and prints by how much the values differ at most."
    })
final class MetricsBench implements Callable<Integer> {
  private static final List<MetricRule> RULES = List.of(MetricRule.MILLIMETRES, MetricRule.COMPAT);

  @Option(
      names = "--size",
      defaultValue = "512,512,350",
      split = ",",
      description = "voxels along x, y and z (default: ${DEFAULT-VALUE})")
  private List<Integer> size;

  @Option(names = "--classes", defaultValue = "17", description = "background included (default: ${DEFAULT-VALUE})")
  private int classes;

  @Option(
      names = "--strays",
      defaultValue = "0",
      description =
          "predicted voxels of each class far from it, which make its box the whole volume (default: ${DEFAULT-VALUE})")
  private int strays;

  @Option(names = "--runs", defaultValue = "3", description = "of ours (default: ${DEFAULT-VALUE})")
  private int runs;

  @Option(
      names = "--python",
      paramLabel = "COMMAND",
      defaultValue = "/usr/bin/python3",
      description = "Python that has SciPy (default: ${DEFAULT-VALUE})")
  private String python;

  @Option(
      names = "--limit",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "after which SciPy is stopped; 0 leaves it out (default: ${DEFAULT-VALUE})")
  private int limit;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (size.size() != 3 || size.stream().anyMatch(extent -> extent < 8)) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--size takes three numbers from 8 on");
    }
    if (classes < 2 || classes > 256 || strays < 0 || runs < 1 || limit < 0) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--classes takes 2 to 256, --runs 1 and more, --strays and --limit 0 and more");
    }
    LabelledEllipsoids labels =
        LabelledEllipsoids.of(size.get(0), size.get(1), size.get(2), classes - 1, strays);
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%d x %d x %d voxels, %d classes, %d stray voxels each; %s, %d cores, load average %s%n",
        size.get(0), size.get(1), size.get(2), classes - 1, strays,
        LinuxProcess.processor(), Runtime.getRuntime().availableProcessors(), LinuxProcess.loadAverage());
    MetricTable measured = null;
    LinuxProcess.resetPeak();
    for (int run = 1; run <= runs; run++) {
      long start = System.nanoTime();
      measured = new MetricTable(IntStream.range(1, classes).mapToObj(label -> "class " + label).toList());
      measured.add("case", labels.predicted(), labels.truth());
      out.printf(Locale.ROOT, "ours, run %d: %.2f s%n", run, (System.nanoTime() - start) / 1e9);
      out.flush();
    }
    out.printf("ours, peak resident memory of the process with both label volumes: %d MB%n", LinuxProcess.peakMegabytes());
    out.flush();
    if (limit > 0) {
      out.println("SciPy: " + scipy(labels, measured));
      out.flush();
    }
    return CommandLine.ExitCode.OK;
  }

  private String scipy(LabelledEllipsoids labels, MetricTable ours) throws IOException, InterruptedException {
    Path predicted = Files.createTempFile("nmsw-bench", ".raw");
    Path truth = Files.createTempFile("nmsw-bench", ".raw");
    try {
      Files.write(predicted, labels.predicted().labels());
      Files.write(truth, labels.truth().labels());
      List<String> arguments = new ArrayList<>(List.of(predicted.toString(), truth.toString(), "" + (classes - 1)));
      size.forEach(extent -> arguments.add(extent.toString()));
      Grid grid = labels.truth().grid();
      List.of(grid.stepX(), grid.stepY(), grid.stepZ()).forEach(step -> arguments.add("" + step.length()));
      PythonProgram.Result result =
          new PythonProgram(List.of(python), Duration.ofSeconds(limit))
              .run(ReferenceScipy.PROGRAM, arguments, "scipy", "python3-scipy");
      if (result.failure().isPresent()) {
        return result.failure().get();
      }
      return result.ended() ? compared(result.out(), ours) : "over " + limit + " s";
    } finally {
      Files.delete(predicted);
      Files.delete(truth);
    }
  }

  private String compared(List<String> lines, MetricTable ours) {
    double seconds = Double.NaN;
    int values = 0;
    double largest = 0;
    for (String line : lines) {
      String[] words = line.split(" ");
      if (words[0].equals("seconds")) {
        seconds = Double.parseDouble(words[1]);
        continue;
      }
      MetricRule rule = RULES.get(Integer.parseInt(words[1]));
      for (Metric metric : Metric.values()) {
        double theirs = Double.parseDouble(words[2 + metric.ordinal()]);
        largest = Math.max(largest, Math.abs(theirs - ours.mean(rule, metric, Integer.parseInt(words[0]))));
        values++;
      }
    }
    return String.format(
        Locale.ROOT, "%.2f s; %d values, the largest difference is %.1e", seconds, values, largest);
  }
}
