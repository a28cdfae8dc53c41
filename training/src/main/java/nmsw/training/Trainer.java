package nmsw.training;

import ai.djl.ndarray.NDManager;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import nmsw.segmentation.EngineGate;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.SelectionRequest;
import nmsw.segmentation.nn.DifferentiableTopK;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A training run in a folder: {@code log.csv} (one line per iteration), {@code validation.csv}, {@code checkpoint.bin} and
 * {@code best.safetensors}, the weights with the best validation Dice. Everything random derives from the recipe's seed and
 * the iteration, so a resumed run continues the interrupted one.
 */
final class Trainer implements AutoCloseable {

  /** Told after every iteration. */
  interface Progress {
    void done(int iteration, NmswLoss.Terms terms);
  }

  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);
  private static final int CHECKPOINT_EVERY = 100;
  private static final EngineGate GATE = EngineGate.ofProcess();

  private final Recipe recipe;
  private final List<String> classNames;
  private final CaseSource training;
  private final CaseSource validation;
  private final Path folder;
  private final NDManager manager;
  private final Parameters parameters;
  private final AdamW optimiser;
  private final TrainingStep step;
  private final SampleMaker samples;
  private int iteration;
  private double bestDice = Double.NaN;

  /** Begins with weights drawn from the recipe's seed. */
  Trainer(
      Recipe recipe,
      List<String> classNames,
      CaseSource training,
      CaseSource validation,
      Path folder)
      throws IOException {
    this(
        recipe,
        Parameters.initialValues(recipe.net(classNames.size() + 1).parameters(), recipe.seed()),
        classNames,
        training,
        validation,
        folder);
  }

  /**
   * @param start weights to begin with
   * @param classNames of class 1, 2, ...
   */
  Trainer(
      Recipe recipe,
      Map<String, Tensor> start,
      List<String> classNames,
      CaseSource training,
      CaseSource validation,
      Path folder)
      throws IOException {
    this.recipe = recipe;
    this.classNames = List.copyOf(classNames);
    this.training = training;
    this.validation = validation;
    this.folder = Files.createDirectories(folder);
    this.manager = NDManager.newBaseManager();
    NmswNet net = recipe.net(classNames.size() + 1);
    this.parameters = Parameters.of(manager, net.parameters(), start);
    LearningRates rates = recipe.learningRates(net.parameters());
    this.optimiser =
        new AdamW(
            manager, parameters, rates, AdamW.Settings.of(recipe.weightDecay(), recipe.clipNorm()));
    this.samples = recipe.sampleMaker();
    NmswLoss.Weights usual = NmswLoss.Weights.recommended();
    this.step =
        new TrainingStep(
            manager,
            net,
            parameters,
            rates,
            new TrainingStep.Settings(
                recipe.patch(),
                recipe.overlap(),
                recipe.rate(),
                recipe.method(),
                recipe.sampler(),
                recipe.topK(),
                recipe.randomPatches(),
                2.0 / 3,
                DifferentiableTopK.Gradient.valueOf(recipe.gradient().toUpperCase(Locale.ROOT)),
                new NmswLoss.Weights(
                    usual.dice(),
                    usual.crossEntropy(),
                    usual.lambda(),
                    usual.batchDice(),
                    recipe.ignoreAbsent())));
  }

  Path bestWeights() {
    return folder.resolve("best.safetensors");
  }

  double bestDice() {
    return bestDice;
  }

  /** Goes back to the folder's last checkpoint. */
  void resume() throws IOException {
    Checkpoint state = Checkpoint.read(checkpoint(), parameters, optimiser);
    if (state.seed() != recipe.seed()) {
      throw new IOException(
          checkpoint() + ": of a run with seed " + state.seed() + ", not " + recipe.seed());
    }
    iteration = state.iteration();
    bestDice = state.bestDice();
    truncate(folder.resolve("log.csv"), iteration);
    truncate(folder.resolve("validation.csv"), iteration);
  }

  int iteration() {
    return iteration;
  }

  /**
   * Runs to the end of the recipe, or to {@code until} if that is earlier; where the process is told to end, to the end of
   * the iteration in hand. Leaves a checkpoint.
   *
   * @throws java.util.concurrent.CancellationException if the process was told to end during a validation
   * @throws IOException if a file can not be written or the loss stops being finite; a case that can not be read is
   *     reported and skipped
   */
  void run(int until, Progress progress) throws IOException {
    CosineSchedule schedule =
        new CosineSchedule(recipe.peakRate(), recipe.iterations(), recipe.warmUp());
    int end = Math.min(until, recipe.iterations());
    boolean stopped = false;
    while (iteration < end && !stopped) {
      long started = System.nanoTime();
      List<Integer> cases = new ArrayList<>();
      List<NmswLoss.Terms> ofCases = new ArrayList<>();
      for (int i = 0; i < recipe.accumulate(); i++) {
        learn(iteration * recipe.accumulate() + i, cases, ofCases);
      }
      if (cases.isEmpty()) {
        iteration++;
        continue;
      }
      NmswLoss.Terms terms = NmswLoss.Terms.mean(ofCases);
      String ids = cases.stream().map(training::id).collect(Collectors.joining(" "));
      double rate = schedule.rate(iteration);
      double norm = optimiser.update(iteration + 1, rate, cases.size());
      if (!Double.isFinite(terms.total()) || !Double.isFinite(norm)) {
        throw new IOException(
            "loss "
                + terms.total()
                + " with gradient norm "
                + norm
                + " at iteration "
                + iteration
                + ", case "
                + ids
                + "; the last checkpoint is from before it");
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      iteration++;
      append(
          "log.csv",
          "iteration,case,rate,low,high,patch,entropy,importance,total,norm,seconds",
          String.format(
              Locale.ROOT,
              "%d,%s,%.4e,%.6f,%.6f,%.6f,%.4f,%.6f,%.6f,%.4f,%.3f",
              iteration,
              ids,
              rate,
              terms.low(),
              terms.high(),
              terms.patch(),
              terms.entropy(),
              terms.importance(),
              terms.total(),
              norm,
              seconds));
      if (iteration % recipe.validateEvery() == 0 || iteration == recipe.iterations()) {
        validate();
      }
      stopped = GATE.isClosed();
      if (iteration % CHECKPOINT_EVERY == 0 || iteration == end || stopped) {
        new Checkpoint(recipe.seed(), iteration, bestDice)
            .write(checkpoint(), parameters, optimiser);
      }
      progress.done(iteration, terms);
    }
    if (stopped) {
      LOG.info("told to end; --resume goes on after iteration {}", iteration);
    }
  }

  /** Adds the gradient of the n-th sample of the run; a case that can not be read adds nothing. */
  private void learn(int n, List<Integer> cases, List<NmswLoss.Terms> terms) {
    int index = caseOf(n);
    SplittableRandom random = random(1, n);
    TrainingCase source;
    try {
      source = training.load(index);
    } catch (IOException e) {
      LOG.warn("iteration {}: case skipped: {}", iteration, e.getMessage());
      return;
    }
    terms.add(step.learn(samples.varied(source, random), random));
    cases.add(index);
  }

  private void validate() throws IOException {
    PatchSelection selection = SelectionRequest.own(recipe.modelDescription());
    Evaluation evaluation = new Evaluation(classNames.size() + 1);
    int count = Math.min(recipe.validationCases(), validation.size());
    for (int i = 0; i < count; i++) {
      GATE.check();
      Sample sample = samples.plain(validation.load(i));
      evaluation.add(step.predict(sample, selection), sample.labels());
    }
    List<String> fields = new ArrayList<>();
    fields.add(Integer.toString(iteration));
    fields.add(String.format(Locale.ROOT, "%.4f", evaluation.meanDice()));
    for (int c = 1; c <= classNames.size(); c++) {
      fields.add(String.format(Locale.ROOT, "%.4f", evaluation.dice(c)));
    }
    append("validation.csv", "iteration,mean," + String.join(",", classNames), String.join(",", fields));
    LOG.info("iteration {}: validation Dice {}", iteration, fields.subList(1, fields.size()));
    if (!(evaluation.meanDice() <= bestDice)) {
      bestDice = evaluation.meanDice();
      parameters.save(bestWeights(), Safetensors.Type.F32);
    }
  }

  /** Each epoch visits all cases in an order of its own. */
  private int caseOf(int at) {
    int size = training.size();
    SplittableRandom random = random(2, at / size);
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order[at % size];
  }

  private SplittableRandom random(int purpose, int number) {
    SplittableRandom mixed = new SplittableRandom(recipe.seed() * 31 + purpose);
    return new SplittableRandom(mixed.nextLong() ^ (number * 0x9E3779B97F4A7C15L));
  }

  private Path checkpoint() {
    return folder.resolve("checkpoint.bin");
  }

  private void append(String file, String header, String line) throws IOException {
    Path path = folder.resolve(file);
    boolean fresh = !Files.exists(path);
    try (BufferedWriter out =
        Files.newBufferedWriter(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      if (fresh) {
        out.write(header + "\n");
      }
      out.write(line + "\n");
    }
  }

  /** Drops the lines of iterations that will be run again. */
  private static void truncate(Path csv, int iteration) throws IOException {
    if (!Files.exists(csv)) {
      return;
    }
    List<String> kept = new ArrayList<>();
    for (String line : Files.readAllLines(csv)) {
      if (kept.isEmpty() || Integer.parseInt(line.substring(0, line.indexOf(','))) <= iteration) {
        kept.add(line);
      }
    }
    Files.write(csv, kept);
  }

  @Override
  public void close() {
    step.close();
    manager.close();
  }
}
