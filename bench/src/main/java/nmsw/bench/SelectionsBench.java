package nmsw.bench;

import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import nmsw.segmentation.Compute;
import nmsw.segmentation.FallbackSegmenter;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.SelectionRequest;
import nmsw.segmentation.nn.Form;
import nmsw.volume.phantom.AbdomenPhantom;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a trained model gains by each way to select patches, and loses by bfloat16. */
@Command(
    name = "selections",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a trained model with every way to select patches, over synthetic abdomens or CT series, on the"
          + " CPU. Per line: mean number of patches, mean seconds per case of the network's stages, mean Dice"
          + " of the classes' means over the cases, on the grid that the truth came on.",
      "Lines in bfloat16 also say which share of voxels has the label that float32 gives with the same"
          + " selection: of all ('as f32'), and of those that either calls an organ ('foreground')."
    })
final class SelectionsBench implements Callable<Integer> {
  private static final List<Integer> COUNTS = List.of(1, 3, 5, 30);
  private static final int DRAWS = 5;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "Folder of a model bundle, e.g. config/models/abdomen-phantom/2.")
  private Path model;

  @Option(names = "--cases", defaultValue = "10", description = "Number of phantoms (default: 10).")
  private int count;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "4",
      description =
          "Seed of the first phantom; the next ones follow (default: 4). The bundled model was trained on 1000"
              + " to 1119 and chosen by 1 to 3.")
  private long seed;

  @Option(
      names = "--ct",
      paramLabel = "DIR",
      description = "Take the CT series in this folder in place of phantoms; there is no truth, so no Dice.")
  private Path ct;

  @Mixin private ThreadsOption threads;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (count < 1) {
      throw usage("--cases must be 1 or more");
    }
    ModelBundle bundle = ModelBundle.load(model);
    List<TrialCase.Source> cases = cases(bundle);
    List<SelectionTrial> trials = trials(bundle);
    Compute cpu = Compute.cpu();
    threads.use();
    try (FallbackSegmenter float32 = new FallbackSegmenter(bundle, cpu);
        FallbackSegmenter bfloat16 = new FallbackSegmenter(bundle, cpu.with(Form.FAST_BF16))) {
      float32.warmUp();
      bfloat16.warmUp();
      for (int i = 0; i < cases.size(); i++) {
        TrialCase next = cases.get(i).load();
        for (SelectionTrial trial : trials) {
          trial.run(next, float32, bfloat16);
        }
        spec.commandLine().getErr().printf("case %d of %d%n", i + 1, cases.size());
      }
    }
    print(bundle.description(), trials, cases.size());
    return 0;
  }

  private List<TrialCase.Source> cases(ModelBundle bundle) throws IOException {
    ModelDescription description = bundle.description();
    if (ct != null) {
      List<TrialCase.Source> series = TrialCase.series(ct, description);
      if (series.isEmpty()) {
        throw usage("--ct " + ct + " holds no DICOM file");
      }
      return series;
    }
    if (!bundle.labels().equals(AbdomenPhantom.labelTable())) {
      throw usage("the classes of " + model + " are not the phantom's: name CT series with --ct");
    }
    return TrialCase.phantoms(seed, count, description);
  }

  private static List<SelectionTrial> trials(ModelBundle bundle) {
    ModelDescription description = bundle.description();
    int classes = bundle.labels().classes().size() + 1;
    int own = description.patches();
    List<SelectionTrial> trials = new ArrayList<>();
    TreeSet<Integer> counts = new TreeSet<>(COUNTS);
    counts.add(own);
    for (int k : counts) {
      String title = "top-k, k=" + k + (k == own ? " (own)" : "");
      trials.add(new SelectionTrial(title, List.of(new PatchSelection.TopK(k)), k == own, classes));
    }
    for (SelectionRequest.Kind kind :
        List.of(SelectionRequest.Kind.MARGINAL_GAIN, SelectionRequest.Kind.FOREGROUND_WINDOW)) {
      trials.add(new SelectionTrial(kind.toString(), List.of(ofModel(kind, description)), false, classes));
    }
    List<PatchSelection> draws =
        LongStream.range(0, DRAWS)
            .<PatchSelection>mapToObj(draw -> new PatchSelection.RandomForeground(own, draw))
            .toList();
    trials.add(new SelectionTrial("random-foreground", draws, false, classes));
    trials.add(
        new SelectionTrial(
            "sliding-window", List.of(new PatchSelection.SlidingWindow()), true, classes));
    return trials;
  }

  private static PatchSelection ofModel(SelectionRequest.Kind kind, ModelDescription description) {
    return new SelectionRequest(kind, Optional.empty(), 0).of(description);
  }

  private void print(ModelDescription description, List<SelectionTrial> trials, int cases) {
    PrintWriter out = spec.commandLine().getOut();
    String from = ct != null ? "CT series" : "phantoms from seed " + seed;
    out.printf(
        Locale.ROOT,
        "%s %s over %d %s; random-foreground is the mean of %d draws of %d%n%s, %d threads, load average %s%n%n",
        description.name(), description.version(), cases, from, DRAWS, description.patches(),
        LinuxProcess.processor(), JniUtils.getNumThreads(), LinuxProcess.loadAverage());
    out.println(SelectionTrial.HEADER);
    trials.forEach(trial -> out.print(trial.lines()));
    out.flush();
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
