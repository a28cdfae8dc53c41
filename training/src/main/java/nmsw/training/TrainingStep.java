package nmsw.training;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import nmsw.segmentation.GaussianWeight;
import nmsw.segmentation.nn.BackgroundCells;
import nmsw.segmentation.nn.CellSampling;
import nmsw.segmentation.nn.CompiledBackbone;
import nmsw.segmentation.nn.DifferentiableTopK;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.GlobalNetwork;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.PatchGrid;

/**
 * One volume forward and backward through the whole network.
 *
 * <p>The global network's outputs are cut from its graph (they become leaves): the loss is first differentiated down to
 * these leaves and to the patches that went into the local network, from which the top-K's gradient is arithmetic; then the
 * global network is differentiated once with what arrived at its outputs. Nothing is left in the engine after a step but the
 * parameters' gradients.
 */
final class TrainingStep implements AutoCloseable {

  /**
   * @param patch size of a patch
   * @param overlap of neighbouring patches
   * @param rate down-sampling of the global network's input
   * @param topK picked patches per step
   * @param randomPatches patches that enter the patch loss only
   * @param tau temperature of the picks
   */
  record Settings(
      int patch,
      double overlap,
      int rate,
      int topK,
      int randomPatches,
      double tau,
      DifferentiableTopK.Gradient gradient,
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
  private final DifferentiableTopK topK;
  private final Int3 patch;

  TrainingStep(NDManager manager, NmswNet net, Parameters parameters, Settings settings) {
    this.manager = manager;
    this.parameters = parameters;
    this.settings = settings;
    this.classes = net.classes();
    this.patch = Int3.cube(settings.patch());
    this.global = GlobalNetwork.compile(manager, net.global(), Form.EXACT);
    this.local = net.local().compile(manager, Form.EXACT);
    this.loss = new NmswLoss(manager, settings.loss());
    this.fusion = new DifferentiableFusion(manager, weights(patch), patch);
    this.topK = new DifferentiableTopK(settings.tau(), settings.gradient());
    parameters.arrays().forEach(array -> array.setRequiresGradient(true));
  }

  /** Adds the gradients of one sample to the parameters'. If the loss is not finite no gradient is added. */
  NmswLoss.Terms learn(Sample sample, RandomGenerator random) {
    try (NDManager step = manager.newSubManager();
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      PatchGrid grid = PatchGrid.of(sample.size(), patch, settings.overlap());
      GlobalNetwork.Output output = global(step, sample, grid);
      NDArray low = leaf(output.logits(), step);
      double[] logits = masked(output, sample, grid, settings.topK());
      DifferentiableTopK.Selection selection =
          topK.select(
              logits, DifferentiableTopK.gumbel(logits.length, random), settings.topK());
      int picks = selection.picks().length;
      List<Int3> starts = new ArrayList<>();
      for (int cell : selection.picks()) {
        starts.add(grid.start(cell));
      }
      for (int i = 0; i < settings.randomPatches(); i++) {
        starts.add(randomStart(sample, random));
      }
      NDArray inputs = patches(step, sample, starts, selection);
      inputs.setRequiresGradient(true);
      NDArray patchLogits = local.train(inputs, parameters.under(NmswNet.LOCAL)).logits();
      NDArray high =
          fusion.fuse(
              low,
              patchLogits.get("0:" + picks),
              parameters.get(NmswNet.CLASS_WEIGHT),
              starts.subList(0, picks),
              sample.size());
      NDArray lowLoss = loss.diceCe(low, target(step, List.of(sample.lowLabels(settings.rate()))));
      NDArray highLoss = loss.diceCe(high, target(step, List.of(sample.labels())));
      List<byte[]> patchLabels = new ArrayList<>();
      for (Int3 start : starts) {
        patchLabels.add(sample.labels(start, patch));
      }
      NDArray patchLoss = loss.diceCe(patchLogits, target(step, patchLabels));
      NmswLoss.Terms terms =
          loss.terms(
              number(lowLoss), number(highLoss), number(patchLoss), logits);
      if (Double.isFinite(terms.total())) {
        collector.backward(lowLoss.add(highLoss).add(patchLoss));
        float[] objectness = objectnessGradient(sample, grid, selection, logits, inputs);
        NDArray arrived = step.create(objectness);
        collector.backward(
            output
                .logits()
                .mul(low.getGradient())
                .sum()
                .add(output.objectness().mul(arrived).sum()));
      }
      return terms;
    }
  }

  private static double number(NDArray scalar) {
    try (NDArray exact = scalar.toType(DataType.FLOAT64, true)) {
      return exact.getDouble();
    }
  }

  private float[] objectnessGradient(
      Sample sample,
      PatchGrid grid,
      DifferentiableTopK.Selection selection,
      double[] logits,
      NDArray inputs) {
    int cells = grid.cells();
    int voxels = (int) patch.product();
    float[] arrived;
    try (NDArray gradient = inputs.getGradient()) {
      arrived = gradient.toFloatArray();
    }
    double[][] products = new double[selection.picks().length][cells];
    for (int k = 0; k < products.length; k++) {
      for (int n = 0; n < cells; n++) {
        if (topK.needsAllCells() || n == selection.picks()[k]) {
          products[k][n] = sample.product(grid.start(n), patch, arrived, k * voxels);
        }
      }
    }
    double[] fromPicks = topK.gradient(selection, products);
    double[] fromEntropy = loss.entropyGradient(logits);
    float[] sum = new float[cells];
    for (int n = 0; n < cells; n++) {
      sum[n] = (float) (fromPicks[n] + fromEntropy[n]);
    }
    return sum;
  }

  /** Labels as inference gives them: no noise, the {@code k} best cells, unscaled patches. */
  Prediction predict(Sample sample, int k) {
    boolean gradients = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try (NDManager step = manager.newSubManager()) {
      PatchGrid grid = PatchGrid.of(sample.size(), patch, settings.overlap());
      GlobalNetwork.Output output = global(step, sample, grid);
      double[] logits = masked(output, sample, grid, k);
      int[] picks = topK.select(logits, new double[logits.length], k).picks();
      List<Int3> starts = new ArrayList<>();
      List<NDArray> outputs = new ArrayList<>();
      for (int cell : picks) {
        starts.add(grid.start(cell));
        NDArray input = patches(step, sample, List.of(grid.start(cell)), null);
        outputs.add(local.train(input, parameters.under(NmswNet.LOCAL)).logits());
      }
      NDArray stacked = NDArrays.concat(new NDList(outputs), 0);
      NDArray high =
          fusion.fuse(
              output.logits(),
              stacked,
              parameters.get(NmswNet.CLASS_WEIGHT),
              starts,
              sample.size());
      return new Prediction(bytes(high.argMax(1)), List.copyOf(starts));
    } finally {
      JniUtils.setGradMode(gradients);
    }
  }

  /** The weight of each class's patches in the fusion, sigma(c) of NMSW eq. 6, the background's first. */
  double[] classWeight() {
    float[] values = parameters.get(NmswNet.CLASS_WEIGHT).toFloatArray();
    return IntStream.range(0, values.length).mapToDouble(c -> 1 / (1 + Math.exp(-values[c]))).toArray();
  }

  private GlobalNetwork.Output global(NDManager step, Sample sample, PatchGrid grid) {
    Int3 size = sample.size().dividedBy(Int3.cube(settings.rate()));
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

  private double[] masked(GlobalNetwork.Output output, Sample sample, PatchGrid grid, int k) {
    Int3 size = sample.size().dividedBy(Int3.cube(settings.rate()));
    float[] objectness = output.objectness().toFloatArray();
    boolean[] background =
        BackgroundCells.byFootprint(bytes(output.logits().argMax(1)), size, grid, k);
    double[] logits = new double[objectness.length];
    for (int n = 0; n < logits.length; n++) {
      logits[n] = objectness[n] + (background[n] ? BackgroundCells.PENALTY : 0);
    }
    return logits;
  }

  private static byte[] bytes(NDArray labels) {
    long[] values = labels.toLongArray();
    byte[] bytes = new byte[values.length];
    for (int v = 0; v < bytes.length; v++) {
      bytes[v] = (byte) values[v];
    }
    return bytes;
  }

  /** Patches as one batch; those of a selection are scaled, further ones are not. */
  private NDArray patches(
      NDManager step, Sample sample, List<Int3> starts, DifferentiableTopK.Selection selection) {
    int voxels = (int) patch.product();
    float[] values = new float[starts.size() * voxels];
    for (int k = 0; k < starts.size(); k++) {
      boolean picked = selection != null && k < selection.picks().length;
      float factor = picked ? (float) selection.scale(k) : 1;
      sample.copyImage(starts.get(k), patch, factor, values, k * voxels);
    }
    return step.create(values, new Shape(starts.size(), 1, patch.x(), patch.y(), patch.z()));
  }

  /** A box around a foreground or, with probability a half, a background voxel, moved inside (NMSW §5). */
  private Int3 randomStart(Sample sample, RandomGenerator random) {
    boolean foreground = random.nextBoolean();
    byte[] labels = sample.labels();
    int count = 0;
    for (byte label : labels) {
      if (label != 0 == foreground) {
        count++;
      }
    }
    int wanted = count == 0 ? random.nextInt(labels.length) : random.nextInt(count);
    int voxel = 0;
    for (int seen = -1; ; voxel++) {
      if (count == 0 || labels[voxel] != 0 == foreground) {
        seen++;
      }
      if (seen == wanted) {
        break;
      }
    }
    Int3 size = sample.size();
    return new Int3(
        inside(voxel / (size.y() * size.z()), patch.x(), size.x()),
        inside(voxel / size.z() % size.y(), patch.y(), size.y()),
        inside(voxel % size.z(), patch.z(), size.z()));
  }

  private static int inside(int centre, int box, int extent) {
    return Math.max(0, Math.min(extent - box, centre - box / 2));
  }

  private NmswLoss.Target target(NDManager step, List<byte[]> samples) {
    return NmswLoss.Target.of(step, samples, classes, DataType.FLOAT32);
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
