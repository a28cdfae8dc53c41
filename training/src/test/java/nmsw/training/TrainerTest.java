package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import nmsw.segmentation.ModelBundle;
import nmsw.training.dataset.LabelledVolume;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.volume.Code;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.LabelVolume;
import nmsw.volume.Nifti;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class TrainerTest {
  @TempDir private Path folder;

  @BeforeAll
  static void oneEngineThread() {
    Engine.getInstance();
    JniUtils.setNumThreads(1);
  }

  @Test
  void aResumedRunContinuesTheInterruptedOneToTheBit() throws IOException {
    Recipe recipe = recipe(8);
    List<Double> whole = new ArrayList<>();
    try (Trainer trainer = trainer(recipe, "whole")) {
      trainer.run(8, (iteration, terms) -> whole.add(terms.total()));
    }
    List<Double> parts = new ArrayList<>();
    try (Trainer trainer = trainer(recipe, "parts")) {
      trainer.run(5, (iteration, terms) -> parts.add(terms.total()));
    }
    try (Trainer trainer = trainer(recipe, "parts")) {
      trainer.resume();
      assertEquals(5, trainer.iteration());
      trainer.run(8, (iteration, terms) -> parts.add(terms.total()));
    }
    assertEquals(whole, parts);
    assertArrayEquals(
        withoutTimes(folder.resolve("whole/log.csv")), withoutTimes(folder.resolve("parts/log.csv")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "bf16"})
  void theLossFalls(String precision) throws IOException {
    List<Double> losses = new ArrayList<>();
    Recipe recipe = with("iterations: 3", "iterations: 40", "precision: " + precision + "\n");
    try (Trainer trainer = trainer(recipe, "falls")) {
      trainer.run(40, (iteration, terms) -> losses.add(terms.total()));
      assertTrue(trainer.bestDice() >= 0, "validated: " + trainer.bestDice());
    }
    double first = losses.subList(0, 5).stream().mapToDouble(d -> d).average().orElseThrow();
    double last = losses.subList(35, 40).stream().mapToDouble(d -> d).average().orElseThrow();
    assertTrue(last < 0.8 * first, "from " + first + " to " + last);
  }

  @Test
  void theLocalNetworkMayBeAMedNeXt() throws IOException {
    Recipe recipe =
        changed(
            "local: {backbone: unet, channels: [4, 6, 6]}",
            "local: {backbone: mednext, channels: 4, blocks: [1, 1, 1, 1, 1],"
                + " expansion: [2, 2, 2, 2, 2], kernel: 3}");
    List<Double> losses = new ArrayList<>();
    try (Trainer trainer = trainer(recipe, "mednext")) {
      trainer.run(3, (iteration, terms) -> losses.add(terms.total()));
    }
    assertEquals(3, losses.size());
    assertTrue(losses.stream().allMatch(Double::isFinite), losses.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "'local: {backbone: unet, channels: [4, 6, 6]}'; ''; local",
        "'local: {backbone: unet,'; 'local: {backbone: vnet,'; local",
        "'local: {backbone: unet, channels: [4, 6, 6]}'; 'local: {backbone: unet}'; channels",
        "'local: {backbone: unet, channels: [4, 6, 6]}'; 'localChannels: [4, 6, 6]'; localChannels",
        "'patch: 16'; 'patch: 18'; patch 18x18x18",
        "'spacing: [2, 2, 2]'; 'spacing: [2, 2]'; spacing",
        "'window: [-250, 500]'; ''; window",
        "'name: tiny'; ''; name",
        "'seed: 5'; 'method: NMSW'; method",
        "'seed: 5'; 'sampler: uniform'; sampler",
        "'seed: 5'; 'accumulate: 0'; accumulate",
        "'seed: 5'; 'recompute: true'; recompute",
        "'seed: 5'; 'precision: bf16\nrecompute: blocks'; recompute",
        "'seed: 5'; 'fixedSize: [32, 32]'; fixedSize",
        "'seed: 5'; 'fixedSize: [32, 32, 36]'; fixedSize",
        "'seed: 5'; 'from: {freeze: [global]}'; from",
        "'seed: 5'; 'from: {bundle: x, freeze: [globe]}'; globe",
        "'seed: 5'; 'from: {bundle: x, rates: {local.encoder: 0.1}}'; local.encoder",
        "'seed: 5'; 'from: {bundle: x, rates: {local: -1}}'; local",
        "'seed: 5'; 'from: {bundle: x, freeze: [global, local, head, class]}'; freeze"
      })
  void aRecipeOfNoModelIsRefusedBeforeTheRun(String from, String to, String said) {
    IOException refusal = assertThrows(IOException.class, () -> changed(from, to));
    assertTrue(refusal.getMessage().contains("changed.yaml: "), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
  }

  @Test
  void baselinesLearnWithoutWhatTheyDoNotUse() throws IOException {
    for (String method : List.of("sw", "rf")) {
      Recipe recipe = with("iterations: 3", "iterations: 20", "method: " + method + "\n");
      Path run = folder.resolve(method);
      Map<String, Tensor> start = Parameters.initialValues(recipe.net(2).parameters(), 5);
      List<NmswLoss.Terms> terms = new ArrayList<>();
      try (Trainer trainer = trainer(recipe, method)) {
        trainer.run(20, (iteration, done) -> terms.add(done));
        assertTrue(trainer.bestDice() > 0.3, "validated: " + trainer.bestDice());
      }
      assertTrue(mean(terms.subList(15, 20)) < 0.9 * mean(terms.subList(0, 5)), terms.toString());
      assertTrue(terms.stream().allMatch(t -> t.high() == 0 && t.low() > 0 == method.equals("rf")));
      Map<String, Tensor> learned = Safetensors.read(run.resolve("best.safetensors"));
      for (String name : learned.keySet()) {
        boolean untouched =
            name.startsWith("head.")
                || name.equals("class_weight")
                || method.equals("sw") && name.startsWith("global.");
        if (untouched) {
          assertArrayEquals(start.get(name).values(), learned.get(name).values(), 0, name);
        }
      }
      assertFalse(
          Arrays.equals(
              start.get("local.d0.w0").values(), learned.get("local.d0.w0").values()));
    }
  }

  private static double mean(List<NmswLoss.Terms> terms) {
    return terms.stream().mapToDouble(NmswLoss.Terms::total).average().orElseThrow();
  }

  @Test
  void frozenParametersKeepTheirBits() throws IOException {
    Recipe recipe =
        with(
            "iterations: 3",
            "iterations: 4",
            "from: {bundle: none, freeze: [global, head, local.d], rates: {local.u1: 0.1}}\n");
    Map<String, Tensor> start = Parameters.initialValues(recipe.net(2).parameters(), 77);
    Path run = folder.resolve("frozen");
    try (Trainer trainer =
        new Trainer(recipe, Device.cpu(), start, List.of("ball"), cases(), cases(), run)) {
      trainer.run(4, (iteration, terms) -> {});
    }
    Map<String, Tensor> learned = Safetensors.read(run.resolve("best.safetensors"));
    for (String name : learned.keySet()) {
      boolean frozen =
          name.startsWith("global.") || name.startsWith("head.") || name.startsWith("local.d");
      assertEquals(
          frozen, Arrays.equals(start.get(name).values(), learned.get(name).values()), name);
    }
  }

  @Test
  void accumulatedSamplesAreOneUpdate() throws IOException {
    Recipe recipe = with("seed: 5", "seed: 5", "accumulate: 2\n");
    List<Integer> done = new ArrayList<>();
    try (Trainer trainer = trainer(recipe, "accumulated")) {
      trainer.run(2, (iteration, terms) -> done.add(iteration));
    }
    try (Trainer trainer = trainer(recipe, "accumulated")) {
      trainer.resume();
      trainer.run(3, (iteration, terms) -> done.add(iteration));
    }
    assertEquals(List.of(1, 2, 3), done);
    List<String> log = Files.readAllLines(folder.resolve("accumulated/log.csv"));
    for (String line : log.subList(1, log.size())) {
      assertTrue(line.matches("\\d,ball-(0 ball-1|1 ball-0),.*"), line);
    }
    List<Double> whole = new ArrayList<>();
    try (Trainer trainer = trainer(recipe, "at-once")) {
      trainer.run(3, (iteration, terms) -> whole.add(terms.total()));
    }
    assertArrayEquals(
        withoutTimes(folder.resolve("at-once/log.csv")),
        withoutTimes(folder.resolve("accumulated/log.csv")));
  }

  @Test
  void importanceIsSupervisedOnRequest() throws IOException {
    Recipe recipe = with("iterations: 3", "iterations: 30", "sampler: supervised\n");
    List<NmswLoss.Terms> terms = new ArrayList<>();
    try (Trainer trainer = trainer(recipe, "supervised")) {
      trainer.run(30, (iteration, done) -> terms.add(done));
    }
    assertTrue(
        terms.stream().allMatch(t -> t.importance() > 0 && Double.isFinite(t.total())),
        terms.toString());
    double first = terms.get(0).total() - 0.1 * terms.get(0).importance();
    try (Trainer trainer = trainer(recipe(3), "gumbel")) {
      trainer.run(1, (iteration, done) -> assertEquals(first, done.total(), 1e-6, "eq. 7"));
    }
  }

  @Test
  void aBadCaseIsSkipped() throws IOException {
    List<Integer> done = new ArrayList<>();
    try (Trainer trainer =
        new Trainer(recipe(4), List.of("ball"), broken(Set.of(0)), cases(), folder.resolve("skips"))) {
      trainer.run(4, (iteration, terms) -> done.add(iteration));
    }
    assertEquals(2, done.size());
    List<String> skipped = Files.readAllLines(folder.resolve("skips/skipped.csv"));
    assertEquals(3, skipped.size(), skipped.toString());
    assertTrue(skipped.get(1).endsWith(",ball-0,ball-0: broken"), skipped.get(1));
  }

  /** Whatever the last iteration's case is, the run ends with a validation and a checkpoint. */
  @Test
  void aRunMayEndWithABadCase() throws IOException {
    for (int bad = 0; bad < 2; bad++) {
      Path out = folder.resolve("ends-" + bad);
      try (Trainer trainer =
          new Trainer(recipe(3), List.of("ball"), broken(Set.of(bad)), cases(), out)) {
        trainer.run(3, (iteration, terms) -> {});
        assertEquals(3, trainer.iteration());
      }
      assertTrue(Files.exists(out.resolve("best.safetensors")));
      assertTrue(Files.exists(out.resolve("checkpoint.bin")));
    }
  }

  @Test
  void aRunWithoutAnyGoodCaseFails() throws IOException {
    try (Trainer trainer =
        new Trainer(recipe(8), List.of("ball"), broken(Set.of(0, 1)), cases(), folder.resolve("none"))) {
      IOException failure =
          assertThrows(IOException.class, () -> trainer.run(8, (iteration, terms) -> {}));
      assertTrue(failure.getMessage().startsWith("epoch 1: none of its cases"), failure.getMessage());
    }
  }

  /** A killed run that had no checkpoint yet is begun again in the same folder. */
  @Test
  void whatAnEarlierRunLeftIsNotCounted() throws IOException {
    Path log = Files.createDirectories(folder.resolve("again")).resolve("log.csv");
    Files.writeString(log, "iteration,case\n1,ball-7\n2,ba");
    try (Trainer trainer = trainer(recipe(2), "again")) {
      trainer.run(2, (iteration, terms) -> {});
    }
    List<String> lines = Files.readAllLines(log);
    assertEquals(3, lines.size(), lines.toString());
    assertTrue(lines.get(0).endsWith(",seconds,wait"), lines.get(0));
  }

  @Test
  void aDamagedCheckpointIsRefused() throws IOException {
    try (Trainer trainer = trainer(recipe(2), "damaged")) {
      trainer.run(1, (iteration, terms) -> {});
      Path file = folder.resolve("damaged/checkpoint.bin");
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length / 2] ^= 1;
      Files.write(file, bytes);
      IOException refusal = assertThrows(IOException.class, trainer::resume);
      assertTrue(refusal.getMessage().contains("checksum"), refusal.getMessage());
      Files.write(file, Arrays.copyOf(bytes, 100));
      assertThrows(IOException.class, trainer::resume);
    }
  }

  @Test
  void theCommandTrainsFromAFolderAndWritesABundleWithItsCard() throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    StringBuilder list = new StringBuilder("case,split\n");
    for (int i = 0; i < 3; i++) {
      writeBall(data, i);
      list.append("b").append(i).append(i < 2 ? ",train\n" : ",validation\n");
    }
    Files.writeString(data.resolve("cases.csv"), list);
    table().write(folder.resolve("labels.csv"));
    Path recipe = folder.resolve("recipe.yaml");
    Files.writeString(recipe, yaml(4, data.toString()));
    Path out = folder.resolve("run");
    String[] arguments = {recipe.toString(), "--out", out.toString(), "--threads", "1"};
    assertEquals(
        CommandLine.ExitCode.USAGE,
        new CommandLine(new TrainCommand()).execute(recipe.toString(), "--out", out.toString(), "--resume"),
        "nothing to resume");
    assertEquals(0, new CommandLine(new TrainCommand()).execute(arguments));
    ModelBundle bundle = ModelBundle.load(out.resolve("bundle"));
    assertEquals("tiny", bundle.description().name());
    assertTrue(bundle.card().contains("not a medical device"), bundle.card());
    assertTrue(bundle.card().contains("1 held-out cases (b2 to b2)"), bundle.card());
    assertTrue(bundle.card().contains("| organ | Dice | NSD, 2 mm | HD95, mm | cases |"), bundle.card());
    TrainingRecord record = TrainingRecord.read(out.resolve("bundle/training.yaml"));
    assertEquals(Recipe.read(recipe), record.recipe());
    assertEquals(2, record.cases());
    assertTrue(record.dataSha256().matches("[0-9a-f]{64}"), record.dataSha256());
    List<String> measured = Files.readAllLines(out.resolve("evaluation.csv"));
    assertEquals(2, measured.size());
    assertTrue(measured.get(1).startsWith("b2,ball,"), measured.get(1));
    String page = Files.readString(out.resolve("report.html"));
    assertTrue(page.contains("<dd>4 of 4</dd>"), page);
    assertTrue(page.contains("Prediction and patches, iteration 4"), page);
    assertTrue(page.contains("The finished model"), page);
    assertEquals(
        CommandLine.ExitCode.USAGE,
        new CommandLine(new TrainCommand()).execute(arguments),
        "a second run into the same folder");

    // Fine-tuned for the ball and one more organ.
    twoClasses().write(folder.resolve("labels.csv"));
    Files.writeString(
        recipe,
        yaml(2, data.toString()).replace("labelValues: [1]", "labelValues: [1, 2]"));
    Path tuned = folder.resolve("tuned");
    assertEquals(
        0,
        new CommandLine(new TrainCommand())
            .execute(
                recipe.toString(), "--out", tuned.toString(), "--threads", "1",
                "--from", out.resolve("bundle").toString()));
    ModelBundle child = ModelBundle.load(tuned.resolve("bundle"));
    assertEquals(Optional.of(bundle.asParent(out.resolve("bundle"))), child.parent());
    assertTrue(child.card().contains("Began with the weights of tiny 1 (SHA-256 "), child.card());
    assertEquals(2, child.labels().classes().size());
  }

  private Trainer trainer(Recipe recipe, String name) throws IOException {
    return new Trainer(recipe, List.of("ball"), cases(), cases(), folder.resolve(name));
  }

  private static CaseSource broken(Set<Integer> bad) {
    CaseSource cases = cases();
    return new CaseSource() {
      @Override
      public int size() {
        return cases.size();
      }

      @Override
      public String id(int index) {
        return cases.id(index);
      }

      @Override
      public TrainingCase load(int index) throws IOException {
        if (bad.contains(index)) {
          throw new IOException(id(index) + ": broken");
        }
        return cases.load(index);
      }

      @Override
      public LabelledVolume original(int index) throws IOException {
        return cases.original(index);
      }

      @Override
      public Set<Integer> unannotated(int index) {
        return Set.of();
      }

      @Override
      public String fingerprint(int index) {
        return id(index);
      }
    };
  }

  private static CaseSource cases() {
    return new CaseSource() {
      @Override
      public int size() {
        return 2;
      }

      @Override
      public String id(int index) {
        return "ball-" + index;
      }

      @Override
      public TrainingCase load(int index) {
        LabelledVolume ball = original(index);
        return TrainingCase.of(ball, -250);
      }

      @Override
      public LabelledVolume original(int index) {
        return ball(index);
      }

      @Override
      public Set<Integer> unannotated(int index) {
        return Set.of();
      }

      @Override
      public String fingerprint(int index) {
        return id(index);
      }
    };
  }

  /** A bright ball in a soft block, in air. */
  private static LabelledVolume ball(int index) {
    Grid grid =
        new Grid(
            36, 34, 32, Vec3.ZERO, new Vec3(-2, 0, 0), new Vec3(0, -2, 0), new Vec3(0, 0, 2));
    short[] values = new short[grid.voxels()];
    byte[] labels = new byte[values.length];
    for (int k = 0; k < 32; k++) {
      for (int j = 0; j < 34; j++) {
        for (int i = 0; i < 36; i++) {
          int v = grid.index(i, j, k);
          double distance = Math.hypot(Math.hypot(i - 14 - 4 * index, j - 18), k - 15);
          boolean body = i > 1 && j > 1 && k > 1 && i < 34 && j < 32;
          labels[v] = (byte) (distance < 8 ? 1 : 0);
          values[v] = (short) (distance < 8 ? 300 : body ? 20 : -1000);
        }
      }
    }
    return new LabelledVolume("ball-" + index, new Volume(grid, values), new LabelVolume(grid, labels));
  }

  static void writeBall(Path data, int i) throws IOException {
    LabelledVolume ball = ball(i);
    Nifti.write(data.resolve("b" + i + "_ct.nii.gz"), ball.image());
    Nifti.write(data.resolve("b" + i + "_labels.nii.gz"), ball.labels());
  }

  /** The ball, and a block that no image holds. */
  static LabelTable twoClasses() {
    return new LabelTable(
        List.of(
            table().classes().get(0),
            new LabelClass(
                2,
                "block",
                "block",
                new Code("SCT", "123037004", "Anatomical Structure"),
                new Code("SCT", "78961009", "Spleen"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                0x102030)));
  }

  static LabelTable table() {
    return new LabelTable(
        List.of(
            new LabelClass(
                1,
                "ball",
                "ball",
                new Code("SCT", "123037004", "Anatomical Structure"),
                new Code("SCT", "10200004", "Liver"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                0x102030)));
  }

  private Recipe recipe(int iterations) throws IOException {
    Path file = folder.resolve("tiny-" + iterations + ".yaml");
    Files.writeString(file, yaml(iterations, "unused"));
    return Recipe.read(file);
  }

  /** The recipe of three iterations with a line that differs. */
  private Recipe changed(String from, String to) throws IOException {
    String yaml = yaml(3, "unused");
    assertTrue(yaml.contains(from), from);
    Path file = folder.resolve("changed.yaml");
    Files.writeString(file, yaml.replace(from, to));
    return Recipe.read(file);
  }

  /** The recipe of three iterations with a line that differs and some more. */
  private Recipe with(String from, String to, String more) throws IOException {
    Path file = folder.resolve("with.yaml");
    Files.writeString(file, yaml(3, "unused").replace(from, to) + more);
    return Recipe.read(file);
  }

  static String yaml(int iterations, String data) {
    return """
        name: tiny
        version: "1"
        description: A ball.
        trainedOn: Balls.
        labels: labels.csv
        labelValues: [1]
        data: %s
        spacing: [2, 2, 2]
        window: [-250, 500]
        global: {backbone: unet, channels: [4, 6, 6]}
        local: {backbone: unet, channels: [4, 6, 6]}
        patch: 16
        overlap: 0.5
        rate: 2
        topK: 2
        randomPatches: 1
        defaultK: 4
        gradient: st
        iterations: %d
        peakRate: 0.01
        warmUp: 0.1
        weightDecay: 0.00001
        clipNorm: 1.0
        ignoreAbsent: true
        augmentation: {box: [32, 32, 16], affine: {rotation: 0.2, scale: [0.1, 0.1, 0.1]}, translation: 2, shift: 0.1, contrast: 0.2, noise: 0.05, gamma: [0.7, 1.5]}
        seed: 5
        validateEvery: 20
        validationCases: 1
        """
        .formatted(data, iterations);
  }

  /** The lines without seconds and wait, the last two columns. */
  static String[] withoutTimes(Path log) throws IOException {
    return Files.readAllLines(log).stream()
        .map(line -> line.substring(0, line.lastIndexOf(',', line.lastIndexOf(',') - 1)))
        .toArray(String[]::new);
  }
}
