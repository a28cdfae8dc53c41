package nmsw.bench;

import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import nmsw.segmentation.Architecture;
import nmsw.segmentation.Compute;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.ProgressListener;
import nmsw.segmentation.SegmentationResult;
import nmsw.segmentation.Segmenter;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.PatchGrid;
import nmsw.segmentation.nn.RunCost;
import nmsw.training.ComputeOptions;
import nmsw.volume.Volume;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Times NMSW and the sliding window in one process, with the same local network, engine and fusion. */
@Command(
    name = "nmsw",
    mixinStandardHelpOptions = true,
    description = "Times NMSW and the sliding window over one volume with the same local network.")
final class NmswBench implements Callable<Integer> {
  private static final double LONG_RUN_SECONDS = 20 * 60;
  private static final int LEAST_WINDOWS = 24;
  private static final List<Integer> UNET = List.of(32, 64, 128, 256, 320, 320);

  @Mixin private BackboneOption backbone;

  @Option(
      names = "--size",
      defaultValue = "480",
      converter = SizeConverter.class,
      description = "voxels per axis: one number, or three with commas")
  private Int3 voxels;

  @Option(names = "--classes", defaultValue = "14", description = "background included")
  private int classes;

  @Option(names = "-k", defaultValue = "30", split = ",", description = "patches; several with commas")
  private List<Integer> counts;

  @Option(names = "--precision", defaultValue = "f32", description = "f32, bf16")
  private String precision;

  @Option(
      names = "--windows",
      defaultValue = "-1",
      description =
          "windows of the sliding window to run, the others being extrapolated; 0: all; default: all, or "
              + LEAST_WINDOWS
              + " where all would take over 20 minutes")
  private int windows;

  @Option(names = "--no-sw", description = "leave the sliding window out")
  private boolean withoutSlidingWindow;

  @Option(names = "--no-patch", description = "leave out what is measured on one patch")
  private boolean withoutPatch;

  @Mixin private ComputeOptions options;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Architecture local = backbone.architecture(UNET);
    Form form = form();
    Compute compute = options.use().with(form);
    ModelDescription description = BenchModel.description(local, counts.get(0));
    NmswNet net = description.net(classes);
    say(
        "%s, %s, %d threads, load average %s; local %s, %d classes, %s voxels, %s",
        compute.deviceName(), LinuxProcess.processor(), JniUtils.getNumThreads(), LinuxProcess.loadAverage(), backbone.word(), classes,
        voxels, precision);
    if (!withoutPatch) {
      patch(net.local(), compute, description.patch());
    }
    Volume volume = BenchModel.volume(voxels);
    Int3 rate = description.rate();
    PatchGrid grid = grid(description, voxels, rate.times(Int3.cube(net.global().divisor())));
    try (Segmenter segmenter = new Segmenter(BenchModel.bundle(description, classes), compute)) {
      double[] seconds = new double[counts.size()];
      double perPatch = 0;
      // A service is warm: compiling, Java's and the engine's, is not what is compared.
      segmenter.segment(volume, new PatchSelection.TopK(1), ProgressListener.NONE);
      for (int i = 0; i < seconds.length; i++) {
        int k = counts.get(i);
        LinuxProcess.resetPeak();
        SegmentationResult result =
            segmenter.segment(volume, new PatchSelection.TopK(k), ProgressListener.NONE);
        seconds[i] = total(result.stages());
        perPatch = seconds(result.stages(), SegmentationResult.LOCAL) / result.patches().size();
        double macs = RunCost.nmsw(net, grid, rate, k).macs();
        report("NMSW k=" + k, result.stages(), seconds[i], macs);
      }
      if (!withoutSlidingWindow) {
        PatchGrid windows = grid(description, voxels, Int3.cube(net.local().divisor()));
        double sliding = slidingWindow(segmenter, volume, net, windows, perPatch);
        for (int i = 0; i < seconds.length; i++) {
          say("ratio %s k=%d %.2f", backbone.word(), counts.get(i), sliding / seconds[i]);
        }
      }
    }
    return 0;
  }

  /** The patches of the volume, padded as the segmenter does. */
  private static PatchGrid grid(ModelDescription description, Int3 voxels, Int3 multiple) {
    Int3 padded = voxels.plus(multiple).minus(Int3.cube(1)).dividedBy(multiple).times(multiple);
    return PatchGrid.of(padded, description.patch(), description.overlap());
  }

  private Form form() {
    return switch (precision) {
      case "f32" -> Form.FAST;
      case "bf16" -> Form.FAST_BF16;
      default -> throw usage("--precision " + precision + " is not f32 or bf16");
    };
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }

  private void patch(Backbone network, Compute compute, Int3 patch)
      throws IOException, InterruptedException {
    double matrix = PatchBench.matrixGigaflops(compute);
    PatchBench.Measured one = PatchBench.batch(network, compute, patch, 1);
    double gigaflops = PatchBench.gigaflops(network, patch, one.seconds());
    int engineThreads = JniUtils.getNumThreads();
    if (compute.device().isGpu()) {
      // Debian's PyTorch is built for CPUs alone.
      say(
          "patch %s: %.4f s, %.0f GFLOP/s, %.0f %% of the matrix product's %.0f; four in a batch, each: %.4f s",
          patch, one.seconds(), gigaflops, 100 * gigaflops / matrix, matrix,
          PatchBench.batch(network, compute, patch, 4).seconds());
      return;
    }
    String reference = new ReferenceTorch().time(network, compute.form(), patch, engineThreads);
    say(
        "patch %s: %.2f s, %.0f GFLOP/s, %.0f %% of the matrix product's %.0f, %d MB; Debian's python3-torch: %s",
        patch, one.seconds(), gigaflops, 100 * gigaflops / matrix, matrix, one.megabytes(), reference);
    double batched = PatchBench.batch(network, compute, patch, 2).seconds();
    double sideBySide = PatchBench.sideBySide(network, compute, patch);
    Compute.useThreads(engineThreads);
    say(
        "seconds per patch: one after the other %.2f, two in a batch %.2f, %d side by side %.2f",
        one.seconds(), batched, engineThreads, sideBySide);
  }

  private double slidingWindow(
      Segmenter segmenter, Volume volume, NmswNet net, PatchGrid grid, double perPatch) {
    int cells = grid.cells();
    int run = windows;
    if (run < 0) {
      run = cells * perPatch > LONG_RUN_SECONDS ? LEAST_WINDOWS : 0;
    }
    run = run == 0 ? cells : Math.min(run, cells);
    LinuxProcess.resetPeak();
    SegmentationResult result = segmenter.slidingWindow(volume, run, ProgressListener.NONE);
    double local = seconds(result.stages(), SegmentationResult.LOCAL);
    double seconds = total(result.stages()) + local * (cells - run) / run;
    String title =
        run == cells
            ? "SW, all " + cells + " windows"
            : "SW, " + run + " of " + cells + " windows run, local x " + cells + "/" + run + " in the total";
    report(title, result.stages(), seconds, RunCost.slidingWindow(net.local(), grid).macs());
    return seconds;
  }

  private void report(String title, Map<String, Duration> stages, double seconds, double macs) {
    StringBuilder parts = new StringBuilder();
    double others = 0;
    for (String stage : stages.keySet()) {
      double part = seconds(stages, stage);
      parts.append(String.format(Locale.ROOT, " %s %.2f", stage, part));
      boolean network = stage.equals(SegmentationResult.LOCAL) || stage.equals(SegmentationResult.GLOBAL);
      others += network ? 0 : part;
    }
    say(
        "%s: %.2f s (%s), outside the networks %.1f %%, %.0f GFLOP/s, peak memory %d MB, load average %s",
        title, seconds, parts.toString().strip(), 100 * others / seconds, 2 * macs / seconds / 1e9,
        LinuxProcess.peakMegabytes(), LinuxProcess.loadAverage());
  }

  private static double total(Map<String, Duration> stages) {
    return stages.keySet().stream().mapToDouble(stage -> seconds(stages, stage)).sum();
  }

  private static double seconds(Map<String, Duration> stages, String stage) {
    return stages.get(stage).toNanos() / 1e9;
  }

  private void say(String format, Object... values) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(String.format(Locale.ROOT, format, values));
    out.flush();
  }
}
