package nmsw.bench;

import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import nmsw.segmentation.Architecture;
import nmsw.segmentation.Compute;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.training.ComputeOptions;
import nmsw.training.Recomputation;
import nmsw.training.TimedStep;
import nmsw.training.TrainingPrecision;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Times training steps, ours and then the same ones in Debian's python3-torch. */
@Command(
    name = "step",
    mixinStandardHelpOptions = true,
    description =
        "Times one training step (forward, eq. 7, backward, AdamW; f32), and the same step in Debian's python3-torch. Fails if"
            + " their losses differ.")
final class StepBench implements Callable<Integer> {
  private static final Duration LIMIT = Duration.ofMinutes(30);
  private static final int RATE = 3;
  private static final double OVERLAP = 0.5;

  /** The first steps of both have the same weights; float32 may round otherwise. */
  private static final double SAME_LOSS = 1e-3;

  @Mixin private BackboneOption backbone;

  @Option(
      names = "--size",
      defaultValue = "192",
      converter = SizeConverter.class,
      description = "voxels per axis: one number, or three with commas; multiples of 3 times the U-Net's divisor")
  private Int3 size;

  @Option(names = "--patch", defaultValue = "96", description = "voxels per axis of a patch")
  private int patch;

  @Option(
      names = "--channels",
      defaultValue = "32,64,128,256,320,320",
      split = ",",
      description = "of the U-Nets' levels")
  private List<Integer> channels;

  @Option(names = "--classes", defaultValue = "14", description = "background included")
  private int classes;

  @Option(names = "-k", defaultValue = "3", description = "picked patches; one more is random")
  private int topK;

  @Option(names = "--precision", defaultValue = "f32", description = "of the backbones: f32 or bf16")
  private TrainingPrecision precision;

  @Option(
      names = "--recompute",
      defaultValue = "nothing",
      description = "what of the local network's activations is computed again: nothing, patches or blocks")
  private Recomputation recomputation;

  @Option(names = "--steps", defaultValue = "3", description = "that are timed, after one that is not")
  private int steps;

  @Option(names = "--no-reference", description = "leave python3-torch out")
  private boolean withoutReference;

  @Mixin private ComputeOptions options;
  @Spec private CommandSpec spec;

  /**
   * @param losses of all steps
   * @param seconds of all but the first
   */
  private record Run(double[] losses, double[] seconds, long peakMegabytes) {
    double median() {
      double[] sorted = seconds.clone();
      Arrays.sort(sorted);
      int middle = sorted.length / 2;
      return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    double best() {
      return Arrays.stream(seconds).min().orElseThrow();
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    TimedStep.Task task = task();
    Compute compute = options.use();
    int engineThreads = JniUtils.getNumThreads();
    say(
        "%s, %s, %d threads, load average %s; local %s, %d classes, %s voxels, patches %d + 1 of %d^3",
        compute.deviceName(), LinuxProcess.processor(), engineThreads, LinuxProcess.loadAverage(), backbone.word(),
        classes, size, topK, patch);
    // Debian's is built for CPUs alone.
    boolean withReference =
        !withoutReference && backbone.word().equals("unet") && !compute.device().isGpu();
    Path input = Files.createTempFile("nmsw-bench", ".safetensors");
    try {
      Run ours = ours(task, compute, withReference ? input : null);
      report("ours", ours);
      return withReference ? beside(ours, input, engineThreads) : 0;
    } finally {
      Files.deleteIfExists(input);
    }
  }

  private TimedStep.Task task() {
    try {
      Architecture global = new Architecture.UNet(channels);
      NmswNet net = new NmswNet(global.backbone(classes), backbone.architecture(channels).backbone(classes));
      int multiple = RATE * net.global().divisor();
      for (int axis = 0; axis < 3; axis++) {
        if (size.get(axis) % multiple != 0 || size.get(axis) < patch) {
          throw usage("--size " + size + ": axes must be multiples of " + multiple + " and hold a patch");
        }
      }
      if (patch < 1 || patch % net.local().divisor() != 0) {
        throw usage("--patch " + patch + " is not a multiple of " + net.local().divisor());
      }
      if (steps < 1 || topK < 1) {
        throw usage("--steps and -k must be at least 1");
      }
      return new TimedStep.Task(net, size, patch, OVERLAP, RATE, topK, 1, precision, recomputation);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /**
   * @param input to write what the steps begin with; null for nowhere
   */
  private Run ours(TimedStep.Task task, Compute compute, Path input) throws IOException {
    try (TimedStep step = new TimedStep(task, compute.device())) {
      if (input != null) {
        step.write(input);
      }
      LinuxProcess.resetPeak();
      double[] losses = new double[steps + 1];
      double[] seconds = new double[steps];
      for (int i = 0; i <= steps; i++) {
        long start = System.nanoTime();
        losses[i] = step.run();
        if (i > 0) {
          seconds[i - 1] = (System.nanoTime() - start) / 1e9;
        }
      }
      return new Run(losses, seconds, LinuxProcess.peakMegabytes());
    }
  }

  private int beside(Run ours, Path input, int engineThreads) throws IOException, InterruptedException {
    PythonProgram.Result result =
        new PythonProgram(List.of("/usr/bin/python3"), LIMIT)
            .run(
                TimedStep.program(),
                List.of("time", input.toString(), "" + engineThreads, "" + steps),
                "torch",
                "python3-torch");
    if (result.failure().isPresent() || !result.ended()) {
      say("Debian's python3-torch: %s", result.failure().orElse("over " + LIMIT.toMinutes() + " minutes"));
      return 1;
    }
    Run theirs = read(result.out());
    report("Debian's python3-torch", theirs);
    double apart = Math.abs(ours.losses()[0] - theirs.losses()[0]);
    say(
        "ours is %.2f of its time (median; best %.2f); losses of the first step differ by %.1e, of the last by %.1e",
        ours.median() / theirs.median(), ours.best() / theirs.best(), apart,
        Math.abs(ours.losses()[steps] - theirs.losses()[steps]));
    if (!(apart <= SAME_LOSS)) {
      say("these are not the same steps");
      return 1;
    }
    return 0;
  }

  /** Lines {@code step LOSS SECONDS} and {@code peak BYTES}. */
  private Run read(List<String> lines) {
    double[][] all =
        lines.stream()
            .filter(line -> line.startsWith("step "))
            .map(line -> Arrays.stream(line.split(" ")).skip(1).mapToDouble(Double::parseDouble).toArray())
            .toArray(double[][]::new);
    long peak =
        lines.stream()
            .filter(line -> line.startsWith("peak "))
            .mapToLong(line -> Long.parseLong(line.split(" ")[1]) / 1_000_000)
            .findFirst()
            .orElseThrow();
    return new Run(
        Arrays.stream(all).mapToDouble(one -> one[0]).toArray(),
        Arrays.stream(all).skip(1).mapToDouble(one -> one[1]).toArray(),
        peak);
  }

  private void report(String who, Run run) {
    say(
        "%s: %.2f s per step (median of %d; best %.2f), peak memory %d MB, loss %.6f to %.6f, load average %s",
        who, run.median(), run.seconds().length, run.best(), run.peakMegabytes(), run.losses()[0],
        run.losses()[steps], LinuxProcess.loadAverage());
  }

  private void say(String format, Object... values) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(String.format(Locale.ROOT, format, values));
    out.flush();
  }
}
