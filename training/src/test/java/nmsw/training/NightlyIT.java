package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.training.dataset.LabelledVolume;
import nmsw.training.metrics.Metric;
import nmsw.training.metrics.MetricRule;
import nmsw.training.metrics.MetricTable;
import nmsw.training.registry.ModelRegistry;
import nmsw.training.registry.ModelRegistry.Action;
import nmsw.volume.LabelTable;
import nmsw.volume.Nifti;
import nmsw.volume.Vec3;
import nmsw.volume.phantom.AbdomenPhantom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nights from the launcher, on phantoms as studies and with a live model that was never trained. */
class NightlyIT {
  private static final Path ROOT = Path.of(System.getProperty("nmsw.root"));
  private static final long LIMIT_SECONDS = 240;
  private static final int KILLED = 137;
  private static final int REFUSED = 3;
  private static final int TO_BE_CONTINUED = 75;
  private static final int ITERATIONS = 160;

  /** After the first checkpoint, which is of iteration 100. */
  private static final int KILLED_AFTER = 110;

  /** Of the night that is told to end, and when it is: before there is any checkpoint but the one it leaves. */
  private static final int SHORT = 60;

  private static final int TOLD_AFTER = 10;

  @TempDir private Path folder;

  @Test
  void nightsTrainPromoteAndRefuse() throws Exception {
    ModelRegistry registry = begin(ITERATIONS);
    assertEquals("1", registry.live("tiny").orElseThrow());

    // The first night is killed in the middle; the second one goes on and takes the candidate live.
    kill();
    Path first = run();
    int before = Files.readAllLines(first.resolve("log.csv")).size() - 1;
    assertTrue(before >= KILLED_AFTER && before < ITERATIONS, before + " iterations");
    String second = night(0);
    assertTrue(second.contains("version 2 is live; fine-tuned from 1 on 4 cases"), second);
    assertEquals("2", registry.live("tiny").orElseThrow());
    assertEquals(ITERATIONS, Files.readAllLines(first.resolve("log.csv")).size() - 1);
    double weak = dice(first.resolve("live-evaluation.csv"));
    double better = dice(registry.folder("tiny", "2").resolve(ModelRegistry.EVALUATION));
    assertTrue(better > weak + 0.05, "Dice of the live model " + weak + ", of the promoted one " + better);
    assertFalse(Files.exists(first.resolve("checkpoint.bin")), "a run that is over keeps none");

    assertTrue(night(0).contains("0 new training cases"));

    // New studies make a candidate; its weights are spoiled before it is measured.
    addStudies(6, 2);
    Path config = config("1s");
    assertEquals(TO_BE_CONTINUED, NightlyCommand.commandLine(new LateClock()).execute(config.toString()));
    config("6h");
    finish();
    Path spoiled = folder.resolve("work").resolve(state("run"));
    spoil(spoiled.resolve("best.safetensors"));
    String refusal = night(REFUSED);
    assertTrue(refusal.contains("version 3 is refused"), refusal);
    assertEquals("2", registry.live("tiny").orElseThrow());
    assertEquals(List.of("1", "2"), registry.versions("tiny"));
    ModelRegistry.Change last = registry.history("tiny").get(registry.history("tiny").size() - 1);
    assertEquals(Action.REFUSED, last.action());
    assertTrue(last.reason().contains("; mean "), last.reason());
    assertTrue(last.reason().contains("refused: the mean is"), last.reason());

    assertTrue(night(0).contains("0 new training cases"));
    List<String> nights = Files.readAllLines(folder.resolve("work/nights.csv"));
    assertEquals(
        List.of("result", "PROMOTED", "NOTHING_NEW", "TO_BE_CONTINUED", "TO_BE_CONTINUED", "REFUSED", "NOTHING_NEW"),
        nights.stream().map(line -> line.split(",")[1]).toList());
  }

  /** SIGTERM while it fine-tunes: the iteration in hand is the last, and the next night goes on after it. */
  @Test
  void aNightThatIsToldToEndIsContinued() throws Exception {
    begin(SHORT);
    Path said = folder.resolve("told.txt");
    Process process = start(said);
    try {
      awaitIteration(TOLD_AFTER, process, said);
      process.destroy();
      assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), "it does not end");
    } finally {
      process.destroyForcibly();
    }
    String told = Files.readString(said);
    assertEquals(TO_BE_CONTINUED, process.exitValue(), told);
    assertTrue(told.contains("is to be continued: FINE_TUNE was reached"), told);
    assertEquals("FINE_TUNE", state("step"));
    Path run = run();
    assertTrue(Files.exists(run.resolve("checkpoint.bin")));
    List<String> before = Files.readAllLines(run.resolve("log.csv"));
    assertTrue(before.size() - 1 >= TOLD_AFTER && before.size() - 1 < SHORT, before.size() + " lines");

    String next = night(0);
    assertTrue(next.contains("version 2 is live; fine-tuned from 1 on 4 cases"), next);
    assertEquals("IMPORT", state("step"));
    List<String> after = Files.readAllLines(run.resolve("log.csv"));
    assertEquals(SHORT, after.size() - 1);
    assertEquals(before, after.subList(0, before.size()), "what was done is not done again");
    assertFalse(Files.exists(run.resolve("checkpoint.bin")));
    assertEquals(
        List.of("result", "TO_BE_CONTINUED", "PROMOTED"),
        Files.readAllLines(folder.resolve("work/nights.csv")).stream().map(line -> line.split(",")[1]).toList());
  }

  @Test
  void twoNightsAreNotAtOnce() throws Exception {
    begin(ITERATIONS);
    try (Lease held = Lease.tryTake(folder.resolve("models/.nightly-lock")).orElseThrow()) {
      assertTrue(night(TO_BE_CONTINUED).contains("another night is under way"));
    }
    assertFalse(Files.exists(folder.resolve("work/state.yaml")));
  }

  /** The fine-tuning that is left, but not the evaluation: its time is over when the run is at its end. */
  private void finish() throws IOException {
    Path log = folder.resolve("work").resolve(state("run")).resolve("log.csv");
    InstantSource clock =
        () -> lines(log) < ITERATIONS ? Instant.EPOCH : Instant.EPOCH.plusSeconds(7 * 3600);
    assertEquals(
        TO_BE_CONTINUED,
        NightlyCommand.commandLine(clock).execute(folder.resolve("nightly.yaml").toString()));
    assertEquals("EVALUATE", state("step"));
  }

  private static long lines(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file).size() - 1 : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String state(String key) throws IOException {
    return Files.readAllLines(folder.resolve("work/state.yaml")).stream()
        .filter(line -> line.startsWith(key + ": "))
        .map(line -> line.substring(key.length() + 2).replace("\"", ""))
        .findFirst()
        .orElseThrow();
  }

  /** Every reading is two seconds after the last. */
  private static final class LateClock implements InstantSource {
    private int reading;

    @Override
    public Instant instant() {
      reading++;
      return Instant.EPOCH.plusSeconds(2L * reading);
    }
  }

  private static double dice(Path csv) throws IOException {
    return MetricTable.read(csv).mean(MetricRule.MILLIMETRES, Metric.DICE);
  }

  /** Studies, recipe, configuration, and version 1 live. */
  private ModelRegistry begin(int iterations) throws IOException {
    LabelTable table = AbdomenPhantom.labelTable();
    table.write(folder.resolve("labels.csv"));
    Files.createDirectories(folder.resolve("studies"));
    Files.writeString(folder.resolve("studies/cases.csv"), "case,split\n");
    addStudies(0, 6);
    Files.writeString(
        folder.resolve("recipe.yaml"),
        TrainerTest.yaml(iterations, "unused")
            .replace("labelValues: [1]\n", "")
            .replace("spacing: [2, 2, 2]", "spacing: [12, 12, 12]"));
    config("6h");
    Recipe recipe = Recipe.read(folder.resolve("recipe.yaml"));
    Path bundle = folder.resolve("weak");
    new ModelBundle(recipe.modelDescription(), table, "card", weights(recipe, 99)).save(bundle);
    ModelRegistry registry = new ModelRegistry(folder.resolve("models"), InstantSource.system());
    registry.add(bundle, Optional.empty(), "untrained");
    registry.promote("tiny", "1", "the first version");
    return registry;
  }

  private static Map<String, Tensor> weights(Recipe recipe, long seed) {
    int classes = AbdomenPhantom.labelTable().classes().size() + 1;
    return Parameters.initialValues(recipe.net(classes).parameters(), seed);
  }

  private void spoil(Path weights) throws IOException {
    Safetensors.write(
        weights, weights(Recipe.read(folder.resolve("recipe.yaml")), 7), Safetensors.Type.F32);
  }

  /** Of every six studies one is for validation and one for test. */
  private void addStudies(int first, int count) throws IOException {
    PhantomCases phantoms = new PhantomCases(500, first + count, new Vec3(12, 12, 12), -250, new Vec3(8, 8, 8));
    Path studies = folder.resolve("studies");
    StringBuilder lines = new StringBuilder();
    for (int i = first; i < first + count; i++) {
      LabelledVolume study = phantoms.original(i);
      Nifti.write(studies.resolve(study.id() + "_ct.nii.gz"), study.image());
      Nifti.write(studies.resolve(study.id() + "_labels.nii.gz"), study.labels());
      lines.append(study.id()).append(i == 4 ? ",validation\n" : i == 5 ? ",test\n" : ",train\n");
    }
    Files.writeString(studies.resolve("cases.csv"), lines, StandardOpenOption.APPEND);
  }

  private Path config(String budget) throws IOException {
    Path key = folder.resolve("site.key");
    if (!Files.exists(key)) {
      Files.writeString(key, "a key that only these tests may use");
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    }
    Path file = folder.resolve("nightly.yaml");
    Files.writeString(
        file,
        """
        studies: studies
        dataSet: data
        key: site.key
        keepSplit: true
        recipe: recipe.yaml
        models: models
        work: work
        budget: %s
        minimumNewCases: 2
        margin: 1
        threads: 1
        """
            .formatted(budget));
    return file;
  }

  private String night(int exitCode) throws IOException, InterruptedException {
    Path said = folder.resolve("said.txt");
    Process process = start(said);
    try {
      assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), "it does not end");
    } finally {
      process.destroyForcibly();
    }
    String text = Files.readString(said);
    assertEquals(exitCode, process.exitValue(), text);
    assertFalse(text.contains("phantom-50"), "names of studies are nobody's business: " + text);
    return text;
  }

  private void kill() throws IOException, InterruptedException {
    Path said = folder.resolve("killed.txt");
    Process process = start(said);
    try {
      awaitIteration(KILLED_AFTER, process, said);
    } finally {
      process.destroyForcibly();
    }
    assertEquals(KILLED, process.waitFor(), Files.readString(said));
  }

  private void awaitIteration(int iteration, Process process, Path said) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (!Files.isDirectory(folder.resolve("work")) || lines(run().resolve("log.csv")) < iteration) {
      assertTrue(process.isAlive(), "it ended: " + Files.readString(said));
      assertTrue(System.nanoTime() < end, "no iteration " + iteration);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** The first run's folder; one that is not there if there is none yet. */
  private Path run() throws IOException {
    try (Stream<Path> runs = Files.list(folder.resolve("work"))) {
      return runs.filter(entry -> entry.getFileName().toString().startsWith("run-"))
          .sorted()
          .findFirst()
          .orElse(folder.resolve("none"));
    }
  }

  private Process start(Path said) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                ROOT.resolve("nmsw").toString(), "train", "nightly", folder.resolve("nightly.yaml").toString())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    // The test runs inside the build: what the launcher would build is what was just packaged.
    builder.environment().put("NMSW_BUILD", "never");
    return builder.start();
  }
}
