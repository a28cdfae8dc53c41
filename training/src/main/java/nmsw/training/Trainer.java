package nmsw.training;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import nmsw.segmentation.EngineGate;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.SelectionRequest;
import nmsw.segmentation.nn.DifferentiableTopK;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.training.report.RunCsv;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A training run in a folder: {@code log.csv} (one line per iteration), {@code skipped.csv}, {@code validation.csv}, {@code
 * checkpoint.bin} and {@code best.safetensors}, the weights with the best validation Dice. Samples are made ahead, and
 * everything random derives from the recipe's seed and the iteration, so a resumed run continues the interrupted one.
 */
final class Trainer implements AutoCloseable {

  /** Told how the run goes. */
  interface Progress {
    /** After every iteration that was not skipped. */
    void done(int iteration, NmswLoss.Terms terms);

    /**
     * After every validation, whose line is in {@code validation.csv} then.
     *
     * @param sample the first validation case
     * @param prediction for that case
     * @param classWeight sigma(c) of NMSW eq. 6, the background's first
     */
    default void validated(
        int iteration, Sample sample, TrainingStep.Prediction prediction, double[] classWeight)
        throws IOException {}
  }

  /**
   * What an iteration learns from; the generator goes on where the sample left it.
   *
   * @param sample or why there is none
   */
  private record Draw(String id, Optional<Sample> sample, String refusal, SplittableRandom random) {}

  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);
  private static final int CHECKPOINT_EVERY = 100;
  private static final int SAMPLES_AHEAD = 2;
  private static final List<String> TABLES =
      List.of("log.csv", "validation.csv", "skipped.csv", "class-weights.csv");
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

  /** Begins with weights drawn from the recipe's seed, on the CPU. */
  Trainer(
      Recipe recipe,
      List<String> classNames,
      CaseSource training,
      CaseSource validation,
      Path folder)
      throws IOException {
    this(
        recipe,
        Device.cpu(),
        Parameters.initialValues(recipe.net(classNames.size() + 1).parameters(), recipe.seed()),
        classNames,
        training,
        validation,
        folder);
  }

  /**
   * @param device that the networks run on
   * @param start weights to begin with
   * @param classNames of class 1, 2, ...
   */
  Trainer(
      Recipe recipe,
      Device device,
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
    this.manager = NDManager.newBaseManager(device);
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
                recipe.precision(),
                recipe.recompute(),
                new NmswLoss.Weights(
                    usual.dice(),
                    usual.crossEntropy(),
                    usual.lambda(),
                    usual.batchDice(),
                    recipe.ignoreAbsent())));
  }

  Path bestWeights() {
    return bestWeights(folder);
  }

  /** The weights with the best validation Dice of the run in a folder. */
  static Path bestWeights(Path folder) {
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
  }

  int iteration() {
    return iteration;
  }

  /** Runs to the end of the recipe, or to {@code until} if that is earlier. */
  void run(int until, Progress progress) throws IOException {
    run(until, () -> false, progress);
  }

  /**
   * Runs to the end of the recipe, or to {@code until} if that is earlier; where the process is told to end, or it is
   * enough, to the end of the iteration in hand. Leaves a checkpoint.
   *
   * @param enough asked after every iteration
   * @throws java.util.concurrent.CancellationException if the process was told to end during a validation
   * @throws IOException if a file can not be written or the loss stops being finite; a case that can not be read is
   *     reported and skipped
   */
  void run(int until, BooleanSupplier enough, Progress progress) throws IOException {
    CosineSchedule schedule =
        new CosineSchedule(recipe.peakRate(), recipe.iterations(), recipe.warmUp());
    int end = Math.min(until, recipe.iterations());
    for (String table : TABLES) {
      // What a run that was killed wrote after its last checkpoint will be written again.
      new RunCsv(folder.resolve(table)).truncate(iteration);
    }
    EpochSummary epoch = new EpochSummary(iteration);
    boolean stopped = GATE.isClosed();
    int each = recipe.accumulate();
    try (Prefetcher<Draw> draws =
        new Prefetcher<>(this::draw, iteration * each, end * each, SAMPLES_AHEAD)) {
      while (iteration < end && !stopped) {
        long started = System.nanoTime();
        Optional<List<Draw>> drawn = next(draws, each);
        if (drawn.isEmpty()) {
          stopped = true;
          break;
        }
        double wait = (System.nanoTime() - started) / 1e9;
        Optional<NmswLoss.Terms> terms =
            learn(drawn.get(), schedule.rate(iteration), started, wait, epoch);
        iteration++;
        if (iteration % recipe.validateEvery() == 0 || iteration == recipe.iterations()) {
          validate(progress);
        }
        if (epochOf(iteration + 1) > epochOf(iteration) || iteration == end) {
          report(epoch);
          epoch = new EpochSummary(iteration);
        }
        stopped = GATE.isClosed() || enough.getAsBoolean();
        if (iteration % CHECKPOINT_EVERY == 0 || iteration == end) {
          writeCheckpoint();
        }
        terms.ifPresent(of -> progress.done(iteration, of));
      }
    }
    if (stopped) {
      writeCheckpoint();
      LOG.info("stopped; goes on after iteration {} when resumed", iteration);
    }
  }

  /** The samples of an iteration, or none if the process is told to end. */
  private static Optional<List<Draw>> next(Prefetcher<Draw> draws, int count) throws IOException {
    List<Draw> drawn = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Optional<Draw> draw = draws.next(GATE::isClosed);
      if (draw.isEmpty()) {
        return Optional.empty();
      }
      drawn.add(draw.get());
    }
    return Optional.of(drawn);
  }

  /** The n-th sample of the run. Runs on the prefetcher's thread, which alone loads training cases. */
  private Draw draw(int n) {
    int index = caseOf(n);
    SplittableRandom random = random(1, n);
    try {
      Sample sample = samples.varied(training.load(index), random);
      return new Draw(training.id(index), Optional.of(sample), "", random);
    } catch (IOException | IllegalArgumentException e) {
      // The latter where a file's numbers make no volume: no case may end the run.
      return new Draw(training.id(index), Optional.empty(), String.valueOf(e.getMessage()), random);
    }
  }

  private void skip(Draw draw, EpochSummary epoch) throws IOException {
    LOG.warn("iteration {}: case {} skipped: {}", iteration + 1, draw.id(), draw.refusal());
    epoch.skip();
    append(
        "skipped.csv",
        "iteration,case,reason",
        (iteration + 1) + "," + draw.id() + "," + RunCsv.field(draw.refusal()));
  }

  /**
   * One update by the mean gradient of some samples; none if no case could be used.
   *
   * @param started when the iteration began to wait for the samples, {@link System#nanoTime()}
   * @param wait seconds that it did
   */
  private Optional<NmswLoss.Terms> learn(
      List<Draw> draws, double rate, long started, double wait, EpochSummary epoch)
      throws IOException {
    List<NmswLoss.Terms> ofSamples = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    for (Draw draw : draws) {
      if (draw.sample().isPresent()) {
        ofSamples.add(step.learn(draw.sample().get(), draw.random()));
        ids.add(draw.id());
      } else {
        skip(draw, epoch);
      }
    }
    if (ids.isEmpty()) {
      return Optional.empty();
    }
    NmswLoss.Terms terms = NmswLoss.Terms.mean(ofSamples);
    double norm = optimiser.update(iteration + 1, rate, ids.size());
    if (!Double.isFinite(terms.total()) || !Double.isFinite(norm)) {
      throw new IOException(
          "loss "
              + terms.total()
              + " with gradient norm "
              + norm
              + " at iteration "
              + (iteration + 1)
              + ", case "
              + String.join(" ", ids)
              + "; the last checkpoint is from before it");
    }
    double seconds = (System.nanoTime() - started) / 1e9;
    epoch.add(terms, rate, seconds, wait);
    append(
        "log.csv",
        "iteration,case,rate,low,high,patch,entropy,importance,total,norm,seconds,wait",
        String.format(
            Locale.ROOT,
            "%d,%s,%.4e,%.6f,%.6f,%.6f,%.4f,%.6f,%.6f,%.4f,%.3f,%.3f",
            iteration + 1,
            String.join(" ", ids),
            rate,
            terms.low(),
            terms.high(),
            terms.patch(),
            terms.entropy(),
            terms.importance(),
            terms.total(),
            norm,
            seconds,
            wait));
    return Optional.of(terms);
  }

  /** The epoch, counted from 1, that an iteration's first sample belongs to. */
  private int epochOf(int iteration) {
    return (iteration - 1) * recipe.accumulate() / training.size() + 1;
  }

  private void report(EpochSummary epoch) throws IOException {
    if (epoch.hasOnlySkipped(training.size() - recipe.accumulate() + 1)) {
      throw new IOException(
          "epoch "
              + epochOf(iteration)
              + ": none of its cases could be used, the reasons are in "
              + folder.resolve("skipped.csv"));
    }
    LOG.info("{}", epoch.text(epochOf(iteration), iteration));
  }

  private void writeCheckpoint() throws IOException {
    new Checkpoint(recipe.seed(), iteration, bestDice).write(checkpoint(), parameters, optimiser);
  }

  private void validate(Progress progress) throws IOException {
    PatchSelection selection = SelectionRequest.own(recipe.modelDescription());
    Evaluation evaluation = new Evaluation(classNames.size() + 1);
    int count = Math.min(recipe.validationCases(), validation.size());
    Sample first = null;
    TrainingStep.Prediction ofFirst = null;
    for (int i = 0; i < count; i++) {
      GATE.check();
      Sample sample = samples.plain(validation.load(i));
      TrainingStep.Prediction prediction = step.predict(sample, selection);
      evaluation.add(prediction.labels(), sample.labels());
      if (i == 0) {
        first = sample;
        ofFirst = prediction;
      }
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
    if (first != null) {
      progress.validated(iteration, first, ofFirst, step.classWeight());
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
    return TrainingRun.checkpoint(folder);
  }

  private void append(String file, String header, String line) throws IOException {
    new RunCsv(folder.resolve(file)).append(header, line);
  }

  @Override
  public void close() {
    step.close();
    manager.close();
  }
}
