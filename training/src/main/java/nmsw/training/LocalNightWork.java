package nmsw.training;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.segmentation.Compute;
import nmsw.segmentation.EngineGate;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.PrecisionRequest;
import nmsw.segmentation.ProgressListener;
import nmsw.training.dataset.DataSetImport;
import nmsw.training.dataset.Part;
import nmsw.training.metrics.MetricTable;
import nmsw.training.registry.ModelRegistry;
import nmsw.training.registry.PromotionGate;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A night's work on this machine's data set and models. */
final class LocalNightWork implements NightWork {
  /** In a run's folder: the comparison by which its candidate was promoted or refused. */
  static final String DECISION = "decision.txt";

  private static final Logger LOG = LoggerFactory.getLogger(LocalNightWork.class);
  private static final String LIVE_EVALUATION = "live-evaluation.csv";
  private static final DateTimeFormatter RUN =
      DateTimeFormatter.ofPattern("'run-'yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private final NightlyConfig config;
  private final NightFolder folder;
  private final InstantSource clock;
  private final Instant deadline;
  private final ModelRegistry registry;
  private final Recipe recipe;
  private final LabelTable table;

  /**
   * Begins the night: its budget counts from now.
   *
   * @throws IOException if the recipe is wrong, or not one for an imported data set
   */
  LocalNightWork(NightlyConfig config, NightFolder folder, InstantSource clock) throws IOException {
    this.config = config;
    this.folder = folder;
    this.clock = clock;
    this.deadline = clock.instant().plus(config.time());
    this.registry = new ModelRegistry(config.models(), clock);
    this.recipe = Recipe.read(config.recipe());
    if (recipe.labels() == null || recipe.labelValues() != null) {
      throw new IOException(
          config.recipe() + ": labels must name the data set's label table, and labelValues be left out");
    }
    this.table = LabelTable.read(config.recipe().resolveSibling(recipe.labels()));
  }

  @Override
  public Cases importStudies() throws IOException {
    DataSetImport task =
        new DataSetImport(
            config.studies(),
            config.dataSet(),
            Optional.ofNullable(config.layout()),
            table,
            Optional.ofNullable(config.mapping()),
            config.key(),
            config.fractions(),
            config.keepSplit(),
            false,
            "");
    DataSetImport.Counts counts = task.run(EngineGate.ofProcess()::check);
    LOG.info(
        "import: {} studies added, {} there before, {} left out", counts.added(), counts.present(), counts.refused());
    Map<Part, Integer> inPart = counts.inPart();
    return new Cases(inPart.get(Part.TRAIN), inPart.get(Part.VALIDATION), inPart.get(Part.TEST));
  }

  @Override
  public String live() throws IOException {
    String version =
        registry
            .live(recipe.name())
            .orElseThrow(
                () -> new IOException("no version of " + recipe.name() + " is live in " + config.models()));
    Path bundle = registry.folder(recipe.name(), version);
    List<String> classes = names(ModelBundle.load(bundle).labels());
    if (!classes.equals(names(table))) {
      // Found out now: the two could not be compared when the run is over.
      throw new IOException(bundle + " has the classes " + classes + ", the recipe " + names(table));
    }
    return version;
  }

  private static List<String> names(LabelTable table) {
    return table.classes().stream().map(LabelClass::name).toList();
  }

  @Override
  public String newRun() {
    return RUN.format(clock.instant());
  }

  @Override
  public boolean hasTime() {
    return clock.instant().isBefore(deadline);
  }

  @Override
  public boolean fineTune(String parent, String run) throws IOException {
    return inEngine(() -> run(recipe, parent, run).train(recipe.iterations(), () -> !hasTime()));
  }

  @Override
  public Verdict evaluate(String parent, String run) throws IOException {
    return inEngine(
        () -> {
          String against = live();
          String version = registry.nextVersion(recipe.name());
          TrainingRun candidate = run(recipe.withVersion(version), parent, run);
          candidate.writeBundle();
          // As it was written, for so was the live version: not to differ by what is rounded off.
          MetricTable measured = MetricTable.read(candidate.out().resolve(ModelRegistry.EVALUATION));
          MetricTable ofLive = ofLive(against, measured, candidate);
          PromotionGate.Decision decision = new PromotionGate(config.margin()).decide(ofLive, measured);
          StringBuilder text = new StringBuilder();
          text.append("%s, fine-tuned from %s, against %s%n".formatted(version, parent, against));
          text.append(decision.report());
          decision.objections().forEach(objection -> text.append("refused: %s%n".formatted(objection)));
          Files.writeString(candidate.out().resolve(DECISION), text);
          LOG.info("{}", text);
          return new Verdict(version, against, decision.passed());
        });
  }

  /** The live version on the candidate's cases: from when it was promoted, or measured now. */
  private MetricTable ofLive(String version, MetricTable candidate, TrainingRun run) throws IOException {
    Path bundle = registry.folder(recipe.name(), version);
    Path known = bundle.resolve(ModelRegistry.EVALUATION);
    if (Files.exists(known)) {
      MetricTable table = MetricTable.read(known);
      if (table.isOfSameTruthAs(candidate)) {
        return table;
      }
    }
    LOG.info("{} {} was not measured on these cases: it is now", recipe.name(), version);
    Path csv = run.out().resolve(LIVE_EVALUATION);
    HeldOutMeasurement.of(
            ModelBundle.load(bundle), run.compute(), run.cases().heldOut(), ProgressListener.NONE)
        .metrics()
        .write(csv);
    return MetricTable.read(csv);
  }

  @Override
  public boolean promote(NightState candidate) throws IOException {
    Path out = folder.run(candidate.run());
    String live = live();
    if (!live.equals(candidate.against()) && !live.equals(candidate.version())) {
      LOG.info("{} is live now and not {}: the candidate is measured again", live, candidate.against());
      return false;
    }
    String reason = reason(out);
    try {
      registry.add(
          out.resolve(TrainingRun.BUNDLE), Optional.of(out.resolve(ModelRegistry.EVALUATION)), "nightly");
    } catch (FileAlreadyExistsException e) {
      LOG.info("version {} was given to another model: the candidate gets a new number", candidate.version());
      return false;
    }
    boolean promoted = registry.promoteOver(candidate.against(), recipe.name(), candidate.version(), reason);
    if (promoted) {
      Files.deleteIfExists(TrainingRun.checkpoint(out));
    }
    return promoted;
  }

  @Override
  public void refuse(NightState candidate) throws IOException {
    Path out = folder.run(candidate.run());
    registry.refuse(recipe.name(), candidate.version(), reason(out));
    Files.deleteIfExists(TrainingRun.checkpoint(out));
  }

  /** The decision's lines in one. */
  private static String reason(Path out) throws IOException {
    return "nightly: " + String.join("; ", Files.readAllLines(out.resolve(DECISION)));
  }

  /** A run of fine-tuning from a version; it must still be there. */
  private TrainingRun run(Recipe of, String parent, String run) throws IOException {
    Recipe fromParent = of.withBundle(registry.folder(recipe.name(), parent).toString());
    RecipeData cases =
        RecipeData.open(fromParent, config.recipe(), Optional.of(config.dataSet().toString()));
    return new TrainingRun(
        fromParent,
        cases,
        Start.of(fromParent, cases.table()),
        Compute.on(config.deviceRequest(), PrecisionRequest.F32),
        folder.run(run),
        folder.prepared());
  }

  /** Has the process end only when the engine is left. */
  private static <T> T inEngine(EngineWork<T> work) throws IOException {
    EngineGate gate = EngineGate.ofProcess();
    gate.enter();
    try {
      return work.call();
    } finally {
      gate.leave();
    }
  }

  private interface EngineWork<T> {
    T call() throws IOException;
  }
}
