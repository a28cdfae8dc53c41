package nmsw.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import nmsw.scp.config.ConfigException;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.training.metrics.Metric;
import nmsw.training.metrics.MetricRule;
import nmsw.training.metrics.MetricTable;
import nmsw.training.registry.ModelRegistry;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Periodic retraining on real patients, from end to end: a model of half of the patients goes live in a running node, the
 * others arrive as new studies, a night fine-tunes and promotes, the node takes the new version for the next series, and a
 * candidate that was spoiled is refused.
 */
@Command(
    name = "night",
    mixinStandardHelpOptions = true,
    description = {
      "Trains a model on half of open-kbp's patients, promotes it, runs train nightly with the other half as new studies beside a"
          + " running node, then once more with a spoiled candidate.",
      "Fails unless the night promotes, the node uses the new version for the next series, and the spoiled candidate is refused."
    })
final class NightBench implements Callable<Integer> {
  private static final String MODEL = "headneck-openkbp";
  private static final Path ROOT = Path.of(System.getProperty("nmsw.root", "."));
  private static final int REFUSED = 3;
  private static final int TO_BE_CONTINUED = 75;

  /** Of the patients that open-kbp holds out: these choose weights, the others are the gate's. */
  private static final int VALIDATION = 4;

  /** New patients of the second night. */
  private static final int LATE = 2;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "open-kbp as cases.csv, NAME_ct.nii.gz and NAME_labels.nii.gz.")
  private Path data = ROOT.resolve("../shared/data/ct-labels/openkbp-headneck-4mm");

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for everything; must not be there.")
  private Path out;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      defaultValue = "600",
      description = "Of the first model; default: ${DEFAULT-VALUE}.")
  private int iterations;

  @Option(
      names = "--night-iterations",
      paramLabel = "N",
      defaultValue = "400",
      description = "Of a night's fine-tuning; default: ${DEFAULT-VALUE}.")
  private int nightIterations;

  @Option(names = "--threads", paramLabel = "N", defaultValue = "0", description = "Of the engine; 0: one per core.")
  private int threads;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException, TimeoutException, ConfigException {
    if (Files.exists(out)) {
      throw new CommandLine.ParameterException(spec.commandLine(), out + " is there already");
    }
    Files.createDirectories(out);
    Path studies = Files.createDirectories(out.resolve("studies"));
    List<String> train = patients("train");
    List<String> heldOut = patients("validation");
    int half = train.size() / 2;
    Files.writeString(studies.resolve("cases.csv"), "case,split,annotated\n");
    add(studies, train.subList(0, half), "train");
    add(studies, heldOut.subList(0, VALIDATION), "validation");
    List<String> tested = heldOut.subList(VALIDATION, heldOut.size());
    add(studies, tested, "test");
    Path config = configure();

    run(0, "train", "import", "--from", studies.toString(), "--to", at("dataset"), "--classes", classes().toString(),
        "--mapping", at("mapping.yaml"), "--key", at("site.key"), "--keep-split");
    run(0, "train", at("first.yaml"), "--data", at("dataset"), "--out", at("first"), "--threads", "" + threads,
        "--device", "cpu");
    run(0, "promote", at("first"), "--models", at("models"));
    ModelRegistry registry = new ModelRegistry(out.resolve("models"), InstantSource.system());
    try (NodeUnderTrial node = new NodeUnderTrial(out.resolve("node"), out.resolve("models"), MODEL)) {
      require(node.segment(data, tested.get(0)), "1", "the node's version before the night");
      add(studies, train.subList(half, train.size() - LATE), "train");
      night(0, config);
      require(registry.live(MODEL).orElse("none"), "2", "the live version after the night");
      say("%s", Files.readString(nightRun(0).resolve("decision.txt")));
      require(node.segment(data, tested.get(1)), "2", "the node's version after the night");
      add(studies, train.subList(train.size() - LATE, train.size()), "train");
      spoil(config);
      night(REFUSED, config);
      require(registry.live(MODEL).orElse("none"), "2", "the live version after the spoiled candidate");
      say("%s", Files.readString(nightRun(1).resolve("decision.txt")));
      require(node.segment(data, tested.get(2)), "2", "the node's version after the spoiled candidate");
    }
    say("first: %s", measured(out.resolve("first")));
    say("after the night: %s", measured(registry.folder(MODEL, "2")));
    return CommandLine.ExitCode.OK;
  }

  /** Names of the patients of a part, in the file's order. */
  private List<String> patients(String part) throws IOException {
    try (Stream<String> lines = Files.lines(data.resolve("cases.csv"))) {
      return lines
          .skip(1)
          .map(line -> line.split(",", -1))
          .filter(fields -> fields[1].equals(part))
          .map(fields -> fields[0])
          .toList();
    }
  }

  private void add(Path studies, List<String> patients, String part) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String patient : patients) {
      for (String kind : List.of("_ct.nii.gz", "_labels.nii.gz")) {
        Files.copy(data.resolve(patient + kind), studies.resolve(patient + kind));
      }
      lines.append(patient).append(',').append(part).append(",1 2 3 4 7\n");
    }
    Files.writeString(studies.resolve("cases.csv"), lines, StandardOpenOption.APPEND);
  }

  private Path classes() {
    return ROOT.resolve("config/labels/" + MODEL + ".csv").toAbsolutePath().normalize();
  }

  /** Mapping, recipes and the night's configuration. */
  private Path configure() throws IOException {
    Files.writeString(
        out.resolve("mapping.yaml"),
        mapping(Files.readAllLines(classes()).stream().skip(1).map(line -> line.split(",")[1]).toList()));
    recipe("first.yaml", MODEL + ".yaml", iterations);
    recipe("night-recipe.yaml", "nightly-recipe.yaml", nightIterations);
    Path config = out.resolve("nightly.yaml");
    Files.writeString(
        config,
        """
        studies: studies
        dataSet: dataset
        key: site.key
        mapping: mapping.yaml
        keepSplit: true
        recipe: night-recipe.yaml
        models: models
        work: nights
        budget: 12h
        minimumNewCases: %d
        device: cpu
        threads: %d
        """
            .formatted(LATE, threads));
    Files.createDirectories(out.resolve("models"));
    return config;
  }

  /** The first five of seven values that are contoured in every patient. */
  private static String mapping(List<String> names) {
    int[] values = {1, 2, 3, 4, 7};
    StringBuilder yaml = new StringBuilder("classes:\n");
    for (int i = 0; i < values.length; i++) {
      yaml.append("  ").append(names.get(i)).append(": [").append(values[i]).append("]\n");
    }
    return yaml.append("ignore: [5, 6]\n").toString();
  }

  /** A recipe of config/training for the data set's classes, with another length. */
  private void recipe(String file, String from, int length) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(ROOT.resolve("config/training").resolve(from))) {
      if (line.startsWith("labels: ")) {
        lines.add("labels: dataset/classes.csv");
      } else if (line.startsWith("iterations: ")) {
        lines.add("iterations: " + length);
      } else if (line.startsWith("validateEvery: ")) {
        lines.add("validateEvery: " + Math.max(1, length / 4));
      } else if (line.startsWith("validationCases: ")) {
        lines.add("validationCases: " + VALIDATION);
      } else if (line.startsWith("version: ")) {
        lines.add("version: \"1\"");
      } else if (!line.startsWith("labelValues: ") && !line.startsWith("data: ")) {
        lines.add(line);
      }
    }
    Files.write(out.resolve(file), lines);
  }

  private String at(String name) {
    return out.resolve(name).toString();
  }

  private void night(int expected, Path config) throws IOException, InterruptedException {
    run(expected, "train", "nightly", config.toString());
  }

  /** Has a night fine-tune, stops it before it measures, and puts noise into the weights that it would measure. */
  private void spoil(Path config) throws IOException, InterruptedException {
    Process night = start("train", "nightly", config.toString());
    Path state = out.resolve("nights/state.yaml");
    while (night.isAlive() && !Files.readString(state).contains("EVALUATE")) {
      Thread.sleep(50);
    }
    night.destroy();
    int code = night.waitFor();
    if (code != TO_BE_CONTINUED) {
      throw new IOException("the night that was to be stopped ended with " + code);
    }
    Path weights = nightRun(1).resolve("best.safetensors");
    Map<String, Tensor> spoiled = new LinkedHashMap<>();
    SplittableRandom random = new SplittableRandom(1);
    Safetensors.read(weights)
        .forEach(
            (name, tensor) -> {
              float[] values = tensor.values().clone();
              for (int i = 0; i < values.length; i++) {
                values[i] *= (float) (2 * random.nextDouble());
              }
              spoiled.put(name, new Tensor(tensor.shape(), values));
            });
    Safetensors.write(weights, spoiled, Safetensors.Type.F32);
  }

  /** The n-th run of the nights. */
  private Path nightRun(int n) throws IOException {
    try (Stream<Path> entries = Files.list(out.resolve("nights"))) {
      return entries
          .filter(entry -> entry.getFileName().toString().startsWith("run-"))
          .sorted()
          .skip(n)
          .findFirst()
          .orElseThrow();
    }
  }

  private Process start(String... words) throws IOException {
    List<String> command = new ArrayList<>(List.of(ROOT.resolve("nmsw").toAbsolutePath().toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(out.resolve("output.txt").toFile()));
    builder.environment().put("NMSW_BUILD", "never");
    return builder.start();
  }

  private void run(int expected, String... words) throws IOException, InterruptedException {
    long started = System.nanoTime();
    Process process = start(words);
    int code;
    try {
      code = process.waitFor();
    } finally {
      process.destroy();
    }
    String what = String.join(" ", Stream.of(words).filter(word -> !word.startsWith(out.toString())).toList());
    if (code != expected) {
      throw new IOException(
          "nmsw %s ended with %d and not %d, see %s".formatted(what, code, expected, out.resolve("output.txt")));
    }
    say("%.0f s: nmsw %s", (System.nanoTime() - started) / 1e9, what);
  }

  private void require(String found, String expected, String what) throws IOException {
    if (!found.equals(expected)) {
      throw new IOException("%s is %s and not %s".formatted(what, found, expected));
    }
    say("%s: %s", what, found);
  }

  private static String measured(Path folder) throws IOException {
    MetricTable table = MetricTable.read(folder.resolve(ModelRegistry.EVALUATION));
    return String.format(
        Locale.ROOT,
        "mean Dice %.3f, NSD %.3f, HD95 %.1f mm on %d patients",
        table.mean(MetricRule.MILLIMETRES, Metric.DICE),
        table.mean(MetricRule.MILLIMETRES, Metric.NSD),
        table.mean(MetricRule.MILLIMETRES, Metric.HD95),
        table.ids().size());
  }

  private void say(String format, Object... values) {
    PrintWriter writer = spec.commandLine().getOut();
    writer.println(String.format(Locale.ROOT, format, values));
    writer.flush();
  }
}
