package nmsw.training;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import nmsw.segmentation.Aggregation;
import nmsw.segmentation.Compat;
import nmsw.segmentation.GaussianWeight;
import nmsw.segmentation.Method;
import nmsw.segmentation.PatchSelection;
import nmsw.segmentation.nn.BackgroundCells;
import nmsw.segmentation.nn.CellSampling;
import nmsw.segmentation.nn.CompiledBackbone;
import nmsw.segmentation.nn.DifferentiableTopK;
import nmsw.segmentation.nn.GlobalNetwork;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.PatchGrid;

/**
 * One volume forward and backward through the whole network, or through what a baseline trains of it.
 *
 * <p>The outputs of both networks are cut from their graphs (they become leaves): the loss is first differentiated down to
 * these leaves; then the local network ({@link LocalPass}) down to the patches that went into it, from which the top-K's
 * gradient is arithmetic, and the global network with what arrived at its outputs. Nothing is left in the engine after a
 * step but the parameters' gradients.
 */
final class TrainingStep implements AutoCloseable {
  /** How often a random patch lies around foreground: NMSW §5, and §12 for the baselines. */
  private static final double FOREGROUND = 0.5;

  private static final double FOREGROUND_OF_BASELINES = 2.0 / 3;

  /** A class weight whose sigmoid is 1 in float32: patches replace the global logits. */
  private static final float PATCHES_ALONE = 100;

  /**
   * @param patch size of a patch
   * @param overlap of neighbouring patches
   * @param rate down-sampling of the global network's input
   * @param method a baseline has random patches only, as many as both kinds together
   * @param sampler how the importance of patches is learned
   * @param topK picked patches per step
   * @param randomPatches patches that enter the patch loss only
   * @param tau temperature of the picks
   * @param precision of the backbones
   * @param recomputation what of the local network's activations is not held for the way back
   */
  record Settings(
      int patch,
      double overlap,
      int rate,
      Method method,
      Sampler sampler,
      int topK,
      int randomPatches,
      double tau,
      DifferentiableTopK.Gradient gradient,
      TrainingPrecision precision,
      Recomputation recomputation,
      NmswLoss.Weights loss) {}

  /**
   * @param labels of the sample, z fastest
   * @param patches first voxels of the chosen patches, the most important first
   */
  record Prediction(byte[] labels, List<Int3> patches) {}

  private final NDManager manager;
  private final Parameters parameters;
  private final Settings settings;
  private final int classes;
  private final GlobalNetwork global;
  private final CompiledBackbone local;
  private final NmswLoss loss;
  private final DifferentiableFusion fusion;
  private final HighLoss highLoss;
  private final DifferentiableTopK topK;
  private final Int3 patch;
  private final PatchCutter cutter;
  private final boolean globalLearns;

  /**
   * @param rates frozen parameters get no gradient
   */
  TrainingStep(
      NDManager manager,
      NmswNet net,
      Parameters parameters,
      LearningRates rates,
      Settings settings) {
    this.manager = manager;
    this.parameters = parameters;
    this.settings = settings;
    this.classes = net.classes();
    this.patch = Int3.cube(settings.patch());
    this.cutter = new PatchCutter(patch);
    this.global = GlobalNetwork.compile(manager, net.global(), settings.precision().form());
    this.local = net.local().compile(manager, settings.precision().form());
    this.loss = new NmswLoss(manager, settings.loss());
    double[] weights = weights(patch);
    this.fusion = new DifferentiableFusion(manager, weights, patch);
    this.highLoss =
        manager.getDevice().isGpu()
            ? new FusedLoss(fusion, loss)
            : new RowwiseFusedLoss(loss, weights, patch);
    this.topK = new DifferentiableTopK(settings.tau(), settings.gradient());
    boolean anyOfGlobal = false;
    for (int i = 0; i < parameters.arrays().size(); i++) {
      String name = parameters.specs().get(i).name();
      boolean learns = !rates.isFrozen(i);
      parameters.arrays().get(i).setRequiresGradient(learns);
      anyOfGlobal |=
          learns && (name.startsWith(NmswNet.GLOBAL) || name.startsWith(NmswNet.HEAD));
    }
    this.globalLearns = anyOfGlobal;
  }

  /** Adds the gradients of one sample to the parameters'. If the loss is not finite no gradient is added. */
  NmswLoss.Terms learn(Sample sample, RandomGenerator random) {
    try (NDManager step = manager.newSubManager();
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      return settings.method() == Method.NMSW
          ? learnTogether(step, collector, sample, random)
          : learnApart(step, collector, sample, random);
    }
  }

  /** NMSW eq. 7. */
  private NmswLoss.Terms learnTogether(
      NDManager step, GradientCollector collector, Sample sample, RandomGenerator random) {
    PatchGrid grid = PatchGrid.of(sample.size(), patch, settings.overlap());
    GlobalNetwork.Output output = global(step, sample, grid);
    NDArray low = leaf(output.logits(), step);
    byte[] lowLabels = sample.lowLabels(settings.rate());
    float[] objectness = output.objectness().toFloatArray();
    double[] logits = masked(objectness, output, sample, grid);
    DifferentiableTopK.Selection selection =
        topK.select(logits, DifferentiableTopK.gumbel(logits.length, random), settings.topK());
    int picks = selection.picks().length;
    double[] factors = new double[picks];
    List<Int3> starts = new ArrayList<>();
    for (int k = 0; k < picks; k++) {
      factors[k] = selection.scale(k);
      starts.add(grid.start(selection.picks()[k]));
    }
    addRandom(starts, settings.randomPatches(), FOREGROUND, sample, random);
    LocalPass pass = localPass(step, sample, starts, factors, globalLearns);
    NDArray patchLogits = pass.logits();
    HighLoss.Pending high =
        highLoss.of(
            low,
            patchLogits,
            parameters.get(NmswNet.CLASS_WEIGHT),
            starts.subList(0, picks),
            sample);
    NDArray lowLoss = loss.diceCe(low, target(step, sample, List.of(lowLabels)));
    NDArray patchLoss = loss.diceCe(patchLogits, target(step, sample, cutter.labels(sample, starts)));
    NmswLoss.Terms terms =
        loss.terms(
            NmswLoss.number(lowLoss), high.value(), NmswLoss.number(patchLoss), logits);
    double[] fromErrors = new double[logits.length];
    if (settings.sampler() == Sampler.SUPERVISED) {
      SupervisedImportance importance = importance(output, lowLabels, sample, grid);
      double[] unmasked = doubles(objectness);
      terms = terms.withImportance(importance.loss(unmasked), SupervisedImportance.WEIGHT);
      fromErrors = importance.gradient(unmasked);
    }
    if (Double.isFinite(terms.total())) {
      collector.backward(lowLoss.add(patchLoss));
      high.backward(collector);
      float[] ofPatches = pass.backward(collector);
      if (globalLearns) {
        double[] arrived = objectnessGradient(sample, grid, selection, logits, ofPatches);
        differentiateGlobal(step, collector, output, low, arrived, fromErrors);
      }
    }
    return terms;
  }

  private void differentiateGlobal(
      NDManager step,
      GradientCollector collector,
      GlobalNetwork.Output output,
      NDArray low,
      double[] arrived,
      double[] fromErrors) {
    float[] gradient = new float[arrived.length];
    for (int n = 0; n < gradient.length; n++) {
      gradient[n] = (float) (arrived[n] + SupervisedImportance.WEIGHT * fromErrors[n]);
    }
    collector.backward(
        output
            .logits()
            .mul(low.getGradient())
            .sum()
            .add(output.objectness().mul(step.create(gradient)).sum()));
  }

  /** The baselines (NMSW §12): each network by itself, the local one on random patches; SW has no global one. */
  private NmswLoss.Terms learnApart(
      NDManager step, GradientCollector collector, Sample sample, RandomGenerator random) {
    List<Int3> starts = new ArrayList<>();
    int count = settings.topK() + settings.randomPatches();
    addRandom(starts, count, FOREGROUND_OF_BASELINES, sample, random);
    LocalPass pass = localPass(step, sample, starts, new double[0], false);
    NDArray sum = loss.diceCe(pass.logits(), target(step, sample, cutter.labels(sample, starts)));
    double ofPatches = NmswLoss.number(sum);
    double low = 0;
    if (settings.method() == Method.RF) {
      PatchGrid grid = PatchGrid.of(sample.size(), patch, settings.overlap());
      byte[] lowLabels = sample.lowLabels(settings.rate());
      NDArray lowLoss =
          loss.diceCe(
              global(step, sample, grid).logits(), target(step, sample, List.of(lowLabels)));
      low = NmswLoss.number(lowLoss);
      sum = sum.add(lowLoss);
    }
    NmswLoss.Terms terms =
        new NmswLoss.Terms(low, 0, ofPatches, 0, 0, low + ofPatches);
    if (Double.isFinite(terms.total())) {
      collector.backward(sum);
      pass.backward(collector);
    }
    return terms;
  }

  private LocalPass localPass(
      NDManager step, Sample sample, List<Int3> starts, double[] factors, boolean toPatches) {
    return new LocalPass(
        step,
        local,
        parameters.under(NmswNet.LOCAL),
        new LocalPass.Patches(cutter, sample, starts, factors),
        settings.recomputation(),
        toPatches);
  }

  private void addRandom(
      List<Int3> starts, int count, double foreground, Sample sample, RandomGenerator random) {
    for (int i = 0; i < count; i++) {
      starts.add(cutter.randomStart(sample, foreground, random));
    }
  }

  private SupervisedImportance importance(
      GlobalNetwork.Output output, byte[] lowLabels, Sample sample, PatchGrid grid) {
    return new SupervisedImportance(
        SupervisedImportance.errors(
            output.logits().toFloatArray(), lowLabels, lowSize(sample), grid, annotated(sample)));
  }

  private double[] objectnessGradient(
      Sample sample,
      PatchGrid grid,
      DifferentiableTopK.Selection selection,
      double[] logits,
      float[] arrived) {
    int cells = grid.cells();
    int voxels = (int) patch.product();
    double[][] products = new double[selection.picks().length][cells];
    for (int k = 0; k < products.length; k++) {
      for (int n = 0; n < cells; n++) {
        if (topK.needsAllCells() || n == selection.picks()[k]) {
          products[k][n] = sample.product(grid.start(n), patch, arrived, k * voxels);
        }
      }
    }
    double[] gradient = topK.gradient(selection, products);
    double[] fromEntropy = loss.entropyGradient(logits);
    for (int n = 0; n < cells; n++) {
      gradient[n] += fromEntropy[n];
    }
    return gradient;
  }

  /** Labels as inference gives them with these patches: no noise, nothing scaled. */
  Prediction predict(Sample sample, PatchSelection selection) {
    boolean gradients = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try (NDManager step = manager.newSubManager()) {
      PatchGrid grid = PatchGrid.of(sample.size(), patch, settings.overlap());
      Int3 size = lowSize(sample);
      NDArray low;
      List<Integer> cells;
      if (selection.usesGlobalNetwork()) {
        GlobalNetwork.Output output = global(step, sample, grid);
        low = output.logits();
        cells = selection.select(candidates(output, size, grid));
      } else {
        low = step.zeros(new Shape(1, classes, size.x(), size.y(), size.z()));
        cells = IntStream.range(0, grid.cells()).boxed().toList();
      }
      List<Int3> starts = cells.stream().map(grid::start).toList();
      return new Prediction(fused(step, sample, low, starts, selection), starts);
    } finally {
      JniUtils.setGradMode(gradients);
    }
  }

  private static PatchSelection.Candidates candidates(
      GlobalNetwork.Output output, Int3 size, PatchGrid grid) {
    return new PatchSelection.Candidates(
        grid,
        output.objectness().toFloatArray(),
        bytes(output.logits().argMax(1)),
        size,
        () -> output.logits().softmax(1).max(new int[] {1}).neg().add(1).toFloatArray(),
        Compat.Background.FOOTPRINT);
  }

  private byte[] fused(
      NDManager step, Sample sample, NDArray low, List<Int3> starts, PatchSelection selection) {
    boolean patchesAlone =
        selection.aggregation(Aggregation.NORMALISED_CW) == Aggregation.REPLACE;
    NDArray classWeight =
        patchesAlone
            ? step.full(new Shape(classes), PATCHES_ALONE)
            : parameters.get(NmswNet.CLASS_WEIGHT);
    DifferentiableFusion.Slab whole =
        fusion.slab(step, starts, sample.size(), 0, sample.size().x());
    NDArray out = fusion.base(low, classWeight, whole);
    for (Int3 start : starts) {
      try (NDManager one = step.newSubManager()) {
        NDArray input = cutter.images(one, sample, List.of(start), new double[0]);
        NDArray logits = local.train(input, parameters.under(NmswNet.LOCAL)).logits();
        fusion.add(out, logits, classWeight, whole, List.of(start));
      }
    }
    return bytes(out.argMax(1));
  }

  /** The weight of each class's patches in the fusion, sigma(c) of NMSW eq. 6, the background's first. */
  double[] classWeight() {
    float[] values = parameters.get(NmswNet.CLASS_WEIGHT).toFloatArray();
    return IntStream.range(0, values.length).mapToDouble(c -> 1 / (1 + Math.exp(-values[c]))).toArray();
  }

  private Int3 lowSize(Sample sample) {
    return sample.size().dividedBy(Int3.cube(settings.rate()));
  }

  private GlobalNetwork.Output global(NDManager step, Sample sample, PatchGrid grid) {
    Int3 size = lowSize(sample);
    NDArray low =
        step.create(
            sample.lowImage(settings.rate()), new Shape(1, 1, size.x(), size.y(), size.z()));
    return global.train(
        low,
        CellSampling.footprintMean(grid, GlobalNetwork.featureSize(size)),
        parameters.under(NmswNet.GLOBAL),
        parameters.under(NmswNet.HEAD));
  }

  private static NDArray leaf(NDArray array, NDManager step) {
    NDArray cut = array.stopGradient();
    cut.attach(step);
    cut.setRequiresGradient(true);
    return cut;
  }

  private double[] masked(
      float[] objectness, GlobalNetwork.Output output, Sample sample, PatchGrid grid) {
    boolean[] background =
        BackgroundCells.byFootprint(
            bytes(output.logits().argMax(1)), lowSize(sample), grid, settings.topK());
    double[] logits = doubles(objectness);
    for (int n = 0; n < logits.length; n++) {
      logits[n] += background[n] ? BackgroundCells.PENALTY : 0;
    }
    return logits;
  }

  private static double[] doubles(float[] values) {
    double[] result = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = values[i];
    }
    return result;
  }

  private static byte[] bytes(NDArray labels) {
    long[] values = labels.toLongArray();
    byte[] bytes = new byte[values.length];
    for (int v = 0; v < bytes.length; v++) {
      bytes[v] = (byte) values[v];
    }
    return bytes;
  }

  /**
   * @param labels of the sample or of parts of it
   */
  private NmswLoss.Target target(NDManager step, Sample sample, List<byte[]> labels) {
    return NmswLoss.Target.of(step, labels, annotated(sample), DataType.FLOAT32);
  }

  private AnnotatedClasses annotated(Sample sample) {
    return new AnnotatedClasses(classes, sample.unannotated());
  }

  private static double[] weights(Int3 patch) {
    GaussianWeight gaussian = new GaussianWeight(patch);
    double[] weights = new double[(int) patch.product()];
    int at = 0;
    for (int x = 0; x < patch.x(); x++) {
      for (int y = 0; y < patch.y(); y++) {
        for (int z = 0; z < patch.z(); z++) {
          weights[at++] = gaussian.at(x, y, z);
        }
      }
    }
    return weights;
  }

  @Override
  public void close() {
    global.close();
    local.close();
    loss.close();
    fusion.close();
  }
}
